#include "derived_file.h"

#include "header.h"
#include "log.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void derived_set_parent(struct envelope *envelope, const struct notify_job *job,
                        char kind)
{
    size_t i;

    snprintf(envelope->parent, sizeof envelope->parent, "%s", job->name);
    envelope->kind = kind;
    text_clear(&envelope->covered);
    for (i = 0; i < job->count; i++) {
        if (i > 0) {
            text_add_byte(&envelope->covered, ',');
        }
        text_add_number(&envelope->covered, (long long)job->recipients[i].index);
    }
}

int derived_begin(struct queue_writer *writer, struct envelope *envelope)
{
    int result = queue_begin(writer, envelope);

    if (result < 0 && errno == ENAMETOOLONG) {
        envelope->parent[0] = '\0';
        result = queue_begin(writer, envelope);
    }
    return result;
}

int derived_copy_body(int fd, const struct queue_file *file,
                      struct queue_writer *writer)
{
    char *block = memory_get(65536);
    struct queue_body body;
    ssize_t got;

    queue_body_open(&body, fd, file);
    while ((got = queue_body_read(&body, block, 65536)) > 0) {
        if (queue_write(writer, block, (size_t)got) < 0) {
            got = -1;
            break;
        }
    }
    free(block);
    return got < 0 ? -1 : 0;
}

int derived_mark(struct notify_job *job, char state)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        if (queue_mark(job->fd, &job->file, job->recipients[i].index, state) < 0) {
            return -1;
        }
    }
    return fsync(job->fd);
}

static void set_done(struct notify_recipient *recipient, const char *name)
{
    notify_job_result(recipient, 'K', "2.0.0", "queued");
    free(recipient->derived);
    recipient->derived = memory_copy_string(name);
}

void derived_finish(struct notify_job *job, const char *name, char state)
{
    size_t i;

    if (derived_mark(job, state) < 0) {
        /* The derived file is there: the next try adopts it. */
        log_failure("mark", "id", job->name, (char *)0);
        notify_job_result_all(job, 'Z', "4.3.0", "cannot mark the queue file");
        return;
    }
    for (i = 0; i < job->count; i++) {
        set_done(&job->recipients[i], name);
    }
}

static int covers(const char *covered, size_t index)
{
    while (*covered) {
        char *end;
        unsigned long long number = strtoull(covered, &end, 10);
        if (end == covered) {
            return 0;
        }
        if (number == index) {
            return 1;
        }
        covered = *end == ',' ? end + 1 : end;
    }
    return 0;
}

/* As qsend does, which sets such files of others aside. */
static int is_our_own(int fd, const struct notify_job *job,
                      const struct queue_file *file)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
           strcmp(file->envelope.parent, job->name) == 0;
}

static int read_existing(const struct notify_job *job, const char *name,
                         struct queue_file *file)
{
    stralloc path = STRALLOC_ZERO;
    char relative[QUEUE_NAME_SIZE + 8];
    int fd, result = -1;

    snprintf(relative, sizeof relative, "new/%s", name);
    fd = open(path_make(&path, PATH_QUEUE, relative),
              O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    text_free(&path);
    if (fd >= 0) {
        result = queue_read(fd, file) == QUEUE_OK && is_our_own(fd, job, file) ? 0 : -1;
        close(fd);
    }
    return result;
}

void derived_adopt(struct notify_job *job, const char *name, char state)
{
    struct queue_file existing = {0};
    size_t i;
    int result = read_existing(job, name, &existing);

    notify_job_result_all(job, 'Z', "4.3.0", "an earlier notification is still queued");
    for (i = 0; result == 0 && i < job->count; i++) {
        if (covers(text_string(&existing.envelope.covered), job->recipients[i].index)) {
            result = queue_mark(job->fd, &job->file, job->recipients[i].index, state);
        }
    }
    if (result == 0 && fsync(job->fd) == 0) {
        for (i = 0; i < job->count; i++) {
            if (covers(text_string(&existing.envelope.covered),
                       job->recipients[i].index)) {
                set_done(&job->recipients[i], name);
            }
        }
    }
    queue_file_free(&existing);
}

#include "outbox.h"

#include "log.h"
#include "names.h"
#include "paths.h"
#include "report_mail.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT "kept"

int outbox_open_to_read(struct outbox *outbox)
{
    stralloc path = STRALLOC_ZERO;

    outbox->lock = -1;
    outbox->folder = open(path_make(&path, PATH_QUEUE, DAY_FOLDER),
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    text_free(&path);
    return outbox->folder < 0 ? -1 : 0;
}

static int take_lock(struct outbox *outbox)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat status;

    if (fstat(outbox->folder, &status) < 0) {
        return -1;
    }
    if (status.st_uid != geteuid()) {
        errno = EPERM;
        return -1;
    }
    if (mkdirat(outbox->folder, KEPT, 0700) < 0 && errno != EEXIST) {
        return -1;
    }
    outbox->lock =
        openat(outbox->folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (outbox->lock < 0) {
        return -1;
    }
    if (fcntl(outbox->lock, F_SETLK, &lock) < 0) {
        errno = errno == EACCES ? EAGAIN : errno;
        return -1;
    }
    return 0;
}

int outbox_open(struct outbox *outbox)
{
    return outbox_open_to_read(outbox) < 0 ? -1 : take_lock(outbox);
}

void outbox_close(struct outbox *outbox)
{
    if (outbox->lock >= 0) {
        close(outbox->lock);
    }
    if (outbox->folder >= 0) {
        close(outbox->folder);
    }
}

static int is_day(const char *name)
{
    return day_name_parse(name, strlen(name)) >= 0;
}

static int is_prepared(const char *name)
{
    size_t day_len = DAY_NAME_SIZE - 1;

    return strlen(name) == day_len + 1 + RANDOM_NAME_LEN && name[day_len] == '.' &&
           day_name_parse(name, day_len) >= 0;
}

static int is_kept(const char *name)
{
    return strchr(name, '!') != NULL;
}

struct day_call {
    long long limit;
    int (*act)(void *data, long long number);
    void *data;
};

static int call_day(void *data, const char *name)
{
    const struct day_call *call = data;
    long long number = day_name_parse(name, strlen(name));

    return number < call->limit ? call->act(call->data, number) : 0;
}

int outbox_each_day(const struct outbox *outbox, long long limit,
                    int (*act)(void *data, long long number), void *data)
{
    struct day_call call = {limit, act, data};

    return names_each(outbox->folder, is_day, call_day, &call);
}

/* Reads what is there, though qsend may append to it. */
static int read_file(int fd, struct day *day)
{
    struct stat status;
    size_t size, len = 0;
    char *bytes;

    if (fstat(fd, &status) < 0) {
        return -1;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > DAY_FILE_MAX) {
        errno = EFBIG;
        return -1;
    }
    size = (size_t)status.st_size;
    bytes = memory_get(size + 1);
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0) {
            int saved = errno;
            free(bytes);
            errno = saved;
            return -1;
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    day_parse(day, bytes, len);
    return 1;
}

int outbox_read_day(const struct outbox *outbox, long long number, struct day *day)
{
    char name[DAY_NAME_SIZE];
    int fd, result;

    day_name_format(name, number);
    fd = openat(outbox->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    result = read_file(fd, day);
    close(fd);
    return result;
}

struct prepared_call {
    const struct outbox *outbox;
    const char *day; /* NULL: any whose file is gone */
};

static int discard(void *data, const char *name)
{
    const struct prepared_call *call = data;

    return strncmp(name, call->day, DAY_NAME_SIZE - 1) == 0
               ? unlinkat(call->outbox->folder, name, 0)
               : 0;
}

int outbox_discard(const struct outbox *outbox, long long number)
{
    char day[DAY_NAME_SIZE];
    struct prepared_call call = {outbox, day};

    day_name_format(day, number);
    return names_each(outbox->folder, is_prepared, discard, &call);
}

static void log_report(const struct report *report, const char *event, const char *what,
                       const char *value)
{
    struct log_line line;
    char day[DAY_NAME_SIZE];

    day_name_format(day, report->number);
    log_begin(&line, LOG_LEVEL_INFO, event);
    log_string(&line, "domain", report->domain);
    log_string(&line, "day", day);
    log_string(&line, what, value);
    log_end(&line);
}

/* Writes the queue file and moves it here. */
static int prepare(const struct report *report, const struct envelope *envelope,
                   struct queue_writer *writer)
{
    char day[DAY_NAME_SIZE];
    stralloc text = STRALLOC_ZERO, path = STRALLOC_ZERO;
    int result = -1;

    day_name_format(day, report->number);
    text_add_format(&path, "%s/%s.%s", DAY_FOLDER, day, writer->name);
    if (report_mail_write(report, envelope, writer->name, &text) < 0) {
        errno = ENOMEM;
    } else if (queue_begin(writer, envelope) == 0) {
        if (queue_write(writer, text.s, text.len) < 0) {
            queue_abort(writer);
        } else {
            result = queue_prepare(writer, text_string(&path));
        }
    }
    text_free(&text);
    text_free(&path);
    return result;
}

/* From the null reverse-path: it is tried for a day (RFC 8460 section 5.5), and nobody
 * is told where it fails; whatever is wrong with the TLS there (section 3). */
int outbox_prepare(const struct outbox *outbox, const struct report *report)
{
    struct queue_writer writer = {.fd = -1};
    struct envelope envelope = {.arrival = time(NULL), .flags = ENVELOPE_TLS_OPTIONAL};
    int result = 0;

    (void)outbox;
    if (report_mail_add_recipients(report->reports, &envelope) == 0) {
        log_report(report, "no-mail-address", "reports", report->reports);
    } else {
        text_set_string(&envelope.brought_by, DAY_BROUGHT_BY);
        result =
            queue_new_name(writer.name) < 0 ? -1 : prepare(report, &envelope, &writer);
        if (result == 0) {
            log_report(report, "tls-report", "id", writer.name);
        }
    }
    envelope_free(&envelope);
    return result;
}

static int write_kept(int folder, const char *name, const stralloc *json)
{
    static const char temporary[] = "new";
    int fd = openat(folder, temporary,
                    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result;

    if (fd < 0) {
        return -1;
    }
    result = write_all(fd, json->s, json->len) < 0 || fsync(fd) < 0 ? -1 : 0;
    if (close(fd) < 0 || result < 0 || renameat(folder, temporary, folder, name) < 0) {
        return -1;
    }
    return fsync(folder);
}

static int open_kept(const struct outbox *outbox)
{
    return openat(outbox->folder, KEPT,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int outbox_keep(const struct outbox *outbox, const struct report *report)
{
    stralloc json = STRALLOC_ZERO, name = STRALLOC_ZERO;
    int folder = open_kept(outbox);
    int result = -1;

    report_write(report, &json);
    text_add_byte(&json, '\n');
    report_file_name(report, "json", &name);
    if (folder >= 0) {
        result = write_kept(folder, name.s, &json);
        if (result == 0) {
            log_report(report, "tls-report", "file", name.s);
        }
        close(folder);
    }
    text_free(&json);
    text_free(&name);
    return result;
}

int outbox_finish_day(const struct outbox *outbox, long long number)
{
    char name[DAY_NAME_SIZE];

    day_name_format(name, number);
    /* The names of the prepared ones before that of the day goes. */
    return fsync(outbox->folder) < 0 ? -1 : unlinkat(outbox->folder, name, 0);
}

static int release(void *data, const char *name)
{
    const struct prepared_call *call = data;
    char day[DAY_NAME_SIZE];
    char path[sizeof DAY_FOLDER + DAY_NAME_SIZE + RANDOM_NAME_LEN + 2];

    memcpy(day, name, DAY_NAME_SIZE - 1);
    day[DAY_NAME_SIZE - 1] = '\0';
    if (faccessat(call->outbox->folder, day, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return 0;
    }
    if (errno != ENOENT) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/%s", DAY_FOLDER, name);
    return queue_release(path, name + DAY_NAME_SIZE);
}

int outbox_release(const struct outbox *outbox)
{
    struct prepared_call call = {outbox, NULL};

    /* The removal of the days, by us or by one that crashed. */
    return fsync(outbox->folder) < 0
               ? -1
               : names_each(outbox->folder, is_prepared, release, &call);
}

struct forget_call {
    int folder;
    long long limit;
};

/* The third part of a name is the second with which its day begins, the fourth that
 * with which it ends. */
static int forget(void *data, const char *name)
{
    const struct forget_call *call = data;
    const char *end = strchr(name, '!');

    end = end ? strchr(end + 1, '!') : NULL;
    end = end ? strchr(end + 1, '!') : NULL;
    if (!end || strtoll(end + 1, NULL, 10) <= 0 ||
        strtoll(end + 1, NULL, 10) >= call->limit) {
        return 0;
    }
    return unlinkat(call->folder, name, 0);
}

int outbox_forget(const struct outbox *outbox, long long limit)
{
    struct forget_call call = {open_kept(outbox), limit};
    int result = -1;

    if (call.folder >= 0) {
        result = names_each(call.folder, is_kept, forget, &call);
        close(call.folder);
    }
    return result;
}

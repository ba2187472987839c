#include "writer.h"

#include "text.h"

#include <skalibs/cdb.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int held = -1;

void writer_hold(int fd)
{
    held = fd;
}

static int tell(const char *what, int errnum)
{
    dprintf(2, "qtable: %s: %s\n", what, strerror(errnum));
    return -1;
}

/* Starts `cdb -c` with the pipe's reading end as its input. */
static int start_cdb(const char *path, int input, pid_t *pid)
{
    char create[] = "-c", place[] = "-t", in_place[] = "-", perms[] = "-p",
         mode[] = "0600", end[] = "--", name[] = "cdb";
    char *file = memory_copy_string(path);
    char *arguments[] = {name, create, perms, mode, place, in_place, end, file, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int failure;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawnattr_init(&attributes) != 0) {
        text_exhausted();
    }
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    failure = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!failure && held >= 0) { /* onto itself: it is not closed then */
        failure = posix_spawn_file_actions_adddup2(&actions, held, held);
    }
    if (!failure) {
        failure = posix_spawnp(pid, name, &actions, &attributes, arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(file);
    return failure;
}

static void write_part(FILE *out, const struct writer_part *part)
{
    size_t prefix = part->table ? strlen(part->table) + 1 : 0;
    const struct record *record;
    size_t i;

    for (i = 0; i < part->list->count; i++) {
        record = part->list->records[i];
        fprintf(out, "+%zu,%zu:%s%s%s->%s", prefix + strlen(record->key),
                strlen(record->value) + 1, part->table ? part->table : "",
                part->table ? ":" : "", record->key, record->value);
        fputc(0, out);
        fputc('\n', out);
    }
}

/* Writes all records into the pipe and closes it. 0, or an errno. */
static int feed(int fd, const struct writer_part *parts, size_t count)
{
    FILE *out = fdopen(fd, "w");
    size_t i;

    if (!out) {
        close(fd);
        return errno;
    }
    for (i = 0; i < count; i++) {
        write_part(out, parts + i);
    }
    fputc('\n', out);
    if (ferror(out)) {
        fclose(out);
        return EPIPE;
    }
    return fclose(out) == 0 ? 0 : errno;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int run_cdb(const char *path, const struct writer_part *parts, size_t count)
{
    void (*on_pipe)(int) = signal(SIGPIPE, SIG_IGN);
    int pipe_fds[2];
    int failure;
    int ended;
    pid_t pid;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        return tell("pipe", errno);
    }
    failure = start_cdb(path, pipe_fds[0], &pid);
    close(pipe_fds[0]);
    if (failure) {
        close(pipe_fds[1]);
        return tell("the command cdb (package tinycdb)", failure);
    }
    failure = feed(pipe_fds[1], parts, count);
    ended = wait_for(pid);
    signal(SIGPIPE, on_pipe);
    if (ended < 0) {
        dprintf(2, "qtable: the command cdb failed to make %s\n", path);
        return -1;
    }
    return failure ? tell("writing to the command cdb", failure) : 0;
}

static int check_made(const char *path, size_t expected)
{
    cdb map = CDB_ZERO;
    cdb_data key, value;
    uint32_t position = CDB_TRAVERSE_INIT();
    size_t count = 0;
    int next;

    if (!cdb_init(&map, path)) {
        return tell(path, errno);
    }
    while ((next = cdb_traverse_next(&map, &key, &value, &position)) > 0) {
        count++;
    }
    cdb_free(&map);
    if (next < 0 || count != expected) {
        dprintf(2, "qtable: %s: the command cdb left it incomplete\n", path);
        return -1;
    }
    return 0;
}

int writer_make(const char *path, const struct writer_part *parts, size_t count)
{
    size_t records = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        records += parts[i].list->count;
    }
    if (unlink(path) < 0 && errno != ENOENT) {
        return tell(path, errno);
    }
    return run_cdb(path, parts, count) < 0 ? -1 : check_made(path, records);
}

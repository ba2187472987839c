/* qstart: starts the spawners, each as its own user, and becomes qsend.
 *
 *   qstart
 *
 * Started by root, or by another user with CAP_SETUID and CAP_SETGID as ambient
 * capabilities, the spawner of qlocal runs as pombo-mail, those of qremote and
 * qmx as pombo-out, that of qnotify (and qtlsreport) and qsend itself as pombo-q with
 * the group pombo-submit, all without capabilities. Where POMBO_DIR is set and the
 * queue below it belongs to the caller, or the caller is not root, all run as the
 * caller: the quick start. fd 2: the log. Environment: POMBO_DIR. Files: the programs
 * in the folder of its own executable. Exit codes: 100 wrong usage; 102 a user or the
 * queue is not there; 111 otherwise. */
#include "capabilities.h"
#include "exitcode.h"
#include "log.h"
#include "paths.h"
#include "qstart_user.h"
#include "text.h"
#include "walls.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPAWNERS 4
#define FIRST_FD 4

/* In the order of qsend's descriptors. */
static const struct {
    const char *program;
    const char *other; /* that the spawner starts too, or NULL */
    const char *user;
    const char *group; /* supplementary, or NULL */
} spawners[SPAWNERS] = {{"qlocal", NULL, "pombo-mail", NULL},
                        {"qremote", NULL, "pombo-out", NULL},
                        {"qmx", NULL, "pombo-out", NULL},
                        {"qnotify", "qtlsreport", "pombo-q", "pombo-submit"}};

static void die(const char *what, int code) __attribute__((noreturn));

static void die(const char *what, int code)
{
    log_failure("start", "what", what, (char *)0);
    exit(code);
}

/* The folder of our own executable, with a final slash. */
static void find_folder(stralloc *out)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    if (len <= 0) {
        die("/proc/self/exe", EXITCODE_TEMPORARY);
    }
    path[len] = '\0';
    *(strrchr(path, '/') + 1) = '\0';
    text_set_string(out, path);
}

static const char *make_path(stralloc *out, const stralloc *folder, const char *program)
{
    text_clear(out);
    text_add_bytes(out, folder->s, folder->len);
    text_add_string(out, program);
    return text_string(out);
}

/* 1 where each program is to run as its own user. */
static int has_users(void)
{
    stralloc path = STRALLOC_ZERO;
    struct stat status;
    int is_own;

    if (geteuid() != 0) {
        return capabilities_given(CAP_SETUID);
    }
    if (stat(path_make(&path, PATH_QUEUE, ""), &status) < 0) {
        die(path.s, EXITCODE_CONFIGURATION);
    }
    is_own = getenv("POMBO_DIR") && status.st_uid == geteuid();
    text_free(&path);
    return !is_own;
}

static void become(const char *user, const char *group)
{
    if (qstart_become(user, group) < 0) {
        die(user, EXITCODE_CONFIGURATION);
    }
}

/* What the caller left open is no business of ours. Descriptors 0 to 7 exist from
 * now on, so that what is opened later lies above. */
static void fill_low_descriptors(void)
{
    int fd;

    if (close_range(3, ~0U, 0) < 0) {
        die("close_range", EXITCODE_TEMPORARY);
    }
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            die("/dev/null", EXITCODE_TEMPORARY);
        }
        /* The three that programs expect to be there stay over exec. */
        if (fd <= 2 && fcntl(fd, F_SETFD, 0) < 0) {
            die("/dev/null", EXITCODE_TEMPORARY);
        }
    } while (fd < FIRST_FD + SPAWNERS);
    close(fd);
}

static void run_spawner(int number, int end, const stralloc *folder, int is_split)
{
    stralloc spawner = STRALLOC_ZERO;
    stralloc program = STRALLOC_ZERO;
    stralloc other = STRALLOC_ZERO;
    const char *other_path = NULL;

    make_path(&spawner, folder, "qspawn");
    make_path(&program, folder, spawners[number].program);
    if (spawners[number].other) {
        other_path = make_path(&other, folder, spawners[number].other);
    }
    if (is_split) {
        become(spawners[number].user, spawners[number].group);
    }
    if (dup2(end, 0) < 0) {
        die("socket", EXITCODE_TEMPORARY);
    }
    execl(spawner.s, spawner.s, program.s, other_path, (char *)0);
    die(spawner.s, EXITCODE_TEMPORARY);
}

/* Leaves our end as FIRST_FD + NUMBER, which is closed over exec until qsend is. */
static void start_spawner(int number, const stralloc *folder, int is_split)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        die("socketpair", EXITCODE_TEMPORARY);
    }
    pid = fork();
    if (pid < 0) {
        die("fork", EXITCODE_TEMPORARY);
    }
    if (pid == 0) {
        run_spawner(number, ends[1], folder, is_split);
    }
    if (dup3(ends[0], FIRST_FD + number, O_CLOEXEC) < 0) {
        die("socket", EXITCODE_TEMPORARY);
    }
    close(ends[0]);
    close(ends[1]);
}

static void become_qsend(const stralloc *folder, int is_split)
{
    stralloc program = STRALLOC_ZERO;
    int i;

    if (is_split) {
        become("pombo-q", "pombo-submit");
    }
    for (i = 0; i < SPAWNERS; i++) {
        if (fcntl(FIRST_FD + i, F_SETFD, 0) < 0) {
            die("socket", EXITCODE_TEMPORARY);
        }
    }
    make_path(&program, folder, "qsend");
    execl(program.s, program.s, (char *)0);
    die(program.s, EXITCODE_TEMPORARY);
}

int main(int argc, char **argv)
{
    stralloc folder = STRALLOC_ZERO;
    int is_split;
    int i;

    (void)argv;
    log_open("qstart");
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "usage", "qstart", (char *)0);
        return EXITCODE_PERMANENT;
    }
    walls_enter(WALLS_STARTER, NULL);
    fill_low_descriptors();
    umask(077);
    find_folder(&folder);
    is_split = has_users();
    for (i = 0; i < SPAWNERS; i++) {
        start_spawner(i, &folder, is_split);
    }
    become_qsend(&folder, is_split);
}

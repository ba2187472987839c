#include "command.h"

#include "exitcode.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int command_fail(int code, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text_exhausted();
    }
    va_end(args);
    dprintf(2, "pombo: %s\n", text);
    free(text);
    return code;
}

int command_fail_errno(const char *text)
{
    return command_fail(EXITCODE_TEMPORARY, "%s: %s", text, strerror(errno));
}

int command_usage(const char *text)
{
    dprintf(2, "usage: pombo %s\n", text);
    return EXITCODE_PERMANENT;
}

int command_enter(const char *dir)
{
    char *absolute = realpath(dir, NULL);
    stralloc etc = STRALLOC_ZERO;
    struct stat st;
    int result;

    if (!absolute) {
        return command_fail_errno(dir);
    }
    if (setenv("POMBO_DIR", absolute, 1) < 0) {
        text_exhausted();
    }
    free(absolute);
    if (stat(path_make(&etc, PATH_ETC, ""), &st) == 0) {
        result = S_ISDIR(st.st_mode) ? EXITCODE_DONE : EXITCODE_PERMANENT;
    } else if (errno == ENOENT) {
        result = EXITCODE_PERMANENT;
    } else {
        result = command_fail_errno(etc.s);
    }
    text_free(&etc);
    if (result == EXITCODE_PERMANENT) {
        command_fail(0, "%s: no mail system in it (pombo up %s makes one)", dir, dir);
    }
    return result;
}

char *command_path(const char *name)
{
    const char *dir = getenv("POMBO_DIR");
    char *path = NULL;

    if (asprintf(&path, "%s%s%s", dir ? dir : "", *name ? "/" : "", name) < 0) {
        text_exhausted();
    }
    return path;
}

int command_find_qsend(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    stralloc path = STRALLOC_ZERO;
    int fd = open(path_make(&path, PATH_QUEUE, "lock"), O_RDONLY | O_CLOEXEC);
    int result;

    text_free(&path);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    result = fcntl(fd, F_GETLK, &lock);
    close(fd);
    if (result < 0) {
        return -1;
    }
    return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

int command_signal_qsend(void)
{
    int pid = command_find_qsend();

    if (pid < 0) {
        return command_fail_errno("the queue's lock");
    }
    if (pid > 0 && kill(pid, SIGHUP) < 0 && errno != ESRCH) {
        return command_fail_errno("qsend");
    }
    return EXITCODE_DONE;
}

#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned ready_sockets_passed(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    long number;

    if (!pid || !count || strtol(pid, NULL, 10) != getpid()) {
        return 0;
    }
    number = strtol(count, NULL, 10);
    return number > 0 && number < 1024 ? (unsigned)number : 0;
}

static int write_addresses(int fd, const struct endpoint *endpoints, size_t count)
{
    char text[ENDPOINT_TEXT_MAX + 1];
    size_t len;
    size_t i;

    for (i = 0; i < count; i++) {
        endpoint_format(endpoints + i, text);
        len = strlen(text);
        text[len++] = '\n';
        if (write(fd, text, len) != (ssize_t)len) {
            return -1;
        }
    }
    return 0;
}

static int write_temporary(const char *file, const struct endpoint *endpoints,
                           size_t count)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    int result;

    if (fd < 0) {
        return -1;
    }
    result = write_addresses(fd, endpoints, count);
    return close(fd) < 0 ? -1 : result;
}

int ready_write_file(const char *file, const struct endpoint *endpoints, size_t count)
{
    char *temporary = NULL;
    int result;
    int saved;

    if (asprintf(&temporary, "%s.%ld.tmp", file, (long)getpid()) < 0) {
        return -1;
    }
    result = write_temporary(temporary, endpoints, count);
    if (result == 0) {
        result = rename(temporary, file);
    }
    saved = errno;
    if (result < 0) {
        unlink(temporary);
    }
    free(temporary);
    errno = saved;
    return result;
}

void ready_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len == 0 || len >= sizeof address.sun_path) {
        return;
    }
    memcpy(address.sun_path, path, len);
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = 0;
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
        close(fd);
    }
}

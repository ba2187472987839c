#include "door.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A blocking connect waits while the backlog is full; SO_SNDTIMEO ends it. */
int door_connect(const char *path, clock_ms deadline)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int wait = clock_poll_timeout(deadline);
    struct timeval limit = {wait / 1000, wait % 1000 * 1000 + 1};
    int fd;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    limit = (struct timeval){0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

int door_wait(int fd, clock_ms deadline)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    int result;

    do {
        result = poll(&entry, 1, clock_poll_timeout(deadline));
    } while (result < 0 && errno == EINTR);
    return result;
}

#include "listener.h"

#include "../listen/ready.h"
#include "door.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define PASSED_FD 3

static int is_stale(const char *path)
{
    struct stat status;
    int fd;

    if (lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode)) {
        return 0;
    }
    fd = door_connect(path, clock_deadline(1));
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    return errno == ECONNREFUSED;
}

static int bind_own(int fd, const struct sockaddr_un *address, mode_t mode)
{
    mode_t before = umask(~mode & 0777);
    int result = bind(fd, (const struct sockaddr *)address, sizeof *address);

    umask(before);
    return result;
}

int listener_make(const char *path, mode_t mode)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;
    int result;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    result = bind_own(fd, &address, mode);
    if (result < 0 && errno == EADDRINUSE) {
        if (is_stale(path) && unlink(path) == 0) {
            result = bind_own(fd, &address, mode);
        } else {
            errno = EADDRINUSE;
        }
    }
    if (result < 0 || listen(fd, BACKLOG) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int listener_adopt(void)
{
    int is_listening = 0;
    socklen_t len = sizeof is_listening;

    if (ready_sockets_passed() != 1) {
        errno = ENOTSOCK;
        return -1;
    }
    if (getsockopt(PASSED_FD, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) < 0) {
        return -1;
    }
    if (!is_listening) {
        errno = EINVAL;
        return -1;
    }
    return fcntl(PASSED_FD, F_SETFD, FD_CLOEXEC) < 0 ||
                   fcntl(PASSED_FD, F_SETFL, O_NONBLOCK) < 0
               ? -1
               : PASSED_FD;
}

int listener_announce(const char *ready_file, const char *path)
{
    struct endpoint endpoint = {.fd = -1, .family = AF_UNIX};

    if (ready_file) {
        if (strlen(path) < sizeof endpoint.path) {
            memcpy(endpoint.path, path, strlen(path) + 1);
        }
        if (ready_write_file(ready_file, &endpoint, 1) < 0) {
            return -1;
        }
    }
    ready_notify("READY=1");
    return 0;
}

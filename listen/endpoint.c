#include "endpoint.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <socket.h>
#include <string.h>
#include <unistd.h>

/* libowfat's socket_bind*_reuse set SO_REUSEPORT too, with which a second listener
 * would share the port where it should fail. */
static int set_reuse(int fd)
{
    int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

static int bind_tcp4(struct endpoint *endpoint)
{
    endpoint->fd = socket_tcp4();
    if (endpoint->fd < 0 || set_reuse(endpoint->fd) < 0) {
        return -1;
    }
    return socket_bind4(endpoint->fd, (const char *)endpoint->ip,
                        (uint16)endpoint->port);
}

/* Where the kernel has no IPv6, libowfat makes an IPv4 socket, which serves the
 * wildcard as well as it can. */
static int bind_tcp6(struct endpoint *endpoint)
{
    int v6_only = !endpoint->is_dual;

    endpoint->fd = socket_tcp6();
    if (endpoint->fd < 0 || set_reuse(endpoint->fd) < 0) {
        return -1;
    }
    if (setsockopt(endpoint->fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) <
            0 &&
        v6_only) {
        return -1;
    }
    return socket_bind6(endpoint->fd, (const char *)endpoint->ip,
                        (uint16)endpoint->port, 0);
}

static int bind_file(const struct endpoint *endpoint, const struct sockaddr_un *address)
{
    mode_t umask_before;
    int result;

    if (!endpoint->has_mode) {
        return bind(endpoint->fd, (const struct sockaddr *)address, sizeof *address);
    }
    umask_before = umask(~endpoint->mode & 0777);
    result = bind(endpoint->fd, (const struct sockaddr *)address, sizeof *address);
    umask(umask_before);
    return result;
}

/* True where ADDRESS is a socket file that nobody listens on. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat file;
    bool is_refused;
    int fd;

    if (lstat(address->sun_path, &file) < 0 || !S_ISSOCK(file.st_mode)) {
        return false;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    is_refused = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
                 errno == ECONNREFUSED;
    close(fd);
    return is_refused;
}

static int bind_unix(struct endpoint *endpoint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat file;

    memcpy(address.sun_path, endpoint->path, sizeof address.sun_path);
    endpoint->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (endpoint->fd < 0) {
        return -1;
    }
    if (bind_file(endpoint, &address) < 0) {
        if (errno != EADDRINUSE) {
            return -1;
        }
        if (!is_stale(&address)) {
            errno = EADDRINUSE;
            return -1;
        }
        if (unlink(endpoint->path) < 0 || bind_file(endpoint, &address) < 0) {
            return -1;
        }
    }
    if (stat(endpoint->path, &file) < 0) {
        return -1;
    }
    endpoint->is_ours = true;
    endpoint->device = file.st_dev;
    endpoint->inode = file.st_ino;
    return 0;
}

static int bind_endpoint(struct endpoint *endpoint)
{
    switch (endpoint->family) {
    case AF_INET:
        return bind_tcp4(endpoint);
    case AF_INET6:
        return bind_tcp6(endpoint);
    default:
        return bind_unix(endpoint);
    }
}

/* Connections take TCP_NODELAY over from the listening socket. */
static int set_nodelay(const struct endpoint *endpoint)
{
    int on = 1;

    if (endpoint->family == AF_UNIX) {
        return 0;
    }
    return setsockopt(endpoint->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Asks the kernel for the address that FD has in fact. */
static int read_address(struct endpoint *endpoint)
{
    struct sockaddr_storage address = {0};
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
    const struct sockaddr_un *file = (const struct sockaddr_un *)&address;
    socklen_t len = sizeof address;
    int v6_only = 0;
    socklen_t option_len = sizeof v6_only;

    if (getsockname(endpoint->fd, (struct sockaddr *)&address, &len) < 0) {
        return -1;
    }
    endpoint->family = address.ss_family;
    switch (address.ss_family) {
    case AF_INET:
        memcpy(endpoint->ip, &v4->sin_addr, 4);
        endpoint->port = ntohs(v4->sin_port);
        return 0;
    case AF_INET6:
        memcpy(endpoint->ip, &v6->sin6_addr, 16);
        endpoint->port = ntohs(v6->sin6_port);
        endpoint->is_dual = getsockopt(endpoint->fd, IPPROTO_IPV6, IPV6_V6ONLY,
                                       &v6_only, &option_len) == 0 &&
                            !v6_only && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
        return 0;
    case AF_UNIX:
        memcpy(endpoint->path, file->sun_path, sizeof endpoint->path);
        endpoint->path[sizeof endpoint->path - 1] = 0;
        return 0;
    default:
        errno = EAFNOSUPPORT;
        return -1;
    }
}

int endpoint_open(struct endpoint *endpoint, unsigned backlog)
{
    int result = bind_endpoint(endpoint);
    int saved;

    if (result == 0 && set_nodelay(endpoint) == 0 &&
        socket_listen(endpoint->fd, backlog) == 0 && read_address(endpoint) == 0) {
        return 0;
    }
    saved = errno;
    endpoint_remove(endpoint);
    if (endpoint->fd >= 0) {
        close(endpoint->fd);
        endpoint->fd = -1;
    }
    errno = saved;
    return -1;
}

int endpoint_adopt(struct endpoint *endpoint, int fd)
{
    int is_listening = 0;
    int type = 0;
    socklen_t len = sizeof is_listening;

    memset(endpoint, 0, sizeof *endpoint);
    endpoint->fd = fd;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) < 0) {
        return -1;
    }
    if (type != SOCK_STREAM || !is_listening) {
        errno = EINVAL;
        return -1;
    }
    return read_address(endpoint) < 0 || set_nodelay(endpoint) < 0 ? -1 : 0;
}

void endpoint_remove(const struct endpoint *endpoint)
{
    struct stat file;

    if (endpoint->is_ours && stat(endpoint->path, &file) == 0 &&
        file.st_dev == endpoint->device && file.st_ino == endpoint->inode) {
        unlink(endpoint->path);
    }
}

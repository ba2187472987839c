#include "hosts.h"

#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOSTS_MAX 1000

int hosts_parse(struct hosts *hosts, struct packet *packet)
{
    const char *destination = packet_next(packet);
    const char *policy = packet_next(packet);
    const char *auth = packet_next(packet);

    *hosts = (struct hosts){.destination =
                                memory_copy_string(destination ? destination : ""),
                            .policy_text = memory_copy_string(policy ? policy : ""),
                            .auth = memory_copy_string(auth ? auth : "")};
    if (tls_policy_parse_demand(hosts->policy_text, &hosts->policy) < 0) {
        return -1;
    }
    while (packet->next < packet->bytes.len && hosts->count < HOSTS_MAX) {
        const char *name = packet_next(packet);
        const char *ip = packet_next(packet);
        long long port = packet_next_number(packet, 65535);
        const char *dane = packet_next(packet);
        struct host *host;
        struct net_address address;
        if (!dane || port < 1 || net_address_parse(ip, &address) < 0) {
            return -1;
        }
        address.port = (uint16_t)port;
        hosts->list =
            memory_resize(hosts->list, (hosts->count + 1) * sizeof *hosts->list);
        host = &hosts->list[hosts->count++];
        *host = (struct host){.name = memory_copy_string(name),
                              .address = address,
                              .dane = memory_copy_string(dane)};
    }
    return hosts->count > 0 ? 0 : -1;
}

void hosts_free(struct hosts *hosts)
{
    size_t i;

    for (i = 0; i < hosts->count; i++) {
        free(hosts->list[i].name);
        free(hosts->list[i].dane);
    }
    free(hosts->list);
    free(hosts->destination);
    free(hosts->policy_text);
    free(hosts->auth);
    *hosts = (struct hosts){0};
}

/* Waits for a connection under way. 0, or -1 with errno. */
static int wait_connected(int fd, clock_ms deadline)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;
    int ready;

    do {
        ready = poll(&poller, 1, clock_poll_timeout(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        errno = ETIMEDOUT;
    }
    if (ready <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
        return -1;
    }
    errno = error;
    return error == 0 ? 0 : -1;
}

int host_connect(const struct host *host, long long seconds)
{
    union net_socket_address address;
    socklen_t len = net_address_for_socket(&host->address, &address);
    int fd =
        socket(host->address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;

    if (fd < 0) {
        return -1;
    }
    if ((connect(fd, &address.any, len) < 0 &&
         (errno != EINPROGRESS || wait_connected(fd, clock_deadline(seconds)) < 0)) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

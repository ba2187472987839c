#include "packet.h"

#include "text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void packet_clear(struct packet *packet)
{
    text_clear(&packet->bytes);
    packet->next = 0;
}

void packet_free(struct packet *packet)
{
    text_free(&packet->bytes);
    packet->next = 0;
}

void packet_add(struct packet *packet, const char *field)
{
    text_add_bytes(&packet->bytes, field, strlen(field) + 1);
}

void packet_add_number(struct packet *packet, long long n)
{
    text_add_number(&packet->bytes, n);
    text_add_byte(&packet->bytes, '\0');
}

union control {
    char bytes[CMSG_SPACE(8 * sizeof(int))];
    struct cmsghdr align;
};

int packet_send(int socket, const struct packet *packet, int fd)
{
    struct iovec part = {packet->bytes.s, packet->bytes.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    ssize_t sent;

    if (packet->bytes.len > PACKET_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (fd >= 0) {
        struct cmsghdr *header;
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof fd);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

int packet_send_wait(int socket, const struct packet *packet)
{
    while (packet_send(socket, packet, -1) < 0) {
        struct pollfd poller = {.fd = socket, .events = POLLOUT};
        if (errno != EAGAIN || poll(&poller, 1, -1) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Takes the descriptors out; returns how many there were. Only the first is kept. */
static int take_descriptors(struct msghdr *message, int *fd)
{
    struct cmsghdr *header;
    int count = 0;

    for (header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        size_t i, n;
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (i = 0; i < n; i++) {
            int got;
            memcpy(&got, CMSG_DATA(header) + i * sizeof got, sizeof got);
            if (count++ == 0) {
                *fd = got;
            } else {
                close(got);
            }
        }
    }
    return count;
}

int packet_receive(int socket, struct packet *packet, int *fd)
{
    struct iovec part;
    union control control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t got;

    *fd = -1;
    packet_clear(packet);
    text_make_room(&packet->bytes, PACKET_MAX);
    part.iov_base = packet->bytes.s;
    part.iov_len = PACKET_MAX;
    do {
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return got < 0 ? -1 : 0;
    }
    if (take_descriptors(&message, fd) > 1 || packet->bytes.s[got - 1] != '\0' ||
        (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        if (*fd >= 0) {
            close(*fd);
            *fd = -1;
        }
        errno = EPROTO;
        return -1;
    }
    packet->bytes.len = (size_t)got;
    return 1;
}

const char *packet_next(struct packet *packet)
{
    const char *field;

    if (packet->next >= packet->bytes.len) {
        return NULL;
    }
    field = packet->bytes.s + packet->next;
    packet->next += strlen(field) + 1;
    return field;
}

long long packet_next_number(struct packet *packet, long long max)
{
    const char *field = packet_next(packet);
    unsigned long long n;

    if (!field ||
        text_parse_number(field, strlen(field), (unsigned long long)max, &n) < 0) {
        return -1;
    }
    return (long long)n;
}

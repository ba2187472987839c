#include "login_door.h"

#include "door.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DOOR_FDS 2

/* Room for the two descriptors, aligned as the kernel wants it. */
union door_control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(DOOR_FDS * sizeof(int))];
};

/* sendmsg wants pointers to what it does not change. */
static int send_question(int fd, const struct credentials *credentials,
                         const int client[2])
{
    struct credentials copy = *credentials;
    struct iovec part = {copy.bytes, copy.len};
    union door_control control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    ssize_t sent;

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(DOOR_FDS * sizeof(int));
    memcpy(CMSG_DATA(header), client, DOOR_FDS * sizeof(int));
    sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    credentials_wipe(&copy);
    return sent == (ssize_t)credentials->len ? 0 : -1;
}

static enum login_result read_answer(int fd, clock_ms deadline)
{
    char answer = 'Z';
    int ready = door_wait(fd, deadline);
    ssize_t got;

    if (ready <= 0) {
        errno = ready == 0 ? ETIMEDOUT : errno;
        return LOGIN_BROKEN;
    }
    errno = 0;
    got = recv(fd, &answer, 1, MSG_DONTWAIT);
    if (got < 0) {
        return LOGIN_BROKEN; /* it may have said K, and serve the client already */
    }
    if (got == 0) {
        return LOGIN_TEMPORARY;
    }
    switch (answer) {
    case 'K':
        return LOGIN_ACCEPTED;
    case 'D':
        return LOGIN_DENIED;
    case 'C':
        return LOGIN_CUT_OFF;
    default:
        return LOGIN_TEMPORARY;
    }
}

enum login_result login_door_ask(const char *path,
                                 const struct credentials *credentials,
                                 const int client[2], clock_ms deadline)
{
    enum login_result result = LOGIN_TEMPORARY;
    int saved;
    int fd = door_connect(path, deadline);

    if (fd < 0) {
        return LOGIN_TEMPORARY;
    }
    if (send_question(fd, credentials, client) == 0) {
        result = read_answer(fd, deadline);
    }
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/* Takes the descriptors out of the message: all go, unless there are just two. */
static int take_descriptors(struct msghdr *message, int client[2])
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fds[DOOR_FDS];
    size_t count = 0, i;

    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        count = count > DOOR_FDS ? DOOR_FDS : count;
        memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    }
    if (count == DOOR_FDS && !(message->msg_flags & (MSG_CTRUNC | MSG_TRUNC))) {
        memcpy(client, fds, sizeof fds);
        return 0;
    }
    for (i = 0; i < count; i++) {
        close(fds[i]);
    }
    errno = EPROTO;
    return -1;
}

int login_door_receive(int door, struct credentials *credentials, int client[2],
                       clock_ms deadline)
{
    struct iovec part = {credentials->bytes, sizeof credentials->bytes};
    union door_control control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    int ready = door_wait(door, deadline);
    ssize_t len;

    if (ready <= 0) {
        errno = ready == 0 ? ETIMEDOUT : errno;
        return -1;
    }
    len = recvmsg(door, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (len < 0 || take_descriptors(&message, client) < 0) {
        return -1;
    }
    credentials->len = (size_t)len;
    if (credentials_parse(credentials) < 0) {
        close(client[0]);
        close(client[1]);
        errno = EPROTO;
        return -1;
    }
    return 0;
}

int login_door_answer(int door, enum login_result result)
{
    static const char answers[] = {[LOGIN_ACCEPTED] = 'K',
                                   [LOGIN_DENIED] = 'D',
                                   [LOGIN_CUT_OFF] = 'C',
                                   [LOGIN_TEMPORARY] = 'Z',
                                   [LOGIN_BROKEN] = 'Z'};

    return send(door, &answers[result], 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

#include "auth_door.h"

#include "door.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD 2 /* bytes of the length */

static const char *const words[] = {
    [LOGIN_ACCEPTED] = "ok",     [LOGIN_DENIED] = "no",
    [LOGIN_CUT_OFF] = "cut-off", [LOGIN_TEMPORARY] = "trouble",
    [LOGIN_BROKEN] = "trouble",
};

void auth_message_clear(struct auth_message *message)
{
    message->len = message->next = 0;
    message->is_bad = 0;
}

void auth_message_wipe(struct auth_message *message)
{
    explicit_bzero(message, sizeof *message);
}

void auth_message_add_bytes(struct auth_message *message, const char *bytes, size_t len)
{
    char *end = message->bytes + HEAD + message->len;

    if (len >= AUTH_MESSAGE_MAX - message->len || (len > 0 && memchr(bytes, 0, len))) {
        message->is_bad = 1;
        return;
    }
    if (len > 0) {
        memcpy(end, bytes, len);
    }
    end[len] = 0;
    message->len += len + 1;
}

void auth_message_add(struct auth_message *message, const char *field)
{
    auth_message_add_bytes(message, field, strlen(field));
}

const char *auth_message_next(struct auth_message *message)
{
    const char *field = message->bytes + HEAD + message->next;

    if (message->next >= message->len) {
        return NULL;
    }
    message->next += strlen(field) + 1;
    return field;
}

int auth_message_send(int fd, struct auth_message *message)
{
    size_t size = HEAD + message->len;
    ssize_t sent;

    if (message->is_bad || message->len == 0) {
        errno = EMSGSIZE;
        return -1;
    }
    message->bytes[0] = (char)(message->len >> 8);
    message->bytes[1] = (char)message->len;
    /* Far less than a socket's buffer: it goes at once, or something is wrong. */
    sent = send(fd, message->bytes, size, MSG_NOSIGNAL);
    if (sent >= 0 && (size_t)sent != size) {
        errno = EPROTO;
    }
    return sent == (ssize_t)size ? 0 : -1;
}

static int receive_bytes(int fd, char *bytes, size_t len, clock_ms deadline)
{
    while (len > 0) {
        int ready = door_wait(fd, deadline);
        ssize_t got;
        if (ready <= 0) {
            errno = ready == 0 ? ETIMEDOUT : errno;
            return -1;
        }
        got = recv(fd, bytes, len, MSG_DONTWAIT);
        if (got == 0) {
            errno = EPROTO;
            return -1;
        }
        if (got < 0 && errno != EINTR && errno != EAGAIN) {
            return -1;
        }
        bytes += got > 0 ? got : 0;
        len -= got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int auth_message_receive(int fd, struct auth_message *message, clock_ms deadline)
{
    const unsigned char *head = (const unsigned char *)message->bytes;

    auth_message_clear(message);
    if (receive_bytes(fd, message->bytes, HEAD, deadline) < 0) {
        return -1;
    }
    message->len = (size_t)head[0] << 8 | head[1];
    if (message->len == 0 || message->len > AUTH_MESSAGE_MAX) {
        message->len = 0;
        errno = EPROTO;
        return -1;
    }
    if (receive_bytes(fd, message->bytes + HEAD, message->len, deadline) < 0 ||
        message->bytes[HEAD + message->len - 1] != 0) {
        errno = message->bytes[HEAD + message->len - 1] ? EPROTO : errno;
        message->len = 0;
        return -1;
    }
    return 0;
}

enum login_result auth_answer_parse(const char *word)
{
    int i;

    for (i = LOGIN_ACCEPTED; i < LOGIN_TEMPORARY; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (enum login_result)i;
        }
    }
    return LOGIN_TEMPORARY;
}

const char *auth_answer_word(enum login_result result)
{
    return words[result];
}

#include "qmqp.h"

#include "linereader.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_SECONDS 300
#define ANSWER_MAX 1000

static int connect_to_door(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    stralloc path = STRALLOC_ZERO;
    int fd = -1;

    path_make(&path, PATH_RUN, "qmqp");
    if (path.len < sizeof address.sun_path) {
        memcpy(address.sun_path, path.s, path.len + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    } else {
        errno = ENAMETOOLONG;
    }
    text_free(&path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static void add_netstring(stralloc *out, const stralloc *in)
{
    text_add_format(out, "%zu:", in->len);
    text_add_bytes(out, in->s, in->len);
    text_add_byte(out, ',');
}

/* The netstrings of sender and recipients. */
static void add_addresses(stralloc *out, const struct envelope *envelope)
{
    stralloc one = STRALLOC_ZERO;
    size_t i;

    qmqp_add_sender(&one, envelope);
    add_netstring(out, &one);
    for (i = 0; i < envelope->recipient_count; i++) {
        text_clear(&one);
        qmqp_add_recipient(&one, &envelope->recipients[i]);
        add_netstring(out, &one);
    }
    text_free(&one);
}

static enum line_result send_file(int socket, int spool, clock_ms deadline)
{
    char block[65536];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(spool, block, sizeof block, at)) > 0) {
        enum line_result result = line_write(socket, block, (size_t)got, deadline);
        if (result != LINE_OK) {
            return result;
        }
        at += got;
    }
    return got < 0 ? LINE_ERROR : LINE_OK;
}

static enum line_result send_all(int socket, int spool, const struct envelope *envelope,
                                 clock_ms deadline)
{
    stralloc addresses = STRALLOC_ZERO;
    char inner[32], outer[32];
    off_t length = lseek(spool, 0, SEEK_END);
    enum line_result result;
    int inner_len = snprintf(inner, sizeof inner, "%lld:", (long long)length);
    int outer_len;

    if (length < 0) {
        return LINE_ERROR;
    }
    add_addresses(&addresses, envelope);
    outer_len = snprintf(outer, sizeof outer, "%lld:",
                         (long long)inner_len + (long long)length + 1 +
                             (long long)addresses.len);
    result = line_write(socket, outer, (size_t)outer_len, deadline);
    if (result == LINE_OK) {
        result = line_write(socket, inner, (size_t)inner_len, deadline);
    }
    if (result == LINE_OK) {
        result = send_file(socket, spool, deadline);
    }
    if (result == LINE_OK) {
        result = line_write(socket, ",", 1, deadline);
    }
    text_add_byte(&addresses, ',');
    if (result == LINE_OK) {
        result = line_write(socket, addresses.s, addresses.len, deadline);
    }
    text_free(&addresses);
    return result;
}

/* What the LEN bytes of a netstring's start say: 1 and the answer, or 0 where more has
 * to come. */
static int parse_answer(const char *bytes, size_t len, char *answer, char *reason,
                        size_t size)
{
    const char *colon = memchr(bytes, ':', len);
    unsigned long long said;

    if (!colon ||
        text_parse_number(bytes, (size_t)(colon - bytes), ANSWER_MAX, &said) < 0 ||
        len < (size_t)(colon + 1 - bytes) + said + 1) {
        return 0;
    }
    if (said > 0 && (colon[1] == 'K' || colon[1] == 'Z' || colon[1] == 'D')) {
        *answer = colon[1];
        snprintf(reason, size, "%.*s", (int)said - 1, colon + 2);
    }
    return 1;
}

static char read_answer(int socket, clock_ms deadline, char *reason, size_t size)
{
    char bytes[ANSWER_MAX + 16];
    char answer = 'Z';
    size_t len = 0;

    snprintf(reason, size, "qmqpd gave no answer");
    while (len < sizeof bytes && !parse_answer(bytes, len, &answer, reason, size)) {
        struct pollfd poller = {.fd = socket, .events = POLLIN};
        int ready = poll(&poller, 1, clock_poll_timeout(deadline));
        ssize_t got =
            ready > 0 ? recv(socket, bytes + len, sizeof bytes - len, 0) : ready;
        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    return answer;
}

char qmqp_send(int spool, const struct envelope *envelope, char *reason, size_t size)
{
    clock_ms deadline = clock_deadline(WAIT_SECONDS);
    int socket = connect_to_door();
    enum line_result sent;
    char answer;

    if (socket < 0) {
        snprintf(reason, size, "no rights on the queue, and no qmqpd to ask: %s",
                 strerror(errno));
        return 'Z';
    }
    /* A server that refuses may hang up before it has read all: its answer counts. */
    sent = send_all(socket, spool, envelope, deadline);
    if (sent != LINE_OK) {
        shutdown(socket, SHUT_WR); /* it must not wait for the rest */
    }
    answer = read_answer(socket, deadline, reason, size);
    close(socket);
    if (sent != LINE_OK && answer == 'K') {
        snprintf(reason, size, "qmqpd answered before it had the message");
        answer = 'Z';
    }
    return answer;
}

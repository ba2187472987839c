#include "proxy.h"

#include "clock.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE 16384 /* the plaintext of one record */

/* One direction. */
struct flow {
    char bytes[BUFFER_SIZE];
    size_t start, end;
    int has_ended; /* its source gives no more */
    int is_shut;   /* the end was passed on, or nobody is there to take any more */
};

/* What a call waits for before it is worth another try: poll's events, or 0. */
struct proxy {
    SSL *ssl;
    int tls, plain;
    struct flow up;   /* from the TLS peer to the plaintext side */
    struct flow down; /* the other way */
    short tls_read, tls_write, plain_read, plain_write;
    int is_plain_gone; /* closed in both directions */
    clock_ms deadline;
    struct proxy_count count;
};

enum step { STEP_ON, STEP_BROKEN };

static int is_empty(const struct flow *flow)
{
    return flow->start == flow->end;
}

/* Its first LEN bytes have gone on: no password stays in memory for longer. */
static void take_out(struct flow *flow, size_t len)
{
    explicit_bzero(flow->bytes + flow->start, len);
    flow->start += len;
}

static void clear(struct flow *flow)
{
    take_out(flow, flow->end - flow->start);
    flow->start = flow->end = 0;
}

/* What OpenSSL waits for after a call that gave RESULT, in *WAIT. A clean end of the
 * peer's is left to the caller, as -1. */
static enum step judge(SSL *ssl, int result, short *wait)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *wait = POLLIN;
        return STEP_ON;
    case SSL_ERROR_WANT_WRITE:
        *wait = POLLOUT;
        return STEP_ON;
    case SSL_ERROR_ZERO_RETURN:
        *wait = -1;
        return STEP_ON;
    default:
        return STEP_BROKEN;
    }
}

static enum step read_tls(struct proxy *proxy)
{
    struct flow *up = &proxy->up;
    enum step step;
    int got;

    if (up->has_ended || !is_empty(up) || proxy->tls_read) {
        return STEP_ON;
    }
    clear(up);
    ERR_clear_error();
    errno = 0;
    got = SSL_read(proxy->ssl, up->bytes, BUFFER_SIZE);
    if (got > 0) {
        up->end = (size_t)got;
        if (up->is_shut) {
            clear(up); /* nobody wants it any more */
        }
        proxy->count.up += (size_t)got;
        return STEP_ON;
    }
    step = judge(proxy->ssl, got, &proxy->tls_read);
    if (step == STEP_ON && proxy->tls_read < 0) {
        up->has_ended = 1;
        proxy->tls_read = 0;
    }
    return step;
}

/* Who is on the plaintext side has closed: what comes for it is thrown away, and what
 * it left gets a limit of time. */
static void note_gone(struct proxy *proxy)
{
    if (proxy->is_plain_gone) {
        return;
    }
    proxy->is_plain_gone = 1;
    clear(&proxy->up);
    proxy->up.is_shut = 1;
    proxy->deadline = clock_deadline(proxy->down.is_shut ? PROXY_DRAIN_SECONDS
                                                         : PROXY_LINGER_SECONDS);
}

static void write_plain(struct proxy *proxy)
{
    struct flow *up = &proxy->up;

    while (!is_empty(up) && !proxy->plain_write) {
        ssize_t sent = send(proxy->plain, up->bytes + up->start, up->end - up->start,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            take_out(up, (size_t)sent);
        } else if (errno == EAGAIN) {
            proxy->plain_write = POLLOUT;
        } else if (errno != EINTR) {
            note_gone(proxy);
        }
    }
    if (is_empty(up) && up->has_ended && !up->is_shut) {
        shutdown(proxy->plain, SHUT_WR);
        up->is_shut = 1;
    }
}

static void read_plain(struct proxy *proxy)
{
    struct flow *down = &proxy->down;
    ssize_t got;

    if (down->has_ended || !is_empty(down) || proxy->plain_read) {
        return;
    }
    clear(down);
    got = recv(proxy->plain, down->bytes, BUFFER_SIZE, MSG_DONTWAIT);
    if (got > 0) {
        down->end = (size_t)got;
    } else if (got < 0 && errno == EAGAIN) {
        proxy->plain_read = POLLIN;
    } else if (got == 0 || errno != EINTR) {
        /* An error, too: it closed with bytes of ours unread. */
        down->has_ended = 1;
    }
}

/* close_notify, and the FIN behind it. */
static enum step shut_tls(struct proxy *proxy)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_shutdown(proxy->ssl);
    if (result < 0) {
        enum step step = judge(proxy->ssl, result, &proxy->tls_write);
        return proxy->tls_write < 0 ? STEP_BROKEN : step;
    }
    shutdown(proxy->tls, SHUT_WR);
    proxy->down.is_shut = 1;
    if (proxy->is_plain_gone) {
        proxy->deadline = clock_deadline(PROXY_DRAIN_SECONDS);
    }
    return STEP_ON;
}

static enum step write_tls(struct proxy *proxy)
{
    struct flow *down = &proxy->down;

    while (!is_empty(down) && !proxy->tls_write) {
        int sent;
        ERR_clear_error();
        errno = 0;
        sent = SSL_write(proxy->ssl, down->bytes + down->start,
                         (int)(down->end - down->start));
        if (sent <= 0) {
            enum step step = judge(proxy->ssl, sent, &proxy->tls_write);
            if (step != STEP_ON || proxy->tls_write < 0) {
                return STEP_BROKEN;
            }
            break;
        }
        take_out(down, (size_t)sent);
        proxy->count.down += (size_t)sent;
        if (proxy->is_plain_gone) {
            proxy->deadline = clock_deadline(PROXY_LINGER_SECONDS);
        }
    }
    if (is_empty(down) && down->has_ended && !down->is_shut && !proxy->tls_write) {
        return shut_tls(proxy);
    }
    return STEP_ON;
}

/* A call that waits for EVENTS may be tried again after REVENTS. */
static void wake(short *events, short revents)
{
    if (revents & (*events | POLLERR | POLLHUP)) {
        *events = 0;
    }
}

/* 1: there is something to do; 0: the deadline passed; -1 with errno. A descriptor of
 * which nothing is wanted is left out, for poll would return at once where its other
 * end has closed. */
static int wait_for_more(struct proxy *proxy)
{
    short tls = (short)(proxy->tls_read | proxy->tls_write);
    short plain = (short)(proxy->plain_read | proxy->plain_write);
    struct pollfd pollers[2] = {
        {.fd = tls ? proxy->tls : -1, .events = tls},
        {.fd = plain || !proxy->is_plain_gone ? proxy->plain : -1, .events = plain}};
    int ready = poll(pollers, 2, clock_poll_timeout(proxy->deadline));

    if (ready <= 0) {
        return ready < 0 && errno == EINTR ? 1 : ready;
    }
    wake(&proxy->tls_read, pollers[0].revents);
    wake(&proxy->tls_write, pollers[0].revents);
    wake(&proxy->plain_read, pollers[1].revents);
    wake(&proxy->plain_write, pollers[1].revents);
    if (pollers[1].revents & (POLLHUP | POLLERR)) {
        note_gone(proxy);
    }
    return 1;
}

/* Whether a call could be made without waiting first. */
static int has_work(const struct proxy *proxy)
{
    const struct flow *up = &proxy->up;
    const struct flow *down = &proxy->down;

    return (!up->has_ended && is_empty(up) && !proxy->tls_read) ||
           (!is_empty(up) && !proxy->plain_write) ||
           (!down->has_ended && is_empty(down) && !proxy->plain_read) ||
           (!is_empty(down) && !proxy->tls_write);
}

static int is_over(const struct proxy *proxy)
{
    return proxy->up.has_ended && proxy->up.is_shut && proxy->down.is_shut;
}

/* Who closes without close_notify, when we have said all, has broken nothing. */
static enum proxy_end judge_break(const struct proxy *proxy)
{
    struct pollfd poller = {.fd = proxy->plain};

    return proxy->down.is_shut && poll(&poller, 1, 0) > 0 ? PROXY_DONE : PROXY_BROKEN;
}

static enum proxy_end carry(struct proxy *proxy)
{
    for (;;) {
        int ready = 1;

        if (read_tls(proxy) == STEP_BROKEN) {
            return judge_break(proxy);
        }
        write_plain(proxy);
        read_plain(proxy);
        if (write_tls(proxy) == STEP_BROKEN) {
            return judge_break(proxy);
        }
        if (is_over(proxy)) {
            return PROXY_DONE;
        }
        if (!has_work(proxy)) {
            ready = wait_for_more(proxy);
        } else if (proxy->deadline != CLOCK_NEVER) {
            ready = clock_poll_timeout(proxy->deadline) > 0; /* however fast it sends */
        }
        if (ready < 0) {
            return PROXY_TROUBLE;
        }
        if (ready == 0) {
            /* All was sent; that the peer did not close is its own affair. */
            return proxy->down.is_shut ? PROXY_DONE : PROXY_TIMEOUT;
        }
    }
}

/* The buffers stay as they are: only what is used of them becomes memory. */
static void start_flow(struct flow *flow)
{
    flow->start = flow->end = 0;
    flow->has_ended = flow->is_shut = 0;
}

static void start(struct proxy *proxy, SSL *ssl, int plain)
{
    proxy->ssl = ssl;
    proxy->tls = SSL_get_fd(ssl);
    proxy->plain = plain;
    start_flow(&proxy->up);
    start_flow(&proxy->down);
    proxy->tls_read = proxy->tls_write = proxy->plain_read = proxy->plain_write = 0;
    proxy->is_plain_gone = 0;
    proxy->deadline = CLOCK_NEVER;
    proxy->count = (struct proxy_count){0};
}

enum proxy_end proxy_run(SSL *ssl, int plain, struct proxy_count *count)
{
    struct proxy proxy;
    enum proxy_end end;
    int saved;

    start(&proxy, ssl, plain);
    end = carry(&proxy);
    saved = errno;
    if (end != PROXY_DONE) {
        shutdown(plain, SHUT_RDWR);
    }
    *count = proxy.count;
    errno = saved;
    return end;
}

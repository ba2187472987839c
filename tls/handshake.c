#include "handshake.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Waits for EVENTS on the TLS socket. */
static enum handshake_result wait_for(int fd, short events, int watched,
                                      clock_ms deadline)
{
    struct pollfd pollers[2] = {{.fd = fd, .events = events}, {.fd = watched}};

    for (;;) {
        int ready = poll(pollers, 2, clock_poll_timeout(deadline));
        if (ready == 0) {
            return HANDSHAKE_TIMEOUT;
        }
        if (ready < 0 && errno != EINTR) {
            return HANDSHAKE_FAILED;
        }
        if (ready > 0) {
            return pollers[1].revents ? HANDSHAKE_ABANDONED : HANDSHAKE_DONE;
        }
    }
}

enum handshake_result handshake_run(SSL *ssl, int watched, clock_ms deadline)
{
    enum handshake_result result = HANDSHAKE_DONE;

    while (result == HANDSHAKE_DONE) {
        int done;
        ERR_clear_error();
        errno = 0;
        done = SSL_do_handshake(ssl);
        if (done == 1) {
            return HANDSHAKE_DONE;
        }
        switch (SSL_get_error(ssl, done)) {
        case SSL_ERROR_WANT_READ:
            result = wait_for(SSL_get_fd(ssl), POLLIN, watched, deadline);
            break;
        case SSL_ERROR_WANT_WRITE:
            result = wait_for(SSL_get_fd(ssl), POLLOUT, watched, deadline);
            break;
        default:
            result = HANDSHAKE_FAILED;
        }
    }
    return result;
}

const char *tls_error_text(char out[TLS_ERROR_SIZE])
{
    int saved = errno;
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    if (reason) {
        snprintf(out, TLS_ERROR_SIZE, "%s", reason);
    } else if (code) {
        snprintf(out, TLS_ERROR_SIZE, "error %lx of OpenSSL", code);
    } else {
        snprintf(out, TLS_ERROR_SIZE, "%s",
                 saved ? strerror(saved) : "the peer closed the connection");
    }
    ERR_clear_error();
    return out;
}

int tls_socket_prepare(int fd)
{
    const int on = 1;
    int flags = fcntl(fd, F_GETFL);

    /* Each record is a whole message; on what is no TCP socket there is nothing to
     * switch. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

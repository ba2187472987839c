#include "server_session.h"

#include "binding.h"
#include "certname.h"
#include "exitcode.h"
#include "handshake.h"
#include "log.h"
#include "proxy.h"
#include "text.h"
#include "tls_request.h"
#include "verify.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION_SECONDS 10
/* The asker's limits hold while it speaks with the server. */
#define GO_SECONDS 3600

struct session {
    int door;
    SSL *ssl;
    const struct tls_request *request;
    struct verify verify;
};

/* The answers fit into any socket's buffer; where they don't go out nobody listens. */
static int say(int door, const char *text, size_t len)
{
    return send(door, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len ? 0 : -1;
}

static int fail(const struct session *session, enum tls_result result, const char *why,
                int code)
{
    char line[TLS_TEXT_MAX + 48];
    int len = snprintf(line, sizeof line, "NO %s %.*s\n", tls_result_names[result],
                       TLS_TEXT_MAX - 1, why);

    log_event(LOG_LEVEL_INFO, "failed", "name", session->request->name, "result",
              tls_result_names[result], "why", why, (char *)0);
    say(session->door, line, (size_t)len);
    return code;
}

static int fail_handshake(const struct session *session)
{
    char text[TLS_ERROR_SIZE];
    char why[TLS_TEXT_MAX];
    enum tls_result result = verify_explain(session->ssl, why);

    tls_error_text(text);
    if (result == TLS_RESULT_NONE) {
        return fail(session, TLS_RESULT_FAILED, text, EXITCODE_PERMANENT);
    }
    return fail(session, result, why, EXITCODE_PERMANENT); /* the text says less */
}

/* FAULT: empty, or a text, which is written to. */
static int say_ok(const struct session *session, const char *how, char *fault)
{
    const char *name = session->request->name;
    stralloc line = STRALLOC_ZERO;
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t hash_len = binding_hash(SSL_get0_peer_certificate(session->ssl), hash);
    char *blank = fault;
    int result = -1;

    while ((blank = strchr(blank, ' '))) {
        *blank = '_';
    }
    text_add_format(&line, "OK %s %s %d %s verified=%s", SSL_get_version(session->ssl),
                    SSL_get_cipher_name(session->ssl),
                    SSL_get_cipher_bits(session->ssl, NULL),
                    *name && certname_is_plain(name) ? name : "--", how);
    if (*fault) {
        text_add_format(&line, " fault=%s result=%s", fault,
                        tls_result_names[verify_result(session->ssl)]);
    }
    binding_add(session->ssl, hash, hash_len, &line);
    text_add_byte(&line, '\n');
    if (line.len < TLS_LINE_MAX) {
        result = say(session->door, line.s, line.len);
    }
    text_free(&line);
    return result;
}

static int carry(const struct session *session)
{
    char text[TLS_ERROR_SIZE];
    struct proxy_count count;
    struct log_line line;
    enum proxy_end end = proxy_run(session->ssl, session->door, &count);

    if (end == PROXY_DONE) {
        return EXITCODE_DONE;
    }
    log_begin(&line, LOG_LEVEL_INFO, "broken");
    log_string(&line, "name", session->request->name);
    log_string(&line, "why",
               end == PROXY_TIMEOUT ? "the server takes nothing"
                                    : tls_error_text(text));
    log_number(&line, "up", (long long)count.up);
    log_number(&line, "down", (long long)count.down);
    log_end(&line);
    return end == PROXY_TIMEOUT ? EXITCODE_TIMEOUT : EXITCODE_DONE;
}

static int finish(const struct session *session)
{
    char why[TLS_TEXT_MAX];
    const char *how = verify_finish(&session->verify, session->ssl, why);

    if (!how) {
        return fail(session, TLS_RESULT_FAILED, why, EXITCODE_PERMANENT);
    }
    return say_ok(session, how, why) < 0 ? EXITCODE_TEMPORARY : carry(session);
}

static int shake_hands(const struct session *session)
{
    clock_ms deadline = clock_deadline(session->request->seconds);

    switch (handshake_run(session->ssl, session->door, deadline)) {
    case HANDSHAKE_DONE:
        return finish(session);
    case HANDSHAKE_TIMEOUT:
        return fail(session, TLS_RESULT_FAILED, "the handshake took too long",
                    EXITCODE_TIMEOUT);
    case HANDSHAKE_ABANDONED:
        return EXITCODE_PERMANENT; /* nobody is there to be told */
    default:
        return fail_handshake(session);
    }
}

/* Says READY, and waits until the asker says GO. 0, or -1 where it doesn't. */
static int wait_for_go(int door)
{
    char line[TLS_LINE_MAX];

    if (say(door, "READY\n", 6) < 0 ||
        tls_door_read_line(door, line, clock_deadline(GO_SECONDS)) < 0) {
        return -1;
    }
    return strcmp(line, "GO") == 0 ? 0 : -1;
}

static int serve(struct session *session, SSL_CTX *context)
{
    int server = session->request->server;
    char text[TLS_ERROR_SIZE];

    session->ssl = SSL_new(context);
    if (!session->ssl || tls_socket_prepare(server) < 0 ||
        SSL_set_fd(session->ssl, server) != 1 ||
        verify_prepare(&session->verify, session->ssl, session->request) < 0) {
        return fail(session, TLS_RESULT_NONE, tls_error_text(text), EXITCODE_TEMPORARY);
    }
    SSL_set_connect_state(session->ssl);
    /* An asker that goes away before has got an answer from the server, and is right
     * to. */
    return wait_for_go(session->door) < 0 ? EXITCODE_DONE : shake_hands(session);
}

/* Waits for the packet. 0, or -1 with errno. */
static int receive(int door, struct packet *packet, struct tls_request *request)
{
    struct pollfd poller = {.fd = door, .events = POLLIN};
    int fd = -1;

    if (poll(&poller, 1, QUESTION_SECONDS * 1000) <= 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    if (packet_receive(door, packet, &fd) <= 0) {
        return -1;
    }
    if (tls_request_parse(packet, request) < 0 || fd < 0) {
        errno = EPROTO;
        return -1;
    }
    request->server = fd;
    return 0;
}

int server_session_run(int door, SSL_CTX *context)
{
    struct packet packet = {.next = 0};
    struct tls_request request;
    struct session session = {.door = door, .request = &request};
    int code;

    errno = 0;
    if (receive(door, &packet, &request) < 0) {
        if (errno != 0) { /* who only looks whether somebody is there */
            log_failure("question", (char *)0);
        }
        return EXITCODE_TEMPORARY;
    }
    code = serve(&session, context);
    SSL_free(session.ssl);
    packet_free(&packet);
    return code;
}

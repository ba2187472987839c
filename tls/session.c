#include "session.h"

#include "arena.h"
#include "context.h"
#include "exitcode.h"
#include "handshake.h"
#include "log.h"
#include "proxy.h"
#include "session_line.h"
#include "text.h"
#include "writeall.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define QUESTION_SECONDS 10
#define ANSWER_SECONDS 10

struct tls_session {
    SSL *ssl;
    int plain;
    const struct tls_question *question;
};

/* The answers fit into any socket's buffer; where they don't go out nobody listens. */
static int say(int plain, const char *text, size_t len)
{
    return send(plain, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len ? 0 : -1;
}

static void say_no(int plain, const char *text)
{
    char line[TLS_TEXT_MAX + 8];
    int len = snprintf(line, sizeof line, "NO %.*s\n", TLS_TEXT_MAX - 1, text);

    say(plain, line, (size_t)len);
}

static void log_session_begin(struct log_line *line, enum log_level level,
                              const char *event, const struct tls_question *question)
{
    log_begin(line, level, event);
    log_string(line, "ip", question->peer);
    log_string(line, "service", question->service);
}

static void log_handshake(const struct tls_session *session)
{
    const char *name = SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);
    struct log_line line;

    log_session_begin(&line, LOG_LEVEL_INFO, "tls", session->question);
    log_string(&line, "protocol", SSL_get_version(session->ssl));
    log_string(&line, "cipher", SSL_get_cipher_name(session->ssl));
    log_string(&line, "sni", name);
    log_string(&line, "resumed", SSL_session_reused(session->ssl) ? "yes" : "no");
    log_end(&line);
}

static int fail(const struct tls_session *session, const char *why, int code)
{
    struct log_line line;

    log_session_begin(&line, LOG_LEVEL_INFO, "failed", session->question);
    log_string(&line, "why", why);
    log_end(&line);
    say_no(session->plain, why);
    return code;
}

/* Says OK with what the asker may want to know. */
static int say_ok(const struct tls_session *session)
{
    stralloc line = STRALLOC_ZERO;
    int result;

    session_line_make(session->ssl, &line);
    result = say(session->plain, line.s, line.len);
    text_free(&line);
    return result;
}

static int shake_hands(struct tls_session *session, clock_ms deadline)
{
    char text[TLS_ERROR_SIZE];

    switch (handshake_run(session->ssl, session->plain, deadline)) {
    case HANDSHAKE_DONE:
        return EXITCODE_DONE;
    case HANDSHAKE_TIMEOUT:
        return fail(session, "the handshake took too long", EXITCODE_TIMEOUT);
    case HANDSHAKE_ABANDONED:
        return EXITCODE_PERMANENT; /* nobody is there to be told */
    default:
        return fail(session, tls_error_text(text), EXITCODE_PERMANENT);
    }
}

static int carry(const struct tls_session *session)
{
    char text[TLS_ERROR_SIZE];
    struct proxy_count count;
    struct log_line line;
    enum proxy_end end = proxy_run(session->ssl, session->plain, &count);

    if (end == PROXY_DONE) {
        return EXITCODE_DONE;
    }
    log_session_begin(&line, LOG_LEVEL_INFO, "broken", session->question);
    log_string(&line, "why",
               end == PROXY_TIMEOUT ? "the client takes nothing"
                                    : tls_error_text(text));
    log_number(&line, "up", (long long)count.up);
    log_number(&line, "down", (long long)count.down);
    log_end(&line);
    return end == PROXY_TIMEOUT ? EXITCODE_TIMEOUT : EXITCODE_DONE;
}

static int run(struct tls_session *session, long long handshake_seconds)
{
    int code = shake_hands(session, clock_deadline(handshake_seconds));

    if (code != EXITCODE_DONE) {
        return code;
    }
    log_handshake(session);
    return say_ok(session) == 0 ? carry(session) : EXITCODE_TEMPORARY;
}

static SSL *prepare(int client, const struct tls_question *question, SSL_CTX *context,
                    const struct session_settings *settings)
{
    SSL *ssl = SSL_new(context);

    if (!ssl || tls_socket_prepare(client) < 0 || SSL_set_fd(ssl, client) != 1 ||
        (settings->oldest < TLS1_2_VERSION && strcmp(question->service, "smtp") == 0 &&
         context_allow_old(ssl, settings->oldest) < 0)) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

int session_serve(int client, int plain, const struct tls_question *question,
                  SSL_CTX *context, const struct session_settings *settings)
{
    struct tls_session session = {.plain = plain, .question = question};

    arena_begin();
    session.ssl = prepare(client, question, context, settings);
    if (!session.ssl) {
        char text[TLS_ERROR_SIZE];
        return fail(&session, tls_error_text(text), EXITCODE_TEMPORARY);
    }
    return run(&session, settings->handshake_seconds);
}

static int list(int door, enum tls_question_kind kind, const struct store *store)
{
    stralloc text = STRALLOC_ZERO;
    struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    int result;

    if (kind == TLS_QUESTION_REFUSED) {
        store_list_refused(store, &text);
    } else {
        store_list(store, &text);
    }
    setsockopt(door, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    result = write_all(door, text.len > 0 ? text.s : "", text.len);
    text_free(&text);
    return result < 0 ? EXITCODE_TEMPORARY : EXITCODE_DONE;
}

static int is_stream_socket(int fd)
{
    int type;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

int session_serve_door(int door, SSL_CTX *context, const struct store *store,
                       const struct session_settings *settings)
{
    struct tls_question question;

    if (tls_door_receive(door, &question, clock_deadline(QUESTION_SECONDS)) < 0) {
        log_failure("question", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    if (question.kind != TLS_QUESTION_SERVER) {
        return list(door, question.kind, store);
    }
    if (!is_stream_socket(question.client)) {
        say_no(door, "the client is no socket");
        return EXITCODE_PERMANENT;
    }
    if (store->count == 0) {
        const struct tls_session none = {.plain = door, .question = &question};
        return fail(&none, "there is no certificate", EXITCODE_CONFIGURATION);
    }
    if (say(door, "READY\n", 6) < 0) {
        return EXITCODE_TEMPORARY;
    }
    return session_serve(question.client, door, &question, context, settings);
}

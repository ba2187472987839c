#include "session.h"

#include "log.h"
#include "policy.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* What the kernel holds of replies that a client does not read. Left alone it would be
 * up to 4 MB (net.ipv4.tcp_wmem); replies need a few thousand bytes. */
#define SEND_BUFFER 32768

/* Inputs that are no sockets have no such thing. */
void session_bound_send_buffer(void)
{
    int size = SEND_BUFFER;

    setsockopt(1, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

void session_open(struct session *session)
{
    /* Large enough for messages; of what commands do not fill the kernel gives no
     * memory. */
    static char input[SESSION_INPUT];

    session_bound_send_buffer();
    limits_read(&session->limits, &session->tables, session->is_submission);
    line_reader_use(&session->reader, 0, input, sizeof input);
    session->writer.fd = 1;
    session->writer.state = LINE_OK;
    session->submission = (struct submission){
        .envelope = &session->envelope, .writer = {.fd = -1}, .spool = -1};
    session->host_name = setting_host_name(&session->tables);
    session->deadline =
        clock_deadline(setting_number(&session->tables, SET_session_timeout));
    net_peer(0, &session->peer);
    net_local(0, &session->local);
    session->submission.is_for_queue = session->peer.family != 0;
    net_address_format(&session->peer, session->peer_text);
    text_string(&session->helo);
    text_string(&session->peer_host);
    session->tls_door = -1;
    tls_state_from_environment(&session->tls);
}

void session_close(struct session *session)
{
    session_reset_transaction(session);
    command_free(&session->command);
    envelope_free(&session->envelope);
    text_free(&session->user);
    text_free(&session->helo);
    text_free(&session->peer_host);
    text_free(&session->text);
}

void session_reset_transaction(struct session *session)
{
    submission_abort(&session->submission);
    session->submission.writer.name[0] = '\0';
    session->transaction = (struct transaction){0};
    envelope_clear(&session->envelope);
    if (session->is_submission) {
        header_hold_reset(&session->hold);
    }
    if (session->stage != STAGE_START) {
        session->stage = STAGE_HELLO;
    }
}

/* Inside TLS and inside this machine nobody listens on the way; a pipe leads no farther
 * either. */
static int is_private(const struct session *session)
{
    return session->tls.is_active || session->peer.family == 0 ||
           net_address_in_list(&session->peer, "127.0.0.0/8 ::1") == 1;
}

int session_may_log_in(const struct session *session)
{
    return session->limits.may_log_in_clear || is_private(session);
}

int session_has_input(struct session *session)
{
    return line_reader_has_input(&session->reader);
}

clock_ms session_deadline(const struct session *session, long long seconds)
{
    return clock_sooner(clock_deadline(seconds), session->deadline);
}

int session_flush(struct session *session)
{
    clock_ms deadline = session_deadline(session, session->limits.command_timeout);

    return reply_flush(&session->writer, deadline) == LINE_OK ? 0 : -1;
}

const char *session_format(struct session *session, const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is right above */
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_set_string(&session->text, text);
    return text_string(&session->text);
}

void session_log_begin(const struct session *session, struct log_line *line,
                       const char *event)
{
    log_begin(line, LOG_LEVEL_INFO, event);
    log_string(line, "ip", session->peer_text);
    if (session->helo.len > 0) {
        log_bytes(line, "helo", session->helo.s, session->helo.len);
    }
    if (session->user.len > 0) {
        log_bytes(line, "user", session->user.s, session->user.len);
    }
    if (session->submission.writer.name[0]) {
        log_string(line, "id", session->submission.writer.name);
    }
}

struct reply session_lost(struct session *session, enum line_result result,
                          const char *where)
{
    struct reply reply = reply_none();
    struct log_line line;

    session->is_over = 1;
    session_log_begin(session, &line, "lost");
    log_string(&line, "in", where);
    log_string(&line, "why", result == LINE_TIMEOUT ? "timeout" : "closed");
    log_end(&line);
    if (result == LINE_TIMEOUT) {
        session->exitcode = EXITCODE_TIMEOUT;
        reply = policy_ask(session, EVENT_TIMEOUT, NULL);
        if (reply.code == 0) {
            reply = reply_close(421, "4.4.2", "you took too long");
        }
    }
    session_reset_transaction(session);
    return reply;
}

#include "starttls.h"

#include "authentication.h"
#include "log.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The door answers READY at once where it answers at all. */
#define READY_SECONDS 10

int starttls_is_offered(const struct session *session)
{
    return session->is_tls_possible && !session->tls.is_active &&
           session->peer.family != 0;
}

static void log_trouble(const struct session *session, const char *why)
{
    struct log_line line;

    session_log_begin(session, &line, "failed");
    log_string(&line, "in", "tls");
    log_string(&line, "why", why);
    log_end(&line);
}

/* The door's connection in session->tls_door; 0 or -1. */
static int ask_door(struct session *session)
{
    stralloc path = STRALLOC_ZERO;
    char why[TLS_TEXT_MAX];

    session->tls_door =
        tls_door_ask(path_make(&path, PATH_RUN, "tls"),
                     session->is_submission ? "submission" : "smtp", session->peer_text,
                     0, session_deadline(session, READY_SECONDS), why);
    text_free(&path);
    if (session->tls_door < 0) {
        log_trouble(session, why);
        return -1;
    }
    return 0;
}

struct reply starttls_answer(struct session *session)
{
    if (session->tls.is_active) {
        return reply_make(503, "5.5.1", "TLS is active already");
    }
    if (!starttls_is_offered(session)) {
        return reply_make(502, "5.5.1", "not implemented here");
    }
    if (ask_door(session) < 0) {
        return reply_make(454, "4.7.0", "TLS is not available");
    }
    return reply_make(220, "2.0.0", "go ahead");
}

/* The plaintext side takes the client's place. 0 or -1. */
static int take_plaintext(struct session *session)
{
    clock_ms deadline = session_deadline(session, session->limits.command_timeout);
    char why[TLS_TEXT_MAX];
    int result = tls_door_wait(session->tls_door, &session->tls, deadline, why);

    if (result == 0 &&
        (dup2(session->tls_door, 0) != 0 || dup2(session->tls_door, 1) != 1)) {
        snprintf(why, sizeof why, "%s", strerror(errno));
        result = -1;
    }
    if (result < 0) {
        log_trouble(session, why);
        session->is_over = 1;
    }
    close(session->tls_door);
    session->tls_door = -1;
    return result;
}

/* RFC 3207 section 4.2: as after the greeting. */
static void forget(struct session *session)
{
    session_reset_transaction(session);
    if (session->is_submission) {
        authentication_forget(session);
    }
    session->stage = STAGE_START;
    session->is_esmtp = 0;
    text_clear(&session->helo);
    session->reader.start = session->reader.end = 0;
    session_bound_send_buffer();
}

void starttls_switch(struct session *session)
{
    if (session_flush(session) == 0 && take_plaintext(session) == 0) {
        forget(session);
    }
}

int starttls_at_once(struct session *session)
{
    if (ask_door(session) < 0 || take_plaintext(session) < 0) {
        session->exitcode = EXITCODE_TEMPORARY;
        return -1;
    }
    session_bound_send_buffer();
    return 0;
}

#include "exchange.h"

#include "door.h"
#include "encode.h"
#include "log.h"
#include "paths.h"
#include "text.h"

#include <poll.h>
#include <string.h>

/* More than checkpw may take for waiting and hashing together. */
#define DOOR_WAIT_SECONDS 60

/* Sends CHALLENGE (base64 already) and waits for a line of the client's. */
static int ask_client(struct exchange *exchange, const char *challenge,
                      const char **line, size_t *len)
{
    struct session *session = exchange->session;
    struct reply reply = reply_make(334, NULL, challenge);
    clock_ms deadline = session_deadline(session, session->limits.command_timeout);
    enum line_result result;
    char *got;

    reply_add(&session->writer, &reply, 0, deadline);
    result = session_flush(session) < 0
                 ? LINE_ERROR
                 : line_read(&session->reader, AUTH_LINE_MAX, 0, deadline, &got, len);
    switch (result) {
    case LINE_OK:
        *line = got;
        return 0;
    case LINE_END:
    case LINE_TIMEOUT:
    case LINE_ERROR:
        exchange->fault = session_lost(session, result, "AUTH");
        return -1;
    case LINE_LONG:
        exchange->fault = reply_make(500, "5.5.6", "the line is too long");
        return -1;
    default:
        exchange->fault = reply_make(501, "5.5.2", "not base64");
        return -1;
    }
}

int exchange_take_response(struct exchange *exchange, const char *challenge,
                           const char **response, size_t *len)
{
    if (exchange->initial) {
        *response = strcmp(exchange->initial, "=") == 0 ? "" : exchange->initial;
        *len = strlen(*response);
        exchange->initial = NULL;
        return 0;
    }
    if (ask_client(exchange, challenge, response, len) < 0) {
        return -1;
    }
    if (*len == 1 && **response == '*') {
        exchange->fault = reply_make(501, "5.7.0", "the exchange is cancelled");
        return -1;
    }
    return 0;
}

/* All the room is made at once, as growing would leave copies that
 * nobody wipes. */
int exchange_take_text(struct exchange *exchange, const char *challenge, stralloc *out)
{
    const char *response;
    size_t len;

    if (exchange_take_response(exchange, challenge, &response, &len) < 0) {
        return -1;
    }
    text_make_room(out, len + 1);
    if (base64_decode(out, response, len) < 0) {
        exchange->fault = reply_make(501, "5.5.2", "not base64");
        return -1;
    }
    return 0;
}

int exchange_open_door(void)
{
    stralloc path = STRALLOC_ZERO;
    int door = door_connect(path_make(&path, PATH_RUN, "auth"),
                            clock_deadline(DOOR_WAIT_SECONDS));

    if (door < 0) {
        log_failure("trouble", "with", path.s, (char *)0);
    }
    text_free(&path);
    return door;
}

void exchange_begin_question(const struct exchange *exchange, const char *kind,
                             struct auth_message *message)
{
    const struct session *session = exchange->session;

    auth_message_clear(message);
    auth_message_add(message, kind);
    auth_message_add(message, session->peer.family ? session->peer_text : "-");
    auth_message_add(message, exchange->mechanism);
}

const char *exchange_ask(int door, struct auth_message *message)
{
    if (auth_message_send(door, message) < 0 ||
        auth_message_receive(door, message, clock_deadline(DOOR_WAIT_SECONDS)) < 0) {
        log_failure("trouble", "with", "run/auth", (char *)0);
        return NULL;
    }
    return auth_message_next(message);
}

static void log_result(const struct exchange *exchange, const char *event,
                       const char *user, size_t len, const char *reason)
{
    struct log_line line;

    session_log_begin(exchange->session, &line, event);
    if (user) {
        log_bytes(&line, "user", user, len);
    }
    log_string(&line, "method", exchange->mechanism);
    if (reason) {
        log_string(&line, "reason", reason);
    }
    log_end(&line);
}

struct reply exchange_accept(struct exchange *exchange, const char *user)
{
    struct session *session = exchange->session;

    if (!user || !*user) {
        return reply_make(454, "4.7.0", "log-in does not work now, try later");
    }
    text_set_string(&session->user, user);
    session->may_relay = 1;
    log_result(exchange, "authenticated", NULL, 0, NULL);
    return reply_make(235, "2.7.0", "welcome");
}

/* Wrong user and wrong password look the same: one text, one pause. */
static struct reply deny(struct session *session)
{
    poll(NULL, 0, (int)(session->limits.auth_fail_delay * 1000));
    return ++session->auth_failures < session->limits.auth_tries
               ? reply_make(535, "5.7.8", "wrong user or password")
               : reply_close(535, "5.7.8", "wrong user or password, too many times");
}

struct reply exchange_conclude(struct exchange *exchange, const char *word,
                               struct auth_message *message, const char *user,
                               size_t user_len)
{
    switch (word ? auth_answer_parse(word) : LOGIN_TEMPORARY) {
    case LOGIN_ACCEPTED:
        return exchange_accept(exchange, auth_message_next(message));
    case LOGIN_DENIED:
        log_result(exchange, "failed", user, user_len, "denied");
        return deny(exchange->session);
    case LOGIN_CUT_OFF:
        log_result(exchange, "failed", user, user_len, "cut off");
        return reply_close(421, "4.7.0",
                           "too many wrong passwords from your address, try later");
    default:
        log_result(exchange, "failed", user, user_len, "trouble");
        return reply_make(454, "4.7.0", "log-in does not work now, try later");
    }
}

#include "authentication.h"

#include "../checkpw/auth_door.h"
#include "door.h"
#include "encode.h"
#include "log.h"
#include "paths.h"
#include "policy.h"
#include "sasl_plain.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* More than checkpw may take for waiting and hashing together. */
#define DOOR_WAIT_SECONDS 60

/* An exchange under way. */
struct exchange {
    struct session *session;
    const char *mechanism;
    const char *initial; /* the initial response; NULL where there is none */
    struct reply fault;  /* why the exchange has ended early */
};

struct mechanism {
    const char *name;
    struct reply (*run)(struct exchange *exchange);
};

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

/* The client's next response: the initial one where that is still due. Still in base64;
 * valid until the next call. 0, or -1 with the fault. */
static int take_response(struct exchange *exchange, const char *challenge,
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

/* The same, decoded; all the room is made at once, as growing would leave copies that
 * nobody wipes. */
static int take_text(struct exchange *exchange, const char *challenge, stralloc *out)
{
    const char *response;
    size_t len;

    if (take_response(exchange, challenge, &response, &len) < 0) {
        return -1;
    }
    text_make_room(out, len + 1);
    if (base64_decode(out, response, len) < 0) {
        exchange->fault = reply_make(501, "5.5.2", "not base64");
        return -1;
    }
    return 0;
}

/* Sends the question and waits for the answer, which is left in MESSAGE. */
static enum login_result ask_door(struct auth_message *message)
{
    clock_ms deadline = clock_deadline(DOOR_WAIT_SECONDS);
    stralloc path = STRALLOC_ZERO;
    enum login_result result = LOGIN_TEMPORARY;
    int door = door_connect(path_make(&path, PATH_RUN, "auth"), deadline);

    if (door >= 0 && auth_message_send(door, message) == 0 &&
        auth_message_receive(door, message, deadline) == 0) {
        errno = 0;
        result = auth_answer_parse(auth_message_next(message));
    }
    if (result == LOGIN_TEMPORARY) {
        log_failure("trouble", "with", path.s, (char *)0);
    }
    if (door >= 0) {
        close(door);
    }
    text_free(&path);
    return result;
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

static struct reply accept_user(struct exchange *exchange, const char *user)
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

static struct reply check_password(struct exchange *exchange, const char *user,
                                   size_t user_len, const char *password,
                                   size_t password_len)
{
    struct session *session = exchange->session;
    struct auth_message message = {0};
    struct reply reply;
    enum login_result result = LOGIN_DENIED;

    auth_message_add(&message, "plain");
    auth_message_add(&message, session->peer.family ? session->peer_text : "-");
    auth_message_add(&message, exchange->mechanism);
    auth_message_add_bytes(&message, user, user_len);
    auth_message_add_bytes(&message, password, password_len);
    if (!message.is_bad) { /* what can be no password is no right one */
        result = ask_door(&message);
    }
    switch (result) {
    case LOGIN_ACCEPTED:
        reply = accept_user(exchange, auth_message_next(&message));
        break;
    case LOGIN_DENIED:
        log_result(exchange, "failed", user, user_len, "denied");
        reply = deny(session);
        break;
    case LOGIN_CUT_OFF:
        log_result(exchange, "failed", user, user_len, "cut off");
        reply = reply_close(421, "4.7.0",
                            "too many wrong passwords from your address, try later");
        break;
    default:
        log_result(exchange, "failed", user, user_len, "trouble");
        reply = reply_make(454, "4.7.0", "log-in does not work now, try later");
        break;
    }
    auth_message_wipe(&message);
    return reply;
}

static struct reply run_plain(struct exchange *exchange)
{
    stralloc decoded = STRALLOC_ZERO;
    struct sasl_plain plain;
    struct reply reply;
    const char *response;
    size_t len;

    if (take_response(exchange, "", &response, &len) < 0) {
        return exchange->fault;
    }
    if (sasl_plain_parse(response, len, &decoded, &plain) < 0) {
        reply = reply_make(501, "5.5.2", "this is no message of PLAIN");
    } else {
        reply = check_password(exchange, plain.user, plain.user_len, plain.password,
                               plain.password_len);
    }
    text_wipe(&decoded);
    return reply;
}

/* Never standardised, but what old clients know; the challenges are "Username:" and
 * "Password:". */
static struct reply run_login(struct exchange *exchange)
{
    stralloc user = STRALLOC_ZERO;
    stralloc password = STRALLOC_ZERO;
    struct reply reply;

    if (take_text(exchange, "VXNlcm5hbWU6", &user) < 0 ||
        take_text(exchange, "UGFzc3dvcmQ6", &password) < 0) {
        reply = exchange->fault;
    } else if (user.len == 0 || password.len == 0) {
        reply = reply_make(501, "5.5.2", "user or password is empty");
    } else {
        reply = check_password(exchange, user.s, user.len, password.s, password.len);
    }
    text_wipe(&user);
    text_wipe(&password);
    return reply;
}

static const struct mechanism mechanisms[] = {
    {"PLAIN", run_plain},
    {"LOGIN", run_login},
};

const char *authentication_offer(const struct session *session)
{
    return session->is_submission && session_may_log_in(session) ? "AUTH PLAIN LOGIN\n"
                                                                 : "";
}

struct reply authentication_policy(struct session *session, stralloc *address)
{
    (void)address;
    if (!session_may_log_in(session)) {
        return reply_make(538, "5.7.11", "passwords are taken inside TLS alone");
    }
    if (session->user.len > 0) {
        return reply_make(503, "5.5.1", "you have logged in already");
    }
    if (!session->is_esmtp) {
        return reply_make(503, "5.5.1", "say EHLO first");
    }
    return reply_none();
}

/* "MECHANISM" or "MECHANISM INITIAL-RESPONSE". */
static struct reply run_mechanism(struct session *session)
{
    const char *argument = session->command.argument;
    size_t name_len = strcspn(argument, " ");
    struct exchange exchange = {.session = session};
    size_t i;

    if (argument[name_len]) {
        exchange.initial = argument + name_len + 1;
    }
    for (i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
        const char *name = mechanisms[i].name;
        if (text_equal_nocase(argument, name_len, name, strlen(name))) {
            exchange.mechanism = name;
            return mechanisms[i].run(&exchange);
        }
    }
    return reply_make(504, "5.5.4", "no such mechanism here");
}

struct reply authentication_auth(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_AUTH, NULL);

    return reply.code ? reply : run_mechanism(session);
}

void authentication_forget(struct session *session)
{
    text_clear(&session->user);
    session->may_relay = 0;
}

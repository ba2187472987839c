#include "authentication.h"

#include "encode.h"
#include "exchange.h"
#include "policy.h"
#include "sasl_plain.h"
#include "scram.h"
#include "text.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct mechanism {
    const char *name;
    struct reply (*run)(struct exchange *exchange);
};

static struct reply check_password(struct exchange *exchange, const char *user,
                                   size_t user_len, const char *password,
                                   size_t password_len)
{
    struct auth_message message = {0};
    const char *word = "no"; /* what can be no password is no right one */
    struct reply reply;

    exchange_begin_question(exchange, "plain", &message);
    auth_message_add_bytes(&message, user, user_len);
    auth_message_add_bytes(&message, password, password_len);
    if (!message.is_bad) {
        int door = exchange_open_door();
        word = door < 0 ? NULL : exchange_ask(door, &message);
        if (door >= 0) {
            close(door);
        }
    }
    reply = exchange_conclude(exchange, word, &message, user, user_len);
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

    if (exchange_take_response(exchange, "", &response, &len) < 0) {
        return exchange->fault;
    }
    switch (sasl_plain_parse(response, len, &decoded, &plain)) {
    case SASL_PLAIN_OK:
        reply = check_password(exchange, plain.user, plain.user_len, plain.password,
                               plain.password_len);
        break;
    case SASL_PLAIN_OTHER:
        reply = exchange_conclude(exchange, "no", NULL, plain.user, plain.user_len);
        break;
    default:
        reply = reply_make(501, "5.5.2", "this is no message of PLAIN");
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

    if (exchange_take_text(exchange, "VXNlcm5hbWU6", &user) < 0 ||
        exchange_take_text(exchange, "UGFzc3dvcmQ6", &password) < 0) {
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

/* Gives the client TEXT and takes its response to it, decoded, into OUT. 0 or -1. */
static int pass_on(struct exchange *exchange, const char *text, stralloc *out)
{
    stralloc challenge = STRALLOC_ZERO;
    int result;

    base64_encode(&challenge, text, strlen(text));
    text_clear(out);
    result = exchange_take_text(exchange, text_string(&challenge), out);
    text_free(&challenge);
    return result;
}

/* Our last message has to be seen by the client, who answers with nothing, before it is
 * let in: a 235 can't carry it (RFC 4954 section 4). */
static struct reply finish_scram(struct exchange *exchange,
                                 struct auth_message *message)
{
    stralloc response = STRALLOC_ZERO;
    const char *user = auth_message_next(message);
    const char *last = auth_message_next(message);
    struct reply reply;

    if (!user || !last) {
        reply = exchange_accept(exchange, NULL);
    } else if (pass_on(exchange, last, &response) < 0) {
        reply = exchange->fault;
    } else if (response.len > 0) {
        reply = reply_make(501, "5.5.2", "this is no end of SCRAM");
    } else {
        reply = exchange_accept(exchange, user);
    }
    text_free(&response);
    return reply;
}

/* Takes the challenge to the client and its response to the door; the door's answer, or
 * NULL with the exchange's fault where the client has ended it. */
static const char *carry_challenge(struct exchange *exchange, int door,
                                   struct auth_message *message, stralloc *text)
{
    const char *challenge = auth_message_next(message);

    if (!challenge || pass_on(exchange, challenge, text) < 0) {
        return NULL;
    }
    auth_message_clear(message);
    auth_message_add(message, "response");
    auth_message_add_bytes(message, text->s, text->len);
    return message->is_bad ? "no" : exchange_ask(door, message);
}

/* What this session can be bound to, as the client's first message names it. */
static const struct binding {
    const char *name;
    size_t place; /* of the data in struct tls_state, as hexadecimal text */
} bindings[] = {
    {"tls-exporter", offsetof(struct tls_state, exporter)},
    {"tls-server-end-point", offsetof(struct tls_state, end_point)},
};

static const char *binding_data(const struct session *session, size_t i)
{
    return (const char *)&session->tls + bindings[i].place;
}

static int may_be_bound(const struct session *session)
{
    return session->tls.is_active &&
           (*binding_data(session, 0) || *binding_data(session, 1));
}

/* With -PLUS the binding that TEXT begins with ("p=NAME,"), and its data; what is not
 * to be had is no right one. Without, whether it could have been one with -PLUS. */
static void add_binding(const struct exchange *exchange, const stralloc *text,
                        struct auth_message *message)
{
    const struct session *session = exchange->session;
    size_t i;

    if (!exchange->is_bound) {
        if (may_be_bound(session)) {
            auth_message_add(message, AUTH_BINDING_POSSIBLE);
            auth_message_add(message, "00");
        }
        return;
    }
    for (i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        size_t len = strlen(bindings[i].name);
        if (text->len > len + 2 && memcmp(text->s, "p=", 2) == 0 &&
            memcmp(text->s + 2, bindings[i].name, len) == 0 &&
            text->s[len + 2] == ',' && *binding_data(session, i)) {
            auth_message_add(message, bindings[i].name);
            auth_message_add(message, binding_data(session, i));
            return;
        }
    }
    message->is_bad = 1;
}

/* From the client's first message to the end, over DOOR. */
static struct reply carry_scram(struct exchange *exchange, int door, stralloc *text)
{
    struct auth_message message;
    const char *word;
    int is_over;

    exchange_begin_question(exchange, "scram", &message);
    auth_message_add_bytes(&message, text->s, text->len);
    add_binding(exchange, text, &message);
    word = message.is_bad ? "no" : exchange_ask(door, &message);
    if (word && strcmp(word, "challenge") == 0) {
        word = carry_challenge(exchange, door, &message, text);
        is_over = exchange->fault.code || exchange->session->is_over;
        if (is_over) {
            return exchange->fault;
        }
        if (word && auth_answer_parse(word) == LOGIN_ACCEPTED) {
            return finish_scram(exchange, &message);
        }
    } else if (word && auth_answer_parse(word) == LOGIN_ACCEPTED) {
        word = NULL; /* nothing was proven */
    }
    return exchange_conclude(exchange, word, &message, "", 0);
}

/* The door speaks SCRAM; its messages are but carried here, so that no process that
 * talks to a client sees a key. */
static struct reply run_scram(struct exchange *exchange)
{
    struct auth_message nothing = {0};
    stralloc text = STRALLOC_ZERO;
    struct reply reply;
    int door = -1;

    if (exchange_take_text(exchange, "", &text) < 0) {
        reply = exchange->fault;
    } else if ((door = exchange_open_door()) < 0) {
        reply = exchange_conclude(exchange, NULL, &nothing, "", 0);
    } else {
        reply = carry_scram(exchange, door, &text);
        close(door);
    }
    text_free(&text);
    return reply;
}

/* The same, bound to the TLS session (RFC 5802 section 6): who sits in the middle of
 * two TLS sessions can carry no exchange from one to the other. */
static struct reply run_scram_plus(struct exchange *exchange)
{
    exchange->is_bound = 1;
    return run_scram(exchange);
}

static const struct mechanism mechanisms[] = {
    {"PLAIN", run_plain},
    {"LOGIN", run_login},
    {SCRAM_MECHANISM, run_scram},
    {SCRAM_MECHANISM "-PLUS", run_scram_plus},
};

static int is_offered(const struct session *session, const struct mechanism *mechanism)
{
    if (mechanism->run == run_scram_plus) {
        return session->limits.has_scram && may_be_bound(session);
    }
    return mechanism->run != run_scram || session->limits.has_scram;
}

const char *authentication_offer(const struct session *session)
{
    if (!session->is_submission || !session_may_log_in(session)) {
        return "";
    }
    if (!session->limits.has_scram) {
        return "AUTH PLAIN LOGIN\n";
    }
    return may_be_bound(session) ? "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\n"
                                 : "AUTH SCRAM-SHA-256 PLAIN LOGIN\n";
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
        if (text_equal_nocase(argument, name_len, name, strlen(name)) &&
            is_offered(session, &mechanisms[i])) {
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

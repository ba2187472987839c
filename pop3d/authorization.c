#include "authorization.h"

#include "../checkpw/credentials.h"
#include "../checkpw/login_door.h"
#include "capability.h"
#include "log.h"
#include "login_chain.h"
#include "sasl_plain.h"
#include "stls.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* More than checkpw may take for waiting and hashing together. */
#define DOOR_WAIT_SECONDS 60

/* A log-in as it came in. */
struct attempt {
    const char *user, *password;
    size_t user_len, password_len;
    const char *method;
    int is_for_other; /* to act as another user */
};

static void wipe_line(struct authorization *session)
{
    struct line_reader *reader = &session->connection->reader;

    explicit_bzero(reader->buffer, reader->size);
}

static void log_attempt(const struct authorization *session,
                        const struct attempt *attempt, const char *reason)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, "failed");
    log_bytes(&line, "user", attempt->user, attempt->user_len);
    log_string(&line, "ip", session->peer);
    log_string(&line, "method", attempt->method);
    log_string(&line, "reason", reason);
    log_end(&line);
}

/* Hands credentials and client over. What can be no credentials can be no right ones
 * either, and is denied without asking, and so is who wants to be another. */
static enum login_result ask(struct authorization *session,
                             const struct attempt *attempt)
{
    static const int client[2] = {0, 1};
    struct credentials credentials;
    enum login_result result;

    if (attempt->is_for_other ||
        credentials_make(&credentials, attempt->user, attempt->user_len,
                         attempt->password, attempt->password_len) < 0) {
        return LOGIN_DENIED;
    }
    wipe_line(session);
    if (session->program) {
        result = login_chain_run(session->program, &credentials, session->peer,
                                 attempt->method);
    } else {
        credentials_add(&credentials, "LOGIN_METHOD", attempt->method);
        credentials_add(&credentials, "TCPREMOTEIP", session->peer);
        errno = 0;
        result = login_door_ask(session->door, &credentials, client,
                                clock_deadline(DOOR_WAIT_SECONDS));
        if (result == LOGIN_TEMPORARY || result == LOGIN_BROKEN) {
            log_failure("trouble", "with", session->door, (char *)0);
        }
    }
    credentials_wipe(&credentials);
    return result;
}

/* Wrong user and wrong password look the same: one text, one delay. */
static enum pop3_event deny(struct authorization *session)
{
    poll(NULL, 0, (int)(session->fail_delay * 1000));
    pop3_error(session->connection, "[AUTH] wrong user or password");
    session->tries_left--;
    return session->tries_left > 0 ? POP3_NEXT : POP3_CLOSE;
}

static enum pop3_event log_in(struct authorization *session,
                              const struct attempt *attempt)
{
    struct attempt kept = *attempt;
    stralloc user = STRALLOC_ZERO;
    enum login_result result;

    if (pop3_flush(session->connection) < 0) {
        return POP3_LOST;
    }
    text_add_bytes(&user, attempt->user, attempt->user_len);
    result = ask(session, attempt);
    kept.user = user.s;
    if (result == LOGIN_DENIED) {
        log_attempt(session, &kept, "denied");
    } else if (result == LOGIN_CUT_OFF) {
        log_attempt(session, &kept, "cut off");
    } else if (result != LOGIN_ACCEPTED) {
        log_attempt(session, &kept, "trouble");
    }
    text_free(&user);
    switch (result) {
    case LOGIN_ACCEPTED:
        session->has_taken = 1;
        return POP3_LOST;
    case LOGIN_DENIED:
        return deny(session);
    case LOGIN_CUT_OFF:
        pop3_error(session->connection, "[SYS/TEMP] too many wrong passwords from your "
                                        "address, try later");
        return POP3_CLOSE;
    case LOGIN_TEMPORARY:
        pop3_error(session->connection,
                   "[SYS/TEMP] log-in does not work now, try later");
        return POP3_CLOSE;
    default:
        return POP3_LOST;
    }
}

/* Whether the password would be read on the way. */
static int is_open(const struct authorization *session)
{
    return !session->tls.is_active && !session->may_be_plain;
}

static enum pop3_event refuse_open(struct authorization *session)
{
    wipe_line(session);
    return pop3_error(session->connection, stls_is_offered(session)
                                               ? "start TLS first, with STLS"
                                               : "no log-in without TLS");
}

static enum pop3_event on_user(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;
    size_t len = command->text_len;

    if (is_open(session)) {
        return refuse_open(session);
    }
    while (len > 0 && command->text[len - 1] == ' ') {
        len--;
    }
    if (len == 0) {
        return pop3_error(session->connection, "USER needs a name");
    }
    text_clear(&session->user);
    text_add_bytes(&session->user, command->text, len);
    return pop3_ok(session->connection, "now the password");
}

static enum pop3_event on_pass(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;
    struct attempt attempt = {.user = session->user.s,
                              .password = command->text,
                              .user_len = session->user.len,
                              .password_len = command->text_len,
                              .method = "USER"};
    enum pop3_event event;

    if (session->user.len == 0) {
        wipe_line(session);
        return pop3_error(session->connection, "USER comes first");
    }
    event = log_in(session, &attempt);
    wipe_line(session);
    text_clear(&session->user);
    return event;
}

/* Decodes the client's message and logs in with it. */
static enum pop3_event take_plain(struct authorization *session, const char *message,
                                  size_t len)
{
    stralloc decoded = STRALLOC_ZERO;
    struct sasl_plain plain;
    enum sasl_plain_result result = sasl_plain_parse(message, len, &decoded, &plain);
    enum pop3_event event;

    if (result == SASL_PLAIN_MALFORMED) {
        event = pop3_error(session->connection, "this is no message of PLAIN");
    } else {
        struct attempt attempt = {.user = plain.user,
                                  .password = plain.password,
                                  .user_len = plain.user_len,
                                  .password_len = plain.password_len,
                                  .method = "PLAIN",
                                  .is_for_other = result == SASL_PLAIN_OTHER};
        event = log_in(session, &attempt);
    }
    if (decoded.s) {
        explicit_bzero(decoded.s, decoded.a);
    }
    text_free(&decoded);
    wipe_line(session);
    return event;
}

/* RFC 5034 section 4: an empty challenge, then the client's message or "*". */
static enum pop3_event ask_for_plain(struct authorization *session)
{
    struct pop3_connection *connection = session->connection;
    enum line_result result;
    char *line;
    size_t len;

    pop3_add(connection, "+ \r\n", 4);
    if (pop3_flush(connection) < 0) {
        return POP3_LOST;
    }
    result = pop3_read(connection, &line, &len);
    switch (result) {
    case LINE_OK:
        break;
    case LINE_END:
    case LINE_TIMEOUT:
    case LINE_ERROR:
        connection->trouble = result;
        return POP3_LOST;
    default:
        return pop3_error(connection, "this is no message of PLAIN");
    }
    if (len == 1 && line[0] == '*') {
        return pop3_error(connection, "log-in cancelled");
    }
    return take_plain(session, line, len);
}

/* A bare AUTH lists the mechanisms: no RFC has it, but clients ask. */
static enum pop3_event on_auth(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;
    size_t name_len = strcspn(command->text, " ");
    const char *initial = command->text + name_len;

    if (is_open(session)) {
        return refuse_open(session);
    }
    if (!command->has_argument) {
        pop3_ok(session->connection, "mechanisms follow");
        pop3_add(session->connection, "PLAIN\r\n.\r\n", 10);
        return POP3_NEXT;
    }
    if (!text_equal_nocase(command->text, name_len, "PLAIN", 5)) {
        return pop3_error(session->connection, "no such mechanism");
    }
    initial += strspn(initial, " ");
    if (*initial) {
        return take_plain(session, initial, strlen(initial));
    }
    return ask_for_plain(session);
}

static enum pop3_event on_capa(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;
    const struct capabilities capabilities = {.login_delay = session->login_delay,
                                              .has_login = !is_open(session),
                                              .has_stls = stls_is_offered(session)};

    (void)command;
    return capability_list(session->connection, &capabilities);
}

static enum pop3_event on_stls(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;

    (void)command;
    if (!session->tls_door) {
        return pop3_error(session->connection, "no such command in this state");
    }
    return stls_start(session);
}

/* RFC 6856: messages are sent as they are in either mode, so there is nothing to
 * switch. */
static enum pop3_event on_utf8(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;

    (void)command;
    return pop3_ok(session->connection, "UTF8");
}

static enum pop3_event on_quit(void *data, const struct pop3_command *command)
{
    struct authorization *session = data;

    (void)command;
    pop3_ok(session->connection, "bye");
    return POP3_CLOSE;
}

static const struct pop3_row rows[] = {
    {"CAPA", SHAPE_NONE, on_capa}, {"USER", SHAPE_TEXT, on_user},
    {"PASS", SHAPE_TEXT, on_pass}, {"AUTH", SHAPE_MAY_TEXT, on_auth},
    {"UTF8", SHAPE_NONE, on_utf8}, {"QUIT", SHAPE_NONE, on_quit},
    {"STLS", SHAPE_NONE, on_stls}, {NULL, SHAPE_NONE, NULL},
};

enum pop3_event authorization_run(struct authorization *session, const char *host)
{
    enum pop3_event event;

    pop3_add_format(session->connection, "+OK %s POP3 ready\r\n", host);
    event = pop3_run(session->connection, rows, session);
    wipe_line(session);
    text_free(&session->user);
    return event;
}

#include "session.h"

#include "log.h"
#include "login.h"
#include "settings.h"
#include "starttls.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPLY_LINE_MAX (SESSION_READER_SIZE - 2)
#define QUIT_SECONDS 5

static const char *describe(enum line_result result)
{
    switch (result) {
    case LINE_TIMEOUT:
        return "did not answer in time";
    case LINE_LONG:
        return "sent a line too long for SMTP";
    case LINE_ERROR:
        return errno == ECONNRESET ? "reset the connection" : "broke the connection";
    default:
        return "closed the connection";
    }
}

int session_write(struct session *session, const char *bytes, size_t len,
                  long long seconds)
{
    enum line_result result =
        line_write(session->fd, bytes, len, clock_deadline(seconds));

    if (result == LINE_OK) {
        return 0;
    }
    session->trouble = describe(result);
    return -1;
}

/* What is done with the text of each line of a reply, behind its code; NUMBER counts
 * them from 0. */
typedef void take_text(void *data, int number, const char *text, size_t len);

static int read_reply(struct session *session, long long seconds, take_text *take,
                      void *data)
{
    clock_ms deadline = clock_deadline(seconds);
    int result = 0;

    reply_begin(&session->reply);
    while (result == 0) {
        char *line;
        size_t len;
        enum line_result read =
            line_read(&session->reader, REPLY_LINE_MAX, 1, deadline, &line, &len);
        if (read == LINE_END || read == LINE_TIMEOUT || read == LINE_ERROR ||
            read == LINE_LONG) {
            reply_begin(&session->reply);
            session->trouble = describe(read);
            return -1;
        }
        if (take && len > 4) {
            take(data, session->reply.lines, line + 4, len - 4);
        }
        result = reply_take_line(&session->reply, line, len);
    }
    if (result < 0) {
        reply_begin(&session->reply);
        session->trouble = "sent what is no SMTP reply";
        return -1;
    }
    return 0;
}

int session_read(struct session *session, long long seconds)
{
    return read_reply(session, seconds, NULL, NULL);
}

static void take_challenge(void *data, int number, const char *text, size_t len)
{
    if (number == 0) {
        text_add_bytes(data, text, len);
    }
}

int session_read_challenge(struct session *session, long long seconds,
                           stralloc *challenge)
{
    int result;

    text_clear(challenge);
    result = read_reply(session, seconds, take_challenge, challenge);
    if (result < 0 || session->reply.code != 334) {
        text_clear(challenge);
    }
    return result;
}

int session_is_ending(const struct session *session)
{
    return session->fd < 0 || session->reply.code == 421;
}

int session_is_stale(struct session *session)
{
    return session->fd >= 0 && line_reader_has_input(&session->reader);
}

static void take_capability(void *data, int number, const char *text, size_t len)
{
    if (number > 0) {
        capability_take_line(data, text, len);
    }
}

static int hello(struct session *session)
{
    long long seconds = setting_number(session->tables, SET_remote_command_timeout);
    stralloc line = STRALLOC_ZERO;
    const char *name = setting_host_name(session->tables);
    int result;

    session->capabilities = (struct capabilities){0};
    text_add_format(&line, "EHLO %s\r\n", name);
    result =
        session_write(session, line.s, line.len, seconds) < 0
            ? -1
            : read_reply(session, seconds, take_capability, &session->capabilities);
    if (result == 0 && session->reply.code / 100 == 5) {
        session->capabilities = (struct capabilities){0};
        text_clear(&line);
        text_add_format(&line, "HELO %s\r\n", name);
        result = session_write(session, line.s, line.len, seconds) < 0
                     ? -1
                     : session_read(session, seconds);
    }
    text_free(&line);
    session->capabilities.has_requiretls &= starttls_is_authenticated(session);
    return result;
}

void session_set_tls_trouble(struct session *session, const char *code,
                             const char *text)
{
    snprintf(session->tls_trouble, sizeof session->tls_trouble, "%s", text);
    session->trouble = session->tls_trouble;
    session->tls_code = code;
    session->is_auth_trouble = 0;
    reply_begin(&session->reply);
}

void session_set_auth_trouble(struct session *session, const char *code,
                              const char *text)
{
    snprintf(session->auth_code, sizeof session->auth_code, "%s", code);
    session_set_tls_trouble(session, session->auth_code, text);
    session->is_auth_trouble = 1;
}

/* What went wrong with a host, for the log and for qsend. */
static void note_failure(const struct session *session, struct session_failure *failure)
{
    char address[NET_ADDRESS_TEXT_SIZE];
    const char *name = session->host->name;
    const char *event = !session->tls_code         ? "unreachable"
                        : session->is_auth_trouble ? "auth-refused"
                                                   : "tls-refused";
    const char *topic = !session->tls_code         ? ""
                        : session->is_auth_trouble ? " AUTH:"
                                                   : " TLS:";
    struct session_failure one = {.weight = !session->tls_code ? FAILURE_PLAIN
                                            : session->tls_code == starttls_unfit
                                                ? FAILURE_FINAL
                                                : FAILURE_TLS};

    net_address_literal(&session->host->address, address);
    if (session->reply.code) {
        snprintf(one.text, sizeof one.text, "%s %s said: %s", name, address,
                 session->reply.text.s);
    } else {
        snprintf(one.text, sizeof one.text, "%s %s%s %s", name, address, topic,
                 session->trouble);
    }
    snprintf(one.code, sizeof one.code, "%s",
             session->tls_code ? session->tls_code : "");
    log_event(session->tls_code ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, event, "host",
              name, "address", address, "text", one.text, (char *)0);
    if (one.weight >= failure->weight) {
        *failure = one;
    }
}

/* 1: greeted and answered. */
static int greet(struct session *session)
{
    return session_read(session, setting_number(session->tables,
                                                SET_remote_greeting_timeout)) == 0 &&
           session->reply.code == 220 && hello(session) == 0 &&
           session->reply.code == 250;
}

/* RFC 8689 section 4.2.1, step 5. */
static enum starttls_end check_requiretls(struct session *session)
{
    if (session->capabilities.has_requiretls) {
        return STARTTLS_DONE;
    }
    session_set_tls_trouble(
        session, starttls_unfit,
        starttls_is_authenticated(session)
            ? "offers no REQUIRETLS, which the message demands"
            : "can't be authenticated, which the message demands (REQUIRETLS)");
    return STARTTLS_REFUSED;
}

/* Within TLS all is said anew. A server that breaks off now has not got on with TLS. */
static enum starttls_end greet_within(struct session *session,
                                      const struct starttls_plan *plan)
{
    if (hello(session) == 0 && session->reply.code == 250) {
        return plan->is_for_requiretls ? check_requiretls(session) : STARTTLS_DONE;
    }
    if (!session->reply.code) {
        outcome_set(&session->outcome, TLS_RESULT_FAILED, session->trouble);
    }
    return plan->need == STARTTLS_MAY && !session->reply.code ? STARTTLS_ANEW
                                                              : STARTTLS_REFUSED;
}

static int connect_to(struct session *session, const struct host *host)
{
    session->host = host;
    session->mails = 0;
    session->trouble = "said nothing";
    session->tls_code = NULL;
    session->is_auth_trouble = 0;
    session->tls = (struct tls_state){0};
    outcome_begin(&session->outcome, -1);
    session->needs_reset = 0;
    reply_begin(&session->reply);
    session->fd =
        host_connect(host, setting_number(session->tables, SET_remote_connect_timeout));
    if (session->fd < 0) {
        session->trouble = errno == ECONNREFUSED ? "refuses the connection"
                           : errno == ETIMEDOUT  ? "does not answer"
                                                 : "can't be reached";
        return -1;
    }
    line_reader_open(&session->reader, session->fd, SESSION_READER_SIZE);
    outcome_begin(&session->outcome, session->fd);
    return 0;
}

/* Whether the server is still in a state to hear that we leave. */
static int is_listening(const struct session *session)
{
    return session->reply.code ? session->reply.code != 421
                               : session->tls_code == starttls_not_offered ||
                                     session->tls_code == starttls_unfit;
}

/* From the connection until mail can be sent, but for the log-in. */
static enum starttls_end begin(struct session *session,
                               const struct starttls_plan *plan)
{
    enum starttls_end end;

    if (plan->is_at_once) {
        end = starttls_run_at_once(session, plan);
        if (end != STARTTLS_DONE || !greet(session)) {
            return STARTTLS_REFUSED;
        }
        return plan->is_for_requiretls ? check_requiretls(session) : STARTTLS_DONE;
    }
    end = greet(session) ? starttls_run(session, plan) : STARTTLS_REFUSED;
    return end == STARTTLS_DONE ? greet_within(session, plan) : end;
}

/* One connection. STARTTLS_DONE and STARTTLS_PLAIN: a session is open; REFUSED: FAILURE
 * is noted. */
static enum starttls_end open_connection(struct session *session,
                                         const struct host *host,
                                         const struct starttls_plan *plan,
                                         struct session_failure *failure)
{
    enum starttls_end end;

    if (connect_to(session, host) < 0) {
        note_failure(session, failure);
        return STARTTLS_REFUSED;
    }
    end = begin(session, plan);
    if ((end == STARTTLS_DONE || end == STARTTLS_PLAIN) && session->secret &&
        login_run(session, plan) < 0) {
        end = STARTTLS_REFUSED;
    }
    outcome_tell(&session->outcome, session->tables, host);
    if (end == STARTTLS_REFUSED) {
        note_failure(session, failure);
        session_close(session, is_listening(session));
    } else if (end == STARTTLS_ANEW) {
        session_close(session, 0);
    }
    return end;
}

/* Where PLAN says without a connection that HOST is not to be used: notes it. */
static int is_out(struct session *session, const struct host *host,
                  const struct starttls_plan *plan, struct session_failure *failure)
{
    session->host = host;
    if (plan->need == STARTTLS_FORBIDDEN) {
        session_set_tls_trouble(session, starttls_failed, plan->why);
        outcome_begin(&session->outcome, -1);
        outcome_set(&session->outcome, plan->result, plan->why);
        outcome_tell(&session->outcome, session->tables, host);
    } else if (plan->need == STARTTLS_UNFIT) {
        session_set_tls_trouble(
            session, starttls_unfit,
            plan->is_for_requiretls
                ? "nothing tells that a server there is the right one, which the "
                  "message "
                  "demands (REQUIRETLS)"
                : "gets plain text alone, and the message demands TLS");
    } else {
        return 0;
    }
    note_failure(session, failure);
    return 1;
}

static int open_one(struct session *session, const struct hosts *hosts,
                    const struct host *host, struct session_failure *failure)
{
    struct starttls_plan plan;
    enum starttls_end end;

    starttls_make_plan(&hosts->policy, host, &plan);
    if (is_out(session, host, &plan, failure)) {
        return -1;
    }
    end = open_connection(session, host, &plan, failure);
    if (end == STARTTLS_ANEW) {
        plan.need = STARTTLS_NEVER;
        end = open_connection(session, host, &plan, failure);
    }
    return end == STARTTLS_REFUSED ? -1 : 0;
}

int session_open(struct session *session, const struct hosts *hosts,
                 struct session_failure *failure)
{
    clock_ms deadline = clock_deadline(SESSION_OPEN_SECONDS);
    size_t i;

    *failure = (struct session_failure){.text = ""};
    session->is_barred = 0;
    for (i = 0; i < hosts->count && i < SESSION_HOSTS_MAX; i++) {
        if (i > 0 && (session->is_barred || clock_poll_timeout(deadline) == 0)) {
            break;
        }
        if (open_one(session, hosts, &hosts->list[i], failure) == 0) {
            return 0;
        }
    }
    if (failure->weight == FAILURE_FINAL && i < hosts->count) {
        failure->weight = FAILURE_TLS; /* of those not looked at nothing is known */
        failure->code[0] = '4';
    }
    return -1;
}

void session_close(struct session *session, int is_polite)
{
    if (session->fd < 0) {
        return;
    }
    if (is_polite && session_write(session, "QUIT\r\n", 6, QUIT_SECONDS) == 0) {
        (void)session_read(session, QUIT_SECONDS); /* nothing hangs on the answer */
    }
    line_reader_close(&session->reader);
    close(session->fd);
    session->fd = -1;
}

#include "dialogue.h"

#include "authentication.h"
#include "envelope_commands.h"
#include "exchange.h"
#include "hello.h"
#include "inquiry.h"
#include "log.h"
#include "message.h"
#include "policy.h"
#include "starttls.h"
#include "text.h"

/* RFC 5321 section 4.5.3.1.4 and what the extensions add: ORCPT alone has 500. */
#define COMMAND_LINE_MAX 2000
#define IN(stage) (1u << (stage))
#define IN_ANY (IN(STAGE_COUNT) - 1)

/* What may come in which stage; who answers. Where more input waits behind a command
 * that needs its answer read first (RFC 2920 section 3.1), the client is refused. */
static const struct rule {
    enum verb verb;
    unsigned stages;
    int is_synchronising;
    int is_fatal; /* ... and cut off: what follows might be another's bytes */
    struct reply (*answer)(struct session *session);
} rules[] = {
    {VERB_HELO, IN_ANY, 1, 1, hello_helo},
    {VERB_EHLO, IN_ANY, 1, 1, hello_ehlo},
    {VERB_STARTTLS, IN_ANY, 1, 1, starttls_answer},
    {VERB_MAIL, IN(STAGE_HELLO), 0, 0, envelope_mail},
    {VERB_RCPT, IN(STAGE_MAIL) | IN(STAGE_RCPT), 0, 0, envelope_rcpt},
    {VERB_DATA, IN(STAGE_RCPT), 1, 1, message_data},
    {VERB_BDAT, IN(STAGE_RCPT) | IN(STAGE_CHUNKS), 0, 0, message_bdat},
    {VERB_RSET, IN_ANY, 0, 0, envelope_rset},
    {VERB_NOOP, IN_ANY, 1, 0, inquiry_noop},
    {VERB_QUIT, IN_ANY, 0, 0, hello_quit},
    {VERB_VRFY, IN_ANY, 1, 0, inquiry_vrfy},
    {VERB_EXPN, IN_ANY, 1, 0, inquiry_expn},
    {VERB_HELP, IN_ANY, 0, 0, inquiry_help},
    {VERB_AUTH, IN(STAGE_HELLO), 1, 1, authentication_auth},
};

static void log_refusal(struct session *session, const struct reply *reply)
{
    const struct command *command = &session->command;
    struct log_line line;

    session_log_begin(session, &line, "refused");
    log_string(&line, "command", command_name(command->verb));
    if (command->verb == VERB_RCPT) {
        log_string(&line, "from", text_string(&session->envelope.sender));
    }
    if ((command->verb == VERB_MAIL || command->verb == VERB_RCPT) &&
        command->fault == COMMAND_RIGHT) {
        log_bytes(&line, "address", command->path.s, command->path.len);
    }
    log_number(&line, "code", reply->code);
    if (reply->enhanced) {
        log_string(&line, "status", reply->enhanced);
    }
    log_string(&line, "text", reply->text);
    log_end(&line);
}

/* Who sends more recipients in one piece than are taken is to send the rest later, not
 * to lose all (RFC 5321 section 4.5.3.1.10). */
static int is_surplus(const struct reply *reply)
{
    return reply->code == 452 && reply->enhanced &&
           strcmp(reply->enhanced, "4.5.3") == 0;
}

/* The one place where replies are written, logged and counted. */
static void give_reply(struct session *session, struct reply reply)
{
    if (reply.code == 0) {
        return;
    }
    if (reply.code >= 400) {
        log_refusal(session, &reply);
        session->error_count += !session->may_relay && !is_surplus(&reply);
        if (session->error_count > session->limits.errors && !reply.is_last) {
            reply = reply_close(421, "4.7.0", "too many errors");
        }
    }
    reply_add(&session->writer, &reply,
              session->transaction.is_smtputf8 || session->command.is_utf8_asked,
              session_deadline(session, session->limits.command_timeout));
    session->is_over |= reply.is_last;
}

static struct reply fault_reply(const struct command *command)
{
    const char *path_code = command->verb == VERB_MAIL ? "5.1.7" : "5.1.3";

    switch (command->fault) {
    case COMMAND_NOT_SMTP:
        return reply_make(500, "5.5.2", "not a command of SMTP");
    case COMMAND_NO_ARGUMENT:
        return reply_make(501, "5.5.4", "an argument lacks");
    case COMMAND_HAS_ARGUMENT:
        return reply_make(501, "5.5.4", "no argument is allowed here");
    case COMMAND_PATH:
        return reply_make(501, path_code, "not an address");
    case COMMAND_PATH_LONG:
        return reply_make(501, path_code, "the address is too long");
    case COMMAND_NEEDS_UTF8:
        return reply_make(553, "5.6.7", "UTF-8 in the address needs SMTPUTF8");
    case COMMAND_PARAMETER:
        return reply_make(501, "5.5.4",
                          "a parameter has a wrong value, or comes twice");
    case COMMAND_PARAMETER_UNKNOWN:
        return reply_make(555, "5.5.4", "a parameter is unknown here");
    case COMMAND_CHUNK:
        /* Where the chunk ends nobody knows: its bytes may not be read as commands. */
        return reply_close(501, "5.5.4", "the chunk's size can't be understood");
    default:
        return reply_make(501, "5.5.2", "syntax error");
    }
}

static struct reply sequence_reply(const struct session *session)
{
    if (session->stage == STAGE_START) {
        return reply_make(503, "5.5.1", "say HELO or EHLO first");
    }
    switch (session->command.verb) {
    case VERB_MAIL:
    case VERB_AUTH:
        return reply_make(503, "5.5.1", "a transaction is under way");
    case VERB_RCPT:
        return reply_make(503, "5.5.1",
                          session->stage == STAGE_CHUNKS ? "the message has begun"
                                                         : "say MAIL first");
    default:
        if (session->stage == STAGE_MAIL &&
            session->transaction.has_refused_recipients) {
            return reply_make(554, "5.5.1", "no valid recipients");
        }
        return reply_make(503, "5.5.1",
                          session->stage == STAGE_CHUNKS
                              ? "BDAT and DATA can't be mixed"
                          : session->stage == STAGE_MAIL ? "say RCPT first"
                                                         : "say MAIL first");
    }
}

static const struct rule *find_rule(enum verb verb)
{
    size_t i;

    for (i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].verb == verb) {
            return &rules[i];
        }
    }
    return NULL;
}

/* The general checks, then the handler. */
static struct reply answer_command(struct session *session)
{
    const struct command *command = &session->command;
    const struct rule *rule = find_rule(command->verb);

    if (!rule || command->fault == COMMAND_NOT_SMTP) {
        return command->verb == VERB_UNIMPLEMENTED
                   ? reply_make(502, "5.5.1", "not implemented here")
                   : reply_make(500, "5.5.2", "unknown command");
    }
    if (session->is_refused && command->verb != VERB_QUIT) {
        return reply_make(503, "5.7.1", "say QUIT");
    }
    if (command->fault == COMMAND_CHUNK) {
        return fault_reply(command);
    }
    if (!(rule->stages & IN(session->stage))) {
        struct reply reply = sequence_reply(session);
        return command->verb == VERB_BDAT ? message_skip_chunk(session, reply) : reply;
    }
    if (command->fault != COMMAND_RIGHT) {
        return fault_reply(command);
    }
    if (rule->is_synchronising && session->peer.family != 0 &&
        session_has_input(session)) {
        return rule->is_fatal
                   ? reply_close(554, "5.5.1", "you did not wait for the answer")
                   : reply_make(503, "5.5.1", "wait for the answer to this command");
    }
    return rule->answer(session);
}

/* Recipients have a limit of their own, and chunks that of the message: who keeps to
 * LIMITS is never cut off. */
static int is_counted_elsewhere(const struct session *session,
                                const struct reply *reply)
{
    enum verb verb = session->command.verb;

    return reply->code < 300 && (verb == VERB_RCPT || verb == VERB_BDAT);
}

/* A command as it was parsed. */
static struct reply answer_parsed(struct session *session, size_t len)
{
    struct command *command = &session->command;
    struct reply reply;

    if (len > COMMAND_LINE_MAX && command->verb != VERB_AUTH) {
        command->verb = VERB_UNKNOWN;
        command->fault = COMMAND_NOT_SMTP;
        return reply_make(500, "5.5.2", "the line is too long");
    }
    if (command->verb == VERB_AUTH && !session->is_submission) {
        command->verb = VERB_UNIMPLEMENTED;
    }
    reply = answer_command(session);
    session->command_count -= is_counted_elsewhere(session, &reply);
    if (command->verb == VERB_AUTH) {
        command->argument = "";
        command->argument_len = 0;
        line_reader_wipe(&session->reader);
    }
    return reply;
}

/* One line of the client's. */
static struct reply answer_line(struct session *session, enum line_result result,
                                char *line, size_t len)
{
    if (++session->command_count > session->limits.commands) {
        return reply_close(421, "4.7.0", "too many commands");
    }
    if (result == LINE_LONG) {
        return reply_make(500, session->is_submission ? "5.5.6" : "5.5.2",
                          "the line is too long");
    }
    if (result != LINE_OK) {
        return reply_make(500, "5.5.2", "lines end in CRLF, and hold no CR, LF or NUL");
    }
    command_parse(line, len, &session->command);
    return answer_parsed(session, len);
}

/* Waits for a line of the client's. */
static struct reply take_line(struct session *session)
{
    clock_ms deadline = session_deadline(session, session->limits.command_timeout);
    char *line;
    size_t len;
    size_t limit = session->is_submission ? AUTH_LINE_MAX : COMMAND_LINE_MAX;
    enum line_result result =
        line_read(&session->reader, limit, 0, deadline, &line, &len);

    session->command.verb = VERB_UNKNOWN;
    session->command.fault = COMMAND_NOT_SMTP;
    if (result == LINE_END || result == LINE_TIMEOUT || result == LINE_ERROR) {
        return session_lost(session, result, "commands");
    }
    return answer_line(session, result, line, len);
}

enum exitcode dialogue_run(struct session *session)
{
    give_reply(session, hello_greet(session));
    session_flush(session);
    while (!session->is_over && session->writer.state == LINE_OK) {
        if (!session_has_input(session) && session_flush(session) < 0) {
            break;
        }
        give_reply(session, take_line(session));
        if (session->tls_door >= 0) {
            starttls_switch(session);
        }
    }
    if (session->writer.state != LINE_OK && !session->is_over) {
        session_lost(session, LINE_ERROR, "replies");
    }
    session_flush(session);
    return session->exitcode;
}

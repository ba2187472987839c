#include "inquiry.h"

#include "address.h"
#include "policy.h"
#include "recipient.h"
#include "starttls.h"
#include "text.h"

#include <string.h>

/* What VRFY or EXPN asks for: "ann", "ann@example.org" or "<ann@example.org>", and
 * perhaps SMTPUTF8 behind it (RFC 6531 section 3.7.4.2). OUT is canonical. */
static struct reply read_subject(struct session *session, stralloc *out)
{
    static const char keyword[] = "SMTPUTF8";
    const char *argument = session->command.argument;
    size_t len = session->command.argument_len;
    size_t keyword_len = sizeof keyword - 1;
    unsigned flags = ADDRESS_MAY_LACK_DOMAIN | ADDRESS_MAY_BE_POSTMASTER;
    enum address_result result;
    size_t used = 0;

    session->command.is_utf8_asked =
        len > keyword_len && argument[len - keyword_len - 1] == ' ' &&
        text_equal_nocase(argument + len - keyword_len, keyword_len, keyword,
                          keyword_len);
    if (session->command.is_utf8_asked) {
        flags |= ADDRESS_MAY_BE_UTF8;
        for (len -= keyword_len; len > 0 && argument[len - 1] == ' ';) {
            len--;
        }
    }
    if (argument[0] == '<') {
        result = address_parse_path(argument, len, flags, out, &used);
        result = result == ADDRESS_OK && used < len ? ADDRESS_SYNTAX : result;
    } else {
        result = address_parse(argument, len, flags, out);
    }
    if (result == ADDRESS_NEEDS_UTF8) {
        return reply_make(553, "5.6.7", "SMTPUTF8 is needed behind the address");
    }
    if (result != ADDRESS_OK) {
        return reply_make(501, "5.1.3", "that is no address");
    }
    if (!address_domain(text_string(out))) {
        text_add_byte(out, '@');
        text_add_string(out, setting_default_domain(&session->tables));
    }
    text_string(out);
    return reply_none();
}

/* The reply for an address that is no mailbox and no alias here. */
static struct reply answer_elsewhere(const struct session *session,
                                     enum recipient_kind kind)
{
    switch (kind) {
    case RECIPIENT_REMOTE:
        return session->may_relay
                   ? reply_make(252, "2.1.5", "not here; mail for it is taken")
                   : reply_make(551, "5.7.1", "not here; mail for it is not taken");
    case RECIPIENT_UNKNOWN:
        return reply_make(550, "5.1.1", "no such user here");
    default:
        return reply_make(451, "4.3.0", "tables can't be read at the moment");
    }
}

/* A line for each target of the alias. */
static struct reply list_targets(struct session *session, const char *targets)
{
    const char *target;
    size_t len;

    text_clear(&session->text);
    while ((target = recipient_next_target(&targets, &len)) != NULL) {
        text_add_string(&session->text, session->text.len ? "\n<" : "<");
        text_add_bytes(&session->text, target, len);
        text_add_byte(&session->text, '>');
    }
    if (address_is_utf8(text_string(&session->text)) &&
        !session->command.is_utf8_asked) {
        return reply_make(553, "5.6.7", "SMTPUTF8 is needed behind the address");
    }
    return reply_make(250, "2.1.5", session->text.s);
}

/* What the tables say of the address asked for. */
static struct reply look_up(struct session *session, int is_expanding)
{
    stralloc address = STRALLOC_ZERO;
    struct recipient_route route;
    struct reply reply = read_subject(session, &address);

    if (reply.code == 0) {
        enum recipient_kind kind =
            recipient_resolve(&session->tables, address.s, 0, &route);
        if (kind == RECIPIENT_ALIAS && is_expanding) {
            reply = list_targets(session, route.targets);
        } else if (kind == RECIPIENT_MAILBOX || kind == RECIPIENT_ALIAS) {
            reply =
                reply_make(250, "2.1.5", session_format(session, "<%s>", address.s));
        } else {
            reply = answer_elsewhere(session, kind);
        }
    }
    text_free(&address);
    return reply;
}

static struct reply inquire(struct session *session, enum event event, int is_open)
{
    struct reply reply = policy_ask(session, event, NULL);

    if (reply.code) {
        return reply;
    }
    if (!is_open) {
        return reply_make(252, "2.0.0", "not told here; try RCPT");
    }
    return look_up(session, event == EVENT_EXPN);
}

struct reply inquiry_vrfy(struct session *session)
{
    return inquire(session, EVENT_VRFY, session->limits.is_vrfy_open);
}

struct reply inquiry_expn(struct session *session)
{
    return inquire(session, EVENT_EXPN, session->limits.is_expn_open);
}

struct reply inquiry_help(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_HELP, NULL);

    if (reply.code) {
        return reply;
    }
    return reply_make(
        214, "2.0.0",
        session_format(
            session,
            "HELO EHLO %s%sMAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP\n"
            "RFC %s says what they mean",
            starttls_is_offered(session) ? "STARTTLS " : "",
            session->is_submission ? "AUTH " : "",
            session->is_submission ? "6409" : "5321"));
}

struct reply inquiry_noop(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_NOOP, NULL);

    return reply.code ? reply : reply_make(250, "2.0.0", "ok");
}

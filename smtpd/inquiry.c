#include "inquiry.h"

#include "address.h"
#include "policy.h"
#include "recipient.h"
#include "text.h"

#include <string.h>

/* What VRFY or EXPN asks for: "ann", "ann@example.org" or "<ann@example.org>", and
 * perhaps SMTPUTF8 behind it (RFC 6531 section 3.7.4.2). OUT is canonical. */
static struct reply read_subject(const struct session *session, stralloc *out,
                                 int *is_utf8_allowed)
{
    static const char keyword[] = "SMTPUTF8";
    const char *argument = session->command.argument;
    size_t len = session->command.argument_len;
    size_t keyword_len = sizeof keyword - 1;
    unsigned flags = ADDRESS_MAY_LACK_DOMAIN | ADDRESS_MAY_BE_POSTMASTER;
    enum address_result result;
    size_t used = 0;

    *is_utf8_allowed =
        len > keyword_len && argument[len - keyword_len - 1] == ' ' &&
        text_equal_nocase(argument + len - keyword_len, keyword_len, keyword, keyword_len);
    if (*is_utf8_allowed) {
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

static struct reply verify(struct session *session)
{
    stralloc address = STRALLOC_ZERO;
    struct recipient_route route;
    int is_utf8_allowed;
    struct reply reply = read_subject(session, &address, &is_utf8_allowed);

    if (reply.code == 0) {
        enum recipient_kind kind =
            recipient_resolve(&session->tables, address.s, 0, &route);
        if (kind == RECIPIENT_MAILBOX || kind == RECIPIENT_ALIAS) {
            reply = reply_make(250, "2.1.5", session_format(session, "<%s>", address.s));
        } else {
            reply = answer_elsewhere(session, kind);
        }
    }
    text_free(&address);
    return reply;
}

/* A line for each target of the alias. */
static struct reply list_targets(struct session *session, const char *targets,
                                 int is_utf8_allowed)
{
    const char *target;
    size_t len;

    text_clear(&session->text);
    while ((target = recipient_next_target(&targets, &len)) != NULL) {
        text_add_string(&session->text, session->text.len ? "\n<" : "<");
        text_add_bytes(&session->text, target, len);
        text_add_byte(&session->text, '>');
    }
    if (address_is_utf8(text_string(&session->text)) && !is_utf8_allowed) {
        return reply_make(553, "5.6.7", "SMTPUTF8 is needed behind the address");
    }
    return reply_make(250, "2.1.5", session->text.s);
}

static struct reply expand(struct session *session)
{
    stralloc address = STRALLOC_ZERO;
    struct recipient_route route;
    int is_utf8_allowed;
    struct reply reply = read_subject(session, &address, &is_utf8_allowed);

    if (reply.code == 0) {
        enum recipient_kind kind =
            recipient_resolve(&session->tables, address.s, 0, &route);
        if (kind == RECIPIENT_ALIAS) {
            reply = list_targets(session, route.targets, is_utf8_allowed);
        } else if (kind == RECIPIENT_MAILBOX) {
            reply = reply_make(250, "2.1.5", session_format(session, "<%s>", address.s));
        } else {
            reply = answer_elsewhere(session, kind);
        }
    }
    text_free(&address);
    return reply;
}

struct reply inquiry_vrfy(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_VRFY, NULL);

    if (reply.code) {
        return reply;
    }
    if (!session->limits.is_vrfy_open) {
        return reply_make(252, "2.0.0", "not told here; try RCPT");
    }
    return verify(session);
}

struct reply inquiry_expn(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_EXPN, NULL);

    if (reply.code) {
        return reply;
    }
    if (!session->limits.is_expn_open) {
        return reply_make(252, "2.0.0", "not told here; try RCPT");
    }
    return expand(session);
}

struct reply inquiry_help(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_HELP, NULL);

    return reply.code ? reply
                      : reply_make(214, "2.0.0",
                                   "HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT "
                                   "VRFY EXPN HELP\nRFC 5321 says what they mean");
}

struct reply inquiry_noop(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_NOOP, NULL);

    return reply.code ? reply : reply_make(250, "2.0.0", "ok");
}

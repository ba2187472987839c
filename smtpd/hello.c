#include "hello.h"

#include "authentication.h"
#include "policy.h"
#include "starttls.h"
#include "text.h"

#include <string.h>

#define HELO_MAX 255
#define COMMANDS_KEPT_BACK 8

struct reply hello_greet(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_CONNECT, NULL);

    if (reply.code == 554) {
        session->is_refused = 1;
    }
    /* A local program with a pipe (sendmail -bs) can smuggle nothing past itself. */
    if (reply.code == 0 && session->peer.family != 0 && session_has_input(session)) {
        reply = reply_close(554, "5.5.1", "you spoke before the greeting");
    }
    if (reply.code == 0) {
        reply = reply_make(
            220, NULL, session_format(session, "%s ESMTP pombo", session->host_name));
    }
    return reply;
}

/* Keeps the client's name in a form that harms no header, queue file or log: bytes
 * that no domain or literal has become '?'. */
static void keep_name(struct session *session)
{
    const char *name = session->command.argument;
    size_t len = strcspn(name, " \t");
    size_t i;

    text_clear(&session->helo);
    for (i = 0; i < len && i < HELO_MAX; i++) {
        char c = name[i];
        int is_safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                      (c >= 'a' && c <= 'z') || (c && strchr("-._:[]", c));
        text_add_byte(&session->helo, is_safe ? c : '?');
    }
    text_string(&session->helo);
}

static void begin(struct session *session, int is_esmtp)
{
    session_reset_transaction(session);
    keep_name(session);
    session->is_esmtp = is_esmtp;
    session->stage = STAGE_HELLO;
}

struct reply hello_helo(struct session *session)
{
    begin(session, 0);
    return reply_make(250, NULL, session->host_name);
}

/* MAIL, DATA and RSET are all that a transaction costs; accepted RCPT and BDAT are not
 * counted. What else a session needs is kept back: EHLO, STARTTLS, EHLO again, AUTH,
 * QUIT, and a few more. */
static unsigned long long transactions_limit(const struct session *session)
{
    unsigned long long commands = session->limits.commands;

    return commands < COMMANDS_KEPT_BACK + 3 ? 1 : (commands - COMMANDS_KEPT_BACK) / 3;
}

struct reply hello_ehlo(struct session *session)
{
    const struct limits *limits = &session->limits;

    begin(session, 1);
    return reply_make(250, NULL,
                      session_format(session,
                                     "%s\nPIPELINING\nSIZE %llu\n8BITMIME\nSMTPUTF8\n"
                                     "ENHANCEDSTATUSCODES\nCHUNKING\nDSN\n"
                                     "LIMITS MAILMAX=%llu RCPTMAX=%llu\n%s%s%s%s%sHELP",
                                     session->host_name, limits->size,
                                     transactions_limit(session), limits->recipients,
                                     starttls_is_offered(session) ? "STARTTLS\n" : "",
                                     session->tls.is_active ? "REQUIRETLS\n" : "",
                                     authentication_offer(session),
                                     limits->is_vrfy_open ? "VRFY\n" : "",
                                     limits->is_expn_open ? "EXPN\n" : ""));
}

struct reply hello_quit(struct session *session)
{
    return reply_close(221, "2.0.0",
                       session_format(session, "%s closes", session->host_name));
}

#include "login.h"

#include "auth_exchange.h"
#include "log.h"
#include "scram.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* Enhanced status codes (RFC 3463, RFC 4954). */
static const char not_supported[] = "4.7.4", too_open[] = "4.7.11";

struct login {
    struct auth_exchange exchange;
    const struct starttls_plan *plan;
};

/* Records none of which is of use leave TLS a must, and nobody verified: that is not
 * what the policy meant. */
static int may_tell_password(const struct login *login)
{
    const struct session *session = login->exchange.session;

    return (session->tls.is_active && login->plan->is_demanded &&
            strcmp(session->tls.verified, "unusable") != 0) ||
           net_address_is_loopback(&session->host->address);
}

/* Both sides mean the same bytes by user and password, without RFC 4013. */
static int may_speak_scram(const struct login *login)
{
    return scram_password_is_plain(login->exchange.user->s,
                                   login->exchange.user->len) &&
           scram_password_is_plain(login->exchange.password->s,
                                   login->exchange.password->len);
}

static int may_use(const struct login *login, enum auth_mechanism mechanism)
{
    const struct session *session = login->exchange.session;

    if (!(session->capabilities.auth & (1u << mechanism))) {
        return 0;
    }
    switch (mechanism) {
    case AUTH_SCRAM_PLUS:
        return may_speak_scram(login) && auth_exchange_has_binding(&session->tls);
    case AUTH_SCRAM:
        return may_speak_scram(login);
    default:
        return may_tell_password(login);
    }
}

/* Sets the strongest of those from FIRST on. 0, or -1: there is none. */
static int choose(struct login *login, unsigned first)
{
    unsigned i;

    for (i = first; i < AUTH_MECHANISMS; i++) {
        if (may_use(login, (enum auth_mechanism)i)) {
            login->exchange.mechanism = (enum auth_mechanism)i;
            return 0;
        }
    }
    return -1;
}

static int lack(struct login *login)
{
    const struct capabilities *capabilities = &login->exchange.session->capabilities;

    if (!capabilities->has_auth) {
        return auth_exchange_fail(&login->exchange, not_supported,
                                  "offers no AUTH, and there is a password for it");
    }
    if (capabilities->auth & (1u << AUTH_PLAIN | 1u << AUTH_LOGIN)) {
        return auth_exchange_fail(
            &login->exchange, too_open,
            "wants the password itself, which is told within TLS alone that the "
            "policy demands");
    }
    return auth_exchange_fail(&login->exchange, not_supported,
                              "offers no way to log in that is known here");
}

/* The server's words, and its own code in the class 4 (RFC 4954 section 6). Words that
 * repeat the password are left out, as they would go into the log and into warnings. */
static int note_refusal(struct login *login)
{
    struct auth_exchange *exchange = &login->exchange;
    const struct reply *reply = &exchange->session->reply;
    const char *name = auth_mechanism_names[exchange->mechanism];
    char text[sizeof exchange->why];
    char code[sizeof reply->enhanced];

    if (auth_exchange_is_told(exchange, reply->text.s)) {
        snprintf(text, sizeof text, "%s: %d, in words that repeat the password", name,
                 reply->code);
    } else {
        snprintf(text, sizeof text, "%s: %s", name, reply->text.s);
    }
    snprintf(code, sizeof code, "%s",
             reply->has_enhanced  ? reply->enhanced
             : reply->code == 535 ? "4.7.8"
                                  : "4.7.0");
    code[0] = '4';
    exchange->session->is_barred |= reply->code / 10 == 53;
    return auth_exchange_fail(exchange, code, text);
}

/* Where a weaker way is worth a try after a refusal: the server does not know the way,
 * wants the password itself once (RFC 4954 section 4), or may have no keys of SCRAM for
 * this user. The last only where it is known to be who it says: who can't bear the
 * proof would like to hear the password. Where to begin; AUTH_MECHANISMS: there is
 * none. */
static unsigned find_next(const struct login *login)
{
    const struct session *session = login->exchange.session;
    const char *verified = session->tls.verified;
    int is_known = (session->tls.is_active && strcmp(verified, "none") != 0 &&
                    strcmp(verified, "unusable") != 0) ||
                   net_address_is_loopback(&session->host->address);

    if (session->reply.code == 504 || session->reply.code == 432) {
        return login->exchange.mechanism + 1U;
    }
    return session->reply.code == 535 && login->exchange.mechanism < AUTH_PLAIN &&
                   is_known
               ? AUTH_PLAIN
               : AUTH_MECHANISMS;
}

static int run(struct login *login)
{
    int code;

    if (choose(login, 0) < 0) {
        return lack(login);
    }
    do {
        code = auth_exchange_run(&login->exchange);
        if (code == 235) {
            return 0;
        }
    } while (code > 0 && choose(login, find_next(login)) == 0);
    return code > 0 ? note_refusal(login) : -1;
}

static void log_success(const struct login *login)
{
    char address[NET_ADDRESS_TEXT_SIZE];

    net_address_literal(&login->exchange.session->host->address, address);
    log_event(LOG_LEVEL_INFO, "auth", "host", login->exchange.session->host->name,
              "address", address, "mechanism",
              auth_mechanism_names[login->exchange.mechanism], (char *)0);
}

int login_run(struct session *session, const struct starttls_plan *plan)
{
    struct login login = {.exchange = {.session = session,
                                       .user = &session->secret->user,
                                       .password = &session->secret->password},
                          .plan = plan};
    int result = run(&login);

    if (result == 0) {
        log_success(&login);
    } else {
        session_close(session, session->reply.code && !session_is_ending(session));
        session_set_auth_trouble(session, login.exchange.code, login.exchange.why);
    }
    auth_exchange_free(&login.exchange);
    return result;
}

#include "login.h"

#include "encode.h"
#include "log.h"
#include "scram_client.h"
#include "settings.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* A command with its line end (RFC 5321 section 4.5.3.1.4). */
#define COMMAND_MAX 512

/* Enhanced status codes (RFC 3463, RFC 4954). */
static const char not_supported[] = "4.7.4", failed[] = "4.7.5", too_open[] = "4.7.11",
                  lost[] = "4.4.2";

struct login {
    struct session *session;
    const struct starttls_plan *plan;
    const stralloc *user, *password;
    enum auth_mechanism mechanism;
    stralloc challenge; /* of the last reply, decoded; empty where it was none */
    stralloc line;      /* to be sent; holds the password in some clothing */
    char code[12];
    char why[REPLY_TEXT_MAX + 60]; /* what went wrong; empty: nothing */
};

/* Notes what goes wrong; what is said first counts. */
static int fail(struct login *login, const char *code, const char *why)
{
    if (!*login->why) {
        snprintf(login->code, sizeof login->code, "%s", code);
        snprintf(login->why, sizeof login->why, "%s", why);
    }
    return -1;
}

/* ---- lines ---- */

/* All the room that it may take at once: growing would leave copies that nobody wipes.
 */
static void begin_line(struct login *login)
{
    text_wipe(&login->line);
    text_make_room(&login->line, 2 * (RELAY_USER_MAX + RELAY_PASSWORD_MAX) +
                                     COMMAND_MAX + SCRAM_NONCE_MAX * 4);
}

/* Takes the text of a reply 334; "=" stands for none. 0, or -1. */
static int decode_challenge(struct login *login)
{
    stralloc decoded = STRALLOC_ZERO;
    stralloc *text = &login->challenge;
    int result = 0;

    if (text->len > 0 && !(text->len == 1 && text->s[0] == '=')) {
        result = base64_decode(&decoded, text->s, text->len);
    }
    text_free(text);
    *text = decoded;
    return result;
}

/* Sends the line and reads what is said to it. The reply's code, or -1: the session is
 * lost, and WHY says so. */
static int send_line(struct login *login)
{
    struct session *session = login->session;
    long long seconds = setting_number(session->tables, SET_remote_command_timeout);
    int result;

    text_add_bytes(&login->line, "\r\n", 2);
    result = session_write(session, login->line.s, login->line.len, seconds);
    text_wipe(&login->line);
    if (result < 0 && !line_reader_has_input(&session->reader)) {
        return fail(login, lost, session->trouble);
    }
    if (session_read_challenge(session, seconds, &login->challenge) < 0) {
        return fail(login, lost, session->trouble);
    }
    return session->reply.code;
}

/* Sends what is encoded by base64. */
static int send_response(struct login *login, const char *bytes, size_t len)
{
    begin_line(login);
    base64_encode(&login->line, bytes, len);
    return send_line(login);
}

/* AUTH, with the first response in the same line where it has room there. BYTES NULL:
 * there is none. */
static int send_auth(struct login *login, const char *bytes, size_t len)
{
    const char *name = auth_mechanism_names[login->mechanism];
    int has_room =
        strlen("AUTH ") + strlen(name) + 1 + (len + 2) / 3 * 4 + 2 <= COMMAND_MAX;
    int code;

    begin_line(login);
    text_add_format(&login->line, "AUTH %s", name);
    if (bytes && has_room) {
        text_add_byte(&login->line, ' ');
        base64_encode(&login->line, bytes, len);
    }
    code = send_line(login);
    return bytes && !has_room && code == 334 ? send_response(login, bytes, len) : code;
}

/* ---- the ways to log in: each the code of the last reply, or -1 with WHY ---- */

/* Ends an exchange that makes no sense (RFC 4954 section 4), for WHY. */
static int cancel(struct login *login, const char *code, const char *why)
{
    fail(login, code, why);
    begin_line(login);
    text_add_byte(&login->line, '*');
    send_line(login);
    return -1;
}

static int speak_plain(struct login *login)
{
    stralloc message = STRALLOC_ZERO;
    int code;

    text_make_room(&message, login->user->len + login->password->len + 2);
    text_add_byte(&message, 0);
    text_add_bytes(&message, login->user->s, login->user->len);
    text_add_byte(&message, 0);
    text_add_bytes(&message, login->password->s, login->password->len);
    code = send_auth(login, message.s, message.len);
    text_wipe(&message);
    return code;
}

/* Its questions are of any wording. */
static int speak_login(struct login *login)
{
    int code = send_auth(login, NULL, 0);

    if (code == 334) {
        code = send_response(login, login->user->s, login->user->len);
    }
    if (code == 334) {
        code = send_response(login, login->password->s, login->password->len);
    } else if (code == 235) {
        return fail(login, failed, "took the log-in before the password");
    }
    return code;
}

static const char *explain(enum scram_client_end end)
{
    static const char *const texts[] = {
        [SCRAM_CLIENT_NONSENSE] = "sent what is no message of SCRAM",
        [SCRAM_CLIENT_NONCE] = "answered somebody else's message of SCRAM",
        [SCRAM_CLIENT_FEW] = "asks for too few iterations in SCRAM",
        [SCRAM_CLIENT_MANY] = "asks for too many iterations in SCRAM",
        [SCRAM_CLIENT_REFUSED] = "refused the proof in SCRAM",
        [SCRAM_CLIENT_UNPROVEN] = "can't prove that it knows the password (SCRAM)",
    };

    return texts[end];
}

/* What the TLS session is bound to, as RFC 9266 and RFC 5929 have it. 0 where there is
 * nothing. */
static int find_binding(const struct tls_state *tls, const char **name, stralloc *bytes)
{
    const char *hex = *tls->exporter && strcmp(tls->protocol, "TLSv1.3") == 0
                          ? tls->exporter
                          : tls->end_point;

    *name = hex == tls->exporter ? "tls-exporter" : "tls-server-end-point";
    text_clear(bytes);
    return *hex && hex_decode(bytes, hex, strlen(hex)) == 0;
}

/* From the server's challenge to its proof; then the reply to an empty line. */
static int finish_scram(struct login *login, struct scram_client *client)
{
    stralloc message = STRALLOC_ZERO;
    enum scram_client_end end;
    int code;

    end = decode_challenge(login) < 0
              ? SCRAM_CLIENT_NONSENSE
              : scram_client_answer(client, login->challenge.s, login->challenge.len,
                                    login->password->s, login->password->len, &message);
    if (end != SCRAM_CLIENT_DONE) {
        return cancel(login, failed, explain(end));
    }
    code = send_response(login, message.s, message.len);
    text_free(&message);
    if (code == 235) {
        return fail(login, failed,
                    "took the log-in without a proof of its own (SCRAM)");
    }
    if (code != 334) {
        return code;
    }
    end = decode_challenge(login) < 0
              ? SCRAM_CLIENT_NONSENSE
              : scram_client_check(client, login->challenge.s, login->challenge.len);
    return end == SCRAM_CLIENT_DONE ? send_response(login, "", 0)
                                    : cancel(login, failed, explain(end));
}

static int speak_scram(struct login *login)
{
    const struct session *session = login->session;
    int offers_plus = (session->capabilities.auth & (1u << AUTH_SCRAM_PLUS)) != 0;
    struct scram_client client = {.binding = NULL};
    stralloc bytes = STRALLOC_ZERO, message = STRALLOC_ZERO;
    char nonce[RANDOM_NAME_LEN + 1];
    const char *name;
    int code = -1;

    if (find_binding(&session->tls, &name, &bytes)) {
        client.could_bind = !offers_plus;
        client.binding = login->mechanism == AUTH_SCRAM_PLUS ? name : NULL;
        client.bound = bytes.s;
        client.bound_len = bytes.len;
    }
    if (random_name(nonce) < 0) {
        fail(login, "4.3.0", "there are no random bytes");
    } else {
        scram_client_begin(&client, login->user->s, login->user->len, nonce, &message);
        code = send_auth(login, message.s, message.len);
        code = code == 334 ? finish_scram(login, &client) : code;
    }
    scram_client_free(&client);
    text_free(&bytes);
    text_free(&message);
    return code;
}

/* ---- the choice ---- */

static int may_tell_password(const struct login *login)
{
    const struct session *session = login->session;

    return (session->tls.is_active && login->plan->is_demanded) ||
           net_address_is_loopback(&session->host->address);
}

/* Both sides mean the same bytes by user and password, without RFC 4013. */
static int may_speak_scram(const struct login *login)
{
    return scram_password_is_plain(login->user->s, login->user->len) &&
           scram_password_is_plain(login->password->s, login->password->len);
}

static int may_use(const struct login *login, enum auth_mechanism mechanism)
{
    stralloc bytes = STRALLOC_ZERO;
    const char *name;
    int result;

    if (!(login->session->capabilities.auth & (1u << mechanism))) {
        return 0;
    }
    switch (mechanism) {
    case AUTH_SCRAM_PLUS:
        result =
            may_speak_scram(login) && find_binding(&login->session->tls, &name, &bytes);
        text_free(&bytes);
        return result;
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
            login->mechanism = (enum auth_mechanism)i;
            return 0;
        }
    }
    return -1;
}

static int lack(struct login *login)
{
    const struct capabilities *capabilities = &login->session->capabilities;

    if (!capabilities->has_auth) {
        return fail(login, not_supported,
                    "offers no AUTH, and there is a password for it");
    }
    if (capabilities->auth & (1u << AUTH_PLAIN | 1u << AUTH_LOGIN)) {
        return fail(
            login, too_open,
            "wants the password itself, which is told within TLS alone that the "
            "policy demands");
    }
    return fail(login, not_supported, "offers no way to log in that is known here");
}

/* The reply's own code of the class 4 (RFC 4954 section 6). */
static int note_refusal(struct login *login)
{
    const struct reply *reply = &login->session->reply;
    char text[REPLY_TEXT_MAX + 40];
    char code[sizeof reply->enhanced];

    snprintf(text, sizeof text, "%s: %s", auth_mechanism_names[login->mechanism],
             reply->text.s);
    snprintf(code, sizeof code, "%s",
             reply->has_enhanced  ? reply->enhanced
             : reply->code == 535 ? "4.7.8"
                                  : "4.7.0");
    code[0] = '4';
    login->session->is_barred |= reply->code / 10 == 53;
    return fail(login, code, text);
}

/* Where a weaker way is worth a try after a refusal: the server does not know the way,
 * wants the password itself once (RFC 4954 section 4), or may have no keys of SCRAM for
 * this user. The last only where it is known to be who it says: who can't bear the
 * proof would like to hear the password. Where to begin; AUTH_MECHANISMS: there is
 * none. */
static unsigned find_next(const struct login *login)
{
    const struct session *session = login->session;
    const char *verified = session->tls.verified;
    int is_known = (session->tls.is_active && strcmp(verified, "none") != 0 &&
                    strcmp(verified, "unusable") != 0) ||
                   net_address_is_loopback(&session->host->address);

    if (session->reply.code == 504 || session->reply.code == 432) {
        return login->mechanism + 1U;
    }
    return session->reply.code == 535 && login->mechanism < AUTH_PLAIN && is_known
               ? AUTH_PLAIN
               : AUTH_MECHANISMS;
}

static int speak(struct login *login)
{
    int code;

    if (login->mechanism == AUTH_PLAIN) {
        code = speak_plain(login);
    } else if (login->mechanism == AUTH_LOGIN) {
        code = speak_login(login);
    } else {
        code = speak_scram(login);
    }
    return code == 334 ? cancel(login, failed, "asks for more than there is to say")
                       : code;
}

static int run(struct login *login)
{
    int code;

    if (choose(login, 0) < 0) {
        return lack(login);
    }
    do {
        code = speak(login);
        if (code == 235) {
            return 0;
        }
    } while (code > 0 && choose(login, find_next(login)) == 0);
    return code > 0 ? note_refusal(login) : -1;
}

static void log_success(const struct login *login)
{
    char address[NET_ADDRESS_TEXT_SIZE];

    net_address_literal(&login->session->host->address, address);
    log_event(LOG_LEVEL_INFO, "auth", "host", login->session->host->name, "address",
              address, "mechanism", auth_mechanism_names[login->mechanism], (char *)0);
}

int login_run(struct session *session, const struct starttls_plan *plan)
{
    struct login login = {.session = session,
                          .plan = plan,
                          .user = &session->secret->user,
                          .password = &session->secret->password};
    int result = run(&login);

    if (result == 0) {
        log_success(&login);
    } else {
        session_close(session, session->reply.code && !session_is_ending(session));
        session_set_auth_trouble(session, login.code, login.why);
    }
    text_free(&login.challenge);
    text_wipe(&login.line);
    return result;
}

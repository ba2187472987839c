#include "auth_exchange.h"

#include "encode.h"
#include "scram_client.h"
#include "settings.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* A command with its line end (RFC 5321 section 4.5.3.1.4). */
#define COMMAND_MAX 512
/* Of a password in base64, what tells that it is one. */
#define TELLING_LEN 8

/* Enhanced status codes (RFC 3463): cryptographic failure, bad connection. */
static const char failed[] = "4.7.5", lost[] = "4.4.2";

int auth_exchange_fail(struct auth_exchange *exchange, const char *code,
                       const char *why)
{
    if (!*exchange->why) {
        snprintf(exchange->code, sizeof exchange->code, "%s", code);
        snprintf(exchange->why, sizeof exchange->why, "%s", why);
    }
    return -1;
}

/* ---- lines ---- */

/* All the room that it may take at once: growing would leave copies that nobody wipes.
 */
static void begin_line(struct auth_exchange *exchange)
{
    text_wipe(&exchange->line);
    text_make_room(&exchange->line, 2 * (RELAY_USER_MAX + RELAY_PASSWORD_MAX) +
                                        COMMAND_MAX + SCRAM_NONCE_MAX * 4);
}

/* Takes the text of a reply 334; "=" stands for none. 0, or -1. */
static int decode_challenge(struct auth_exchange *exchange)
{
    stralloc decoded = STRALLOC_ZERO;
    stralloc *text = &exchange->challenge;
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
static int send_line(struct auth_exchange *exchange)
{
    struct session *session = exchange->session;
    long long seconds = setting_number(session->tables, SET_remote_command_timeout);
    int result;

    text_add_bytes(&exchange->line, "\r\n", 2);
    result = session_write(session, exchange->line.s, exchange->line.len, seconds);
    text_wipe(&exchange->line);
    if (result < 0 && !line_reader_has_input(&session->reader)) {
        return auth_exchange_fail(exchange, lost, session->trouble);
    }
    if (session_read_challenge(session, seconds, &exchange->challenge) < 0) {
        return auth_exchange_fail(exchange, lost, session->trouble);
    }
    /* What could not be sent was not agreed to. */
    return result < 0 && session->reply.code < 400
               ? auth_exchange_fail(exchange, lost, session->trouble)
               : session->reply.code;
}

/* Sends what is encoded by base64. */
static int send_response(struct auth_exchange *exchange, const char *bytes, size_t len)
{
    begin_line(exchange);
    base64_encode(&exchange->line, bytes, len);
    return send_line(exchange);
}

/* AUTH, with the first response in the same line where it has room there. BYTES NULL:
 * there is none. */
static int send_auth(struct auth_exchange *exchange, const char *bytes, size_t len)
{
    const char *name = auth_mechanism_names[exchange->mechanism];
    int has_room =
        strlen("AUTH ") + strlen(name) + 1 + (len + 2) / 3 * 4 + 2 <= COMMAND_MAX;
    int code;

    begin_line(exchange);
    text_add_format(&exchange->line, "AUTH %s", name);
    if (bytes && has_room) {
        text_add_byte(&exchange->line, ' ');
        base64_encode(&exchange->line, bytes, len);
    }
    code = send_line(exchange);
    return bytes && !has_room && code == 334 ? send_response(exchange, bytes, len)
                                             : code;
}

/* ---- the ways to log in: each the code of the last reply, or -1 with WHY ---- */

/* Ends an exchange that makes no sense (RFC 4954 section 4), for WHY. */
static int cancel(struct auth_exchange *exchange, const char *code, const char *why)
{
    auth_exchange_fail(exchange, code, why);
    begin_line(exchange);
    text_add_byte(&exchange->line, '*');
    send_line(exchange);
    return -1;
}

/* NUL USER NUL PASSWORD (RFC 4616) */
static void make_plain(const struct auth_exchange *exchange, stralloc *out)
{
    text_make_room(out, exchange->user->len + exchange->password->len + 2);
    text_add_byte(out, 0);
    text_add_bytes(out, exchange->user->s, exchange->user->len);
    text_add_byte(out, 0);
    text_add_bytes(out, exchange->password->s, exchange->password->len);
}

static int speak_plain(struct auth_exchange *exchange)
{
    stralloc message = STRALLOC_ZERO;
    int code;

    make_plain(exchange, &message);
    code = send_auth(exchange, message.s, message.len);
    text_wipe(&message);
    return code;
}

/* Its questions are of any wording. */
static int speak_login(struct auth_exchange *exchange)
{
    int code = send_auth(exchange, NULL, 0);

    if (code == 334) {
        code = send_response(exchange, exchange->user->s, exchange->user->len);
    }
    if (code == 334) {
        code = send_response(exchange, exchange->password->s, exchange->password->len);
    } else if (code == 235) {
        return auth_exchange_fail(exchange, failed,
                                  "took the log-in before the password");
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

/* Success comes last in SCRAM, after the server's proof (RFC 5802 section 5). */
static int refuse_unproven(struct auth_exchange *exchange)
{
    return auth_exchange_fail(exchange, failed,
                              "took the log-in without a proof of its own (SCRAM)");
}

/* From the server's challenge to its proof; then the reply to an empty line. */
static int finish_scram(struct auth_exchange *exchange, struct scram_client *client)
{
    stralloc message = STRALLOC_ZERO;
    enum scram_client_end end;
    int code;

    end = decode_challenge(exchange) < 0
              ? SCRAM_CLIENT_NONSENSE
              : scram_client_answer(client, exchange->challenge.s,
                                    exchange->challenge.len, exchange->password->s,
                                    exchange->password->len, &message);
    if (end != SCRAM_CLIENT_DONE) {
        return cancel(exchange, failed, explain(end));
    }
    code = send_response(exchange, message.s, message.len);
    text_free(&message);
    if (code == 235) {
        return refuse_unproven(exchange);
    }
    if (code != 334) {
        return code;
    }
    end = decode_challenge(exchange) < 0
              ? SCRAM_CLIENT_NONSENSE
              : scram_client_check(client, exchange->challenge.s,
                                   exchange->challenge.len);
    return end == SCRAM_CLIENT_DONE ? send_response(exchange, "", 0)
                                    : cancel(exchange, failed, explain(end));
}

static int speak_scram(struct auth_exchange *exchange)
{
    const struct session *session = exchange->session;
    int offers_plus = (session->capabilities.auth & (1u << AUTH_SCRAM_PLUS)) != 0;
    struct scram_client client = {.binding = NULL};
    stralloc bytes = STRALLOC_ZERO, message = STRALLOC_ZERO;
    char nonce[RANDOM_NAME_LEN + 1];
    const char *name;
    int code = -1;

    if (find_binding(&session->tls, &name, &bytes)) {
        client.could_bind = !offers_plus;
        client.binding = exchange->mechanism == AUTH_SCRAM_PLUS ? name : NULL;
        client.bound = bytes.s;
        client.bound_len = bytes.len;
    }
    if (random_name(nonce) < 0) {
        auth_exchange_fail(exchange, "4.3.0", "there are no random bytes");
    } else {
        scram_client_begin(&client, exchange->user->s, exchange->user->len, nonce,
                           &message);
        code = send_auth(exchange, message.s, message.len);
        code = code == 334   ? finish_scram(exchange, &client)
               : code == 235 ? refuse_unproven(exchange)
                             : code;
    }
    scram_client_free(&client);
    text_free(&bytes);
    text_free(&message);
    return code;
}

int auth_exchange_run(struct auth_exchange *exchange)
{
    int code;

    if (exchange->mechanism == AUTH_PLAIN) {
        code = speak_plain(exchange);
    } else if (exchange->mechanism == AUTH_LOGIN) {
        code = speak_login(exchange);
    } else {
        code = speak_scram(exchange);
    }
    return code == 334 ? cancel(exchange, failed, "asks for more than there is to say")
                       : code;
}

int auth_exchange_has_binding(const struct tls_state *tls)
{
    stralloc bytes = STRALLOC_ZERO;
    const char *name;
    int result = find_binding(tls, &name, &bytes);

    text_free(&bytes);
    return result;
}

/* Whether TEXT holds the beginning of BYTES in base64. */
static int has_encoded(const char *text, const stralloc *bytes)
{
    stralloc encoded = STRALLOC_ZERO;
    int result;

    text_make_room(&encoded, (bytes->len + 2) / 3 * 4 + 1);
    base64_encode(&encoded, bytes->s, bytes->len);
    encoded.len = encoded.len < TELLING_LEN ? encoded.len : TELLING_LEN;
    result = memmem(text, strlen(text), encoded.s, encoded.len) != NULL;
    text_wipe(&encoded);
    return result;
}

int auth_exchange_is_told(const struct auth_exchange *exchange, const char *text)
{
    stralloc message = STRALLOC_ZERO;
    int result;

    make_plain(exchange, &message);
    result =
        memmem(text, strlen(text), exchange->password->s, exchange->password->len) ||
        has_encoded(text, exchange->password) || has_encoded(text, &message);
    text_wipe(&message);
    return result;
}

void auth_exchange_free(struct auth_exchange *exchange)
{
    text_free(&exchange->challenge);
    text_wipe(&exchange->line);
}

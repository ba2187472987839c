#include "auth.h"

#include "account.h"
#include "auth_door.h"
#include "credentials.h"
#include "encode.h"
#include "login.h"
#include "login_record.h"
#include "scram_exchange.h"
#include "text.h"

#include <errno.h>
#include <string.h>

/* What goes with "ok". */
struct answer {
    struct account account;
    stralloc text; /* our last message of SCRAM */
};

/* "plain PEER METHOD USER PASSWORD", of which the first word is read already. What can
 * be no credentials can be no right ones either. */
static enum login_result answer_plain(struct auth_message *question,
                                      struct account *account)
{
    struct credentials credentials;
    const char *peer = auth_message_next(question);
    const char *method = auth_message_next(question);
    const char *user = auth_message_next(question);
    const char *password = auth_message_next(question);
    enum login_result result;

    if (!peer || !method || !user || !password || auth_message_next(question)) {
        errno = EPROTO;
        return LOGIN_BROKEN;
    }
    if (credentials_make(&credentials, user, strlen(user), password, strlen(password)) <
        0) {
        return LOGIN_DENIED;
    }
    result = login_check(&credentials, peer, LOGIN_FOR_ANSWER, account);
    credentials_wipe(&credentials);
    return result;
}

/* Takes the question about SCRAM apart. 0, or -1 where it is none. */
static int take_scram(struct auth_message *question, const char **peer,
                      const char **first, struct scram_binding *binding,
                      stralloc *bytes)
{
    const char *method, *data;

    *peer = auth_message_next(question);
    method = auth_message_next(question);
    *first = auth_message_next(question);
    binding->name = auth_message_next(question);
    data = auth_message_next(question);
    if (!*peer || !method || !*first || (binding->name && !data) ||
        auth_message_next(question)) {
        return -1;
    }
    if (binding->name) {
        if (hex_decode(bytes, data, strlen(data)) < 0 || bytes->len == 0) {
            return -1;
        }
        binding->data = bytes->s;
        binding->len = bytes->len;
        if (strcmp(binding->name, AUTH_BINDING_POSSIBLE) == 0) {
            *binding = (struct scram_binding){.is_possible = 1};
        }
    }
    return 0;
}

/* Sends the challenge and takes the client's last message. */
static enum login_result prove(int door, struct scram_exchange *exchange,
                               const struct login_record *record, clock_ms deadline,
                               stralloc *last)
{
    struct auth_message message = {0};
    const char *word, *final;

    if (scram_exchange_challenge(exchange) < 0) {
        return login_record_trouble("random bytes");
    }
    auth_message_add(&message, "challenge");
    auth_message_add(&message, exchange->answer.s);
    if (auth_message_send(door, &message) < 0 ||
        auth_message_receive(door, &message, deadline) < 0) {
        return LOGIN_BROKEN;
    }
    word = auth_message_next(&message);
    final = auth_message_next(&message);
    if (strcmp(word, "response") != 0 || !final) {
        errno = EPROTO;
        return LOGIN_BROKEN;
    }
    return scram_exchange_finish(exchange, final, strlen(final), last) == 0
               ? LOGIN_ACCEPTED
               : login_record_deny(record, "wrong proof");
}

/* The keys are the user's, or made up; what is made up can't be proven. */
static enum login_result run_scram(int door, struct scram_exchange *exchange,
                                   const char *peer, clock_ms deadline,
                                   struct answer *answer)
{
    struct login_record record;
    enum login_result result;
    int is_real;

    if (login_record_open(&record, exchange->first.user, peer) < 0) {
        return LOGIN_TEMPORARY;
    }
    is_real = scram_exchange_take_keys(
        exchange, record.is_known ? record.row.scram : NULL,
        record.account.address.len > 0 ? record.account.address.s : record.user,
        record.row.salt_secret);
    if (failures_is_cut_off(&record.failures)) {
        result = login_record_cut_off(&record);
    } else {
        result = prove(door, exchange, &record, deadline, &answer->text);
    }
    if (result == LOGIN_ACCEPTED && !is_real) {
        result = login_record_deny(&record, "no keys");
    }
    if (result == LOGIN_ACCEPTED && failures_is_cut_off(&record.failures)) {
        result = login_record_cut_off(&record);
    }
    login_record_close(&record);
    answer->account = record.account;
    return result;
}

static enum login_result answer_scram(int door, struct auth_message *question,
                                      clock_ms deadline, struct answer *answer)
{
    struct scram_exchange exchange = {0};
    struct scram_binding binding = {0};
    stralloc bytes = STRALLOC_ZERO;
    enum login_result result = LOGIN_DENIED;
    const char *peer, *first;

    if (take_scram(question, &peer, &first, &binding, &bytes) < 0) {
        errno = EPROTO;
        result = LOGIN_BROKEN;
    } else if (scram_exchange_begin(&exchange, &binding, first, strlen(first)) == 0) {
        result = run_scram(door, &exchange, peer, deadline, answer);
    }
    scram_exchange_free(&exchange);
    text_free(&bytes);
    return result;
}

static int send_answer(int door, enum login_result result, const struct answer *answer)
{
    struct auth_message message;

    auth_message_clear(&message);
    auth_message_add(&message, auth_answer_word(result));
    if (result == LOGIN_ACCEPTED) {
        auth_message_add(&message, answer->account.address.s);
        if (answer->text.len > 0) {
            auth_message_add(&message, answer->text.s);
        }
    }
    return auth_message_send(door, &message);
}

enum login_result auth_serve(int door, clock_ms deadline)
{
    struct auth_message question;
    struct answer answer = {.text = STRALLOC_ZERO};
    enum login_result result = LOGIN_BROKEN;
    const char *kind;

    if (auth_message_receive(door, &question, deadline) < 0) {
        return LOGIN_BROKEN;
    }
    kind = auth_message_next(&question);
    errno = EPROTO;
    if (strcmp(kind, "plain") == 0) {
        result = answer_plain(&question, &answer.account);
    } else if (strcmp(kind, "scram") == 0) {
        result = answer_scram(door, &question, deadline, &answer);
    }
    auth_message_wipe(&question);
    if (result != LOGIN_BROKEN && send_answer(door, result, &answer) < 0) {
        result = LOGIN_BROKEN;
    }
    text_free(&answer.account.address);
    text_free(&answer.account.mailbox);
    text_free(&answer.text);
    return result;
}

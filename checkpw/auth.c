#include "auth.h"

#include "account.h"
#include "auth_door.h"
#include "credentials.h"
#include "login.h"
#include "text.h"

#include <errno.h>
#include <string.h>

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

static int send_answer(int door, enum login_result result,
                       const struct account *account)
{
    struct auth_message answer;

    auth_message_clear(&answer);
    auth_message_add(&answer, auth_answer_word(result));
    if (result == LOGIN_ACCEPTED) {
        auth_message_add(&answer, account->address.s);
    }
    return auth_message_send(door, &answer);
}

enum login_result auth_serve(int door, clock_ms deadline)
{
    struct auth_message question;
    struct account account = {{0}, {0}};
    enum login_result result;
    const char *kind;

    if (auth_message_receive(door, &question, deadline) < 0) {
        return LOGIN_BROKEN;
    }
    kind = auth_message_next(&question);
    if (strcmp(kind, "plain") != 0) {
        errno = EPROTO;
        return LOGIN_BROKEN;
    }
    result = answer_plain(&question, &account);
    auth_message_wipe(&question);
    if (result != LOGIN_BROKEN && send_answer(door, result, &account) < 0) {
        result = LOGIN_BROKEN;
    }
    text_free(&account.address);
    text_free(&account.mailbox);
    return result;
}

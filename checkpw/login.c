#include "login.h"

#include "failures.h"
#include "hash_slot.h"
#include "log.h"
#include "password.h"
#include "paths.h"
#include "privileges.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOT_WAIT_SECONDS 10

static void log_denied(const struct credentials *credentials,
                       const struct failures *failures, const char *reason)
{
    log_event(LOG_LEVEL_INFO, "denied", "user", credentials->user, "ip", failures->peer,
              "reason", reason, (char *)0);
}

static enum login_result cut_off(const struct credentials *credentials,
                                 const struct failures *failures)
{
    log_denied(credentials, failures, "too many wrong passwords from this address");
    return LOGIN_CUT_OFF;
}

static enum login_result refuse(const struct credentials *credentials,
                                const struct failures *failures, const char *reason)
{
    log_denied(credentials, failures, reason);
    failures_count(failures);
    return LOGIN_DENIED;
}

static enum login_result fail(const char *what)
{
    log_failure("trouble", "with", what, (char *)0);
    return LOGIN_TEMPORARY;
}

/* Finds the account, its row of the hashes, and the counters: all that needs
 * privileges. */
static int find_records(const char *user, struct account *account,
                        struct password_row *row, int *is_known,
                        struct failures *failures)
{
    struct tables tables = {0};
    stralloc path = STRALLOC_ZERO;
    enum account_result found = ACCOUNT_TEMPORARY;
    int result;

    if (tables_open(&tables) < 0) {
        return -1;
    }
    failures_open(failures, &tables, failures->peer);
    errno = EPROTO;
    found = account_find(&tables, user, account);
    tables_close(&tables);
    if (found == ACCOUNT_TEMPORARY) {
        return -1;
    }
    *is_known = found == ACCOUNT_FOUND;
    path_make(&path, PATH_ETC, "passwords.cdb");
    result = password_find(path.s, *is_known ? account->address.s : NULL, row);
    text_free(&path);
    return result;
}

static int drop_privileges(void)
{
    stralloc path = STRALLOC_ZERO;
    int result = privileges_drop(path_make(&path, PATH_MAIL, ""));

    if (result == 0 && !getenv("POMBO_DIR") &&
        access(path_make(&path, PATH_ETC, "passwords.cdb"), R_OK) == 0) {
        log_event(LOG_LEVEL_WARNING, "privileges-kept", "file", path.s, (char *)0);
    }
    text_free(&path);
    return result;
}

static int compare_in_slot(const struct password_row *row, const char *password,
                           enum password_result *result)
{
    stralloc path = STRALLOC_ZERO;
    int slot = hash_slot_take(path_make(&path, PATH_RUN, "checkpw.lock"),
                              clock_deadline(SLOT_WAIT_SECONDS));

    text_free(&path);
    if (slot == HASH_SLOT_BUSY) {
        errno = EAGAIN;
        return -1;
    }
    *result = password_check(row, password);
    if (slot >= 0) {
        close(slot);
    }
    return 0;
}

/* The password is compared, and the result is told and counted. What was guessed while
 * others' guesses were counted to the limit is worth nothing. */
static enum login_result judge(const struct credentials *credentials,
                               struct password_row *row, int is_known,
                               const struct failures *failures)
{
    enum password_result result;

    if (compare_in_slot(row, credentials->password, &result) < 0) {
        return fail("hash slots");
    }
    explicit_bzero(row->hash, sizeof row->hash);
    if (result == PASSWORD_TEMPORARY) {
        return fail("hashing");
    }
    if (!is_known) {
        return refuse(credentials, failures, "no such user");
    }
    if (result != PASSWORD_RIGHT) {
        return refuse(credentials, failures, "wrong password");
    }
    return failures_is_cut_off(failures) ? cut_off(credentials, failures)
                                         : LOGIN_ACCEPTED;
}

enum login_result login_check(const struct credentials *credentials, const char *peer,
                              enum login_use use, struct account *out)
{
    struct failures failures = {.fd = -1, .peer = peer};
    struct password_row row;
    enum login_result result;
    int is_known;

    if (find_records(credentials->user, out, &row, &is_known, &failures) < 0) {
        result = fail("tables");
    } else if (use == LOGIN_FOR_PROGRAM && drop_privileges() < 0) {
        result = fail("privileges");
    } else if (failures_is_cut_off(&failures)) {
        result = cut_off(credentials, &failures);
    } else {
        result = judge(credentials, &row, is_known, &failures);
    }
    failures_close(&failures);
    return result;
}

#include "login.h"

#include "dump.h"
#include "hash_slot.h"
#include "log.h"
#include "login_record.h"
#include "paths.h"
#include "privileges.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOT_WAIT_SECONDS 10

static int drop_privileges(void)
{
    stralloc path = STRALLOC_ZERO;
    int result = privileges_drop(path_make(&path, PATH_MAIL, ""));

    if (result == 0 && !getenv("POMBO_DIR") &&
        access(path_make(&path, PATH_ETC, "passwords.cdb"), R_OK) == 0) {
        log_event(LOG_LEVEL_WARNING, "privileges-kept", "file", path.s, (char *)0);
    }
    dump_forbid(); /* once more, as the user may be another */
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
 * others' guesses were counted to the limit is worth nothing: right and wrong get the
 * same answer. */
static enum login_result judge(struct login_record *record, const char *password)
{
    enum password_result result;

    if (compare_in_slot(&record->row, password, &result) < 0) {
        return login_record_trouble("hash slots");
    }
    if (result == PASSWORD_TEMPORARY) {
        return login_record_trouble("hashing");
    }
    if (!record->is_known) {
        return login_record_deny(record, "no such user");
    }
    if (result != PASSWORD_RIGHT) {
        return login_record_deny(record, "wrong password");
    }
    return failures_is_cut_off(&record->failures) ? login_record_cut_off(record)
                                                  : LOGIN_ACCEPTED;
}

enum login_result login_check(const struct credentials *credentials, const char *peer,
                              enum login_use use, struct account *out)
{
    struct login_record record;
    enum login_result result;

    if (login_record_open(&record, credentials->user, peer) < 0) {
        result = LOGIN_TEMPORARY;
    } else if (use == LOGIN_FOR_PROGRAM && drop_privileges() < 0) {
        result = login_record_trouble("privileges");
    } else if (failures_is_cut_off(&record.failures)) {
        result = login_record_cut_off(&record);
    } else {
        result = judge(&record, credentials->password);
    }
    login_record_close(&record);
    *out = record.account;
    return result;
}

#include "login_record.h"

#include "log.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <string.h>

static int find(struct login_record *record)
{
    struct tables tables = {0};
    stralloc path = STRALLOC_ZERO;
    enum account_result found;
    int result;

    if (tables_open(&tables) < 0) {
        return -1;
    }
    failures_open(&record->failures, &tables, record->failures.peer);
    errno = EPROTO;
    found = account_find(&tables, record->user, &record->account);
    tables_close(&tables);
    if (found == ACCOUNT_TEMPORARY) {
        return -1;
    }
    record->is_known = found == ACCOUNT_FOUND;
    path_make(&path, PATH_ETC, "passwords.cdb");
    result = password_find(path.s, record->is_known ? record->account.address.s : NULL,
                           &record->row);
    text_free(&path);
    return result;
}

int login_record_open(struct login_record *record, const char *user, const char *peer)
{
    memset(record, 0, sizeof *record);
    record->user = user;
    record->failures = (struct failures){.fd = -1, .peer = peer};
    if (find(record) < 0) {
        login_record_trouble("tables");
        return -1;
    }
    return 0;
}

void login_record_close(struct login_record *record)
{
    failures_close(&record->failures);
    explicit_bzero(&record->row, sizeof record->row);
}

static void log_denied(const struct login_record *record, const char *reason)
{
    log_event(LOG_LEVEL_INFO, "denied", "user", record->user, "ip",
              record->failures.peer, "reason", reason, (char *)0);
}

enum login_result login_record_deny(const struct login_record *record,
                                    const char *reason)
{
    log_denied(record, reason);
    return failures_count(&record->failures) ? LOGIN_CUT_OFF : LOGIN_DENIED;
}

enum login_result login_record_cut_off(const struct login_record *record)
{
    log_denied(record, "too many wrong passwords from this address");
    return LOGIN_CUT_OFF;
}

enum login_result login_record_trouble(const char *with)
{
    log_failure("trouble", "with", with, (char *)0);
    return LOGIN_TEMPORARY;
}

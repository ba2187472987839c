/* What a log-in is decided by: the account, its row of the hashes, and the count of
 * wrong passwords from where it comes; and how a decision is logged and counted. */
#ifndef CHECKPW_LOGIN_RECORD_H
#define CHECKPW_LOGIN_RECORD_H

#include "account.h"
#include "failures.h"
#include "login_door.h"
#include "password.h"

/* USER is as the client gave it. The account is valid where is_known. */
struct login_record {
    const char *user;
    int is_known;
    struct account account;
    struct password_row row;
    struct failures failures;
};

/* Looks all of it up, which takes the right to read the hashes. PEER is the client's
 * address as text. 0, or -1, logged: then the answer is LOGIN_TEMPORARY. */
int login_record_open(struct login_record *record, const char *user, const char *peer);
/* Wipes the hashes, closes the counters, and leaves the account. */
void login_record_close(struct login_record *record);

/* Each logs and returns what is to be answered; the first counts, too, and answers as
 * the second does where the address was cut off while the log-in was under way. */
enum login_result login_record_deny(const struct login_record *record,
                                    const char *reason);
enum login_result login_record_cut_off(const struct login_record *record);
enum login_result login_record_trouble(const char *with);

#endif

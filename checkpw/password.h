/* Hashes of passwords: etc/passwords.cdb, and comparing with one. */
#ifndef CHECKPW_PASSWORD_H
#define CHECKPW_PASSWORD_H

#include "scram.h"

#include <crypt.h>

enum password_result {
    PASSWORD_RIGHT,
    PASSWORD_WRONG,
    PASSWORD_TEMPORARY /* the table can't be read, or no memory; errno tells */
};

/* The key of what salts are made up from; no address can be it. */
#define PASSWORD_SALT_SECRET "#salt-secret"
#define PASSWORD_SALT_SECRET_MAX CRYPT_OUTPUT_SIZE

/* A row of the table: the address's hash and keys for SCRAM, "" where it has none;
 * another hash that shows method and cost in use here; and what the salt of who has no
 * keys is made up from: the model in a table made by a qtable that kept no secret. */
struct password_row {
    char hash[CRYPT_OUTPUT_SIZE];
    char scram[SCRAM_KEYS_TEXT_MAX];
    char model[CRYPT_OUTPUT_SIZE];
    char salt_secret[PASSWORD_SALT_SECRET_MAX];
};

/* Reads the row of ADDRESS (canonical, lower case; NULL: no such user) from the cdb
 * at PATH. 0, or -1 with errno for a table that is missing, unreadable or damaged. */
int password_find(const char *path, const char *address, struct password_row *out);
/* Compares in constant time. Without a hash, or with one that no method can be told
 * from, the model is computed instead, so that the answer takes as long. */
enum password_result password_check(const struct password_row *row,
                                    const char *password);

#endif

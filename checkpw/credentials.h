/* A log-in as the checkpassword interface carries it: user, password and
 * timestamp, each ended by a NUL, and possibly more data, in at most 512 bytes.
 * Through the log-in door popup adds lines NAME=VALUE, each ended by a NUL. */
#ifndef CHECKPW_CREDENTIALS_H
#define CHECKPW_CREDENTIALS_H

#include <stddef.h>

#define CREDENTIALS_MAX 512

/* USER and PASSWORD point into bytes: a copy of the struct needs credentials_parse. */
struct credentials {
    size_t len;
    const char *user, *password;
    char bytes[CREDENTIALS_MAX + 1];
};

/* Puts user, password and the time of day into OUT. -1 where they hold a NUL or are
 * too long together. */
int credentials_make(struct credentials *out, const char *user, size_t user_len,
                     const char *password, size_t password_len);
/* Adds NAME=VALUE after the timestamp; leaves it out where it does not fit. */
void credentials_add(struct credentials *credentials, const char *name,
                     const char *value);
/* Finds user and password in bytes[0 .. len); -1 where there are not three strings,
 * or more than CREDENTIALS_MAX bytes. */
int credentials_parse(struct credentials *credentials);
/* The value of NAME among the added lines, or NULL. */
const char *credentials_get(const struct credentials *credentials, const char *name);
/* Overwrites everything. */
void credentials_wipe(struct credentials *credentials);

#endif

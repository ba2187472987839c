/* etc/relay_passwords.cdb: the passwords with which mail is handed to other hosts, in a
 * table of its own that qremote alone may read. tables.cdb says which keys there are
 * (table relay_passwords), so that qsend, which knows no password, tells destinations
 * with one from others.
 *
 * A key is HOST or [ADDRESS], as a route or a recipient's domain names it, with or
 * without ":PORT" behind it. A value is the user and the password in base64, with a
 * blank between. */
#ifndef LIB_RELAY_PASSWORD_H
#define LIB_RELAY_PASSWORD_H

#include "tables.h"

#include <skalibs/stralloc.h>

#define RELAY_USER_MAX 500
#define RELAY_PASSWORD_MAX 1000

struct relay_password {
    stralloc user, password;
};

/* Sets KEY to that of the row for DESTINATION (canonical) and PORT; a row with the port
 * goes before one without. */
enum table_result relay_password_find(const struct tables *tables,
                                      const char *destination, unsigned port,
                                      stralloc *key);

/* Opens the file, without reading a byte of it. -1 with errno. */
int relay_password_open(void);
/* Reads what stands under KEY from FD. Nothing else of the
 * file is in memory afterwards. 0, or -1 with errno (ENOKEY: no such row; EILSEQ: a
 * damaged table). */
int relay_password_read(int fd, const char *key, struct relay_password *out);
/* Overwrites it. */
void relay_password_free(struct relay_password *password);

/* A value of the table. Appends. */
void relay_password_format(const struct relay_password *password, stralloc *out);
/* 0, or -1 where TEXT is none: neither part is empty, longer than its limit, or holds a
 * NUL. */
int relay_password_parse(const char *text, size_t len, struct relay_password *out);

#endif

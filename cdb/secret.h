/* Passwords on their way in: read from standard input, hashed. They never stand in an
 * argument or the environment. */
#ifndef CDB_SECRET_H
#define CDB_SECRET_H

#include "exitcode.h"

#include <skalibs/stralloc.h>

#include <errno.h>

/* The longest password that libcrypt takes. */
#define SECRET_MAX 511
#define SECRET_DEFAULT_METHOD "$y$"

/* The exit code that goes with what secret_read or secret_hash just told: where the
 * system is at fault they leave its errno, else 0. */
#define SECRET_EXITCODE (errno ? EXITCODE_TEMPORARY : EXITCODE_PERMANENT)

/* Reads the first line of fd 0 without its line end; from a terminal with the echo off
 * and asked for twice (once where IS_CHECK). PURPOSE names what it is for. NULL, or
 * what is wrong; an empty line is not wrong. */
const char *secret_read(const char *purpose, int is_check, stralloc *out);
/* Wipes and frees. */
void secret_free(stralloc *secret);
/* Hashes with METHOD, a prefix such as "$y$" or "$6$", and COST (0: the method's
 * default). NULL, or what is wrong. */
const char *secret_hash(const char *password, const char *method, unsigned long cost,
                        stralloc *out);
/* Appends a blank and the keys of SCRAM-SHA-256. Passwords that are not printable ASCII
 * have none here: clients prepare them in a way of their own (RFC 4013). NULL, or what
 * is wrong. */
const char *secret_add_keys(const char *password, stralloc *out);
/* 1 where the setting auth_scram in force wants them. */
int secret_keys_are_wanted(void);

#endif

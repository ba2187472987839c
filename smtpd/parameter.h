/* The ESMTP parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8
 * (RFC 6531), AUTH (RFC 4954), REQUIRETLS (RFC 8689), and RET, ENVID, NOTIFY, ORCPT
 * (RFC 3461, RFC 6533). */
#ifndef SMTPD_PARAMETER_H
#define SMTPD_PARAMETER_H

#include "queuefile.h"

#include <skalibs/stralloc.h>

#include <stddef.h>

#define PARAMETER_ENVID_MAX 100 /* RFC 3461 section 4.4 */
#define PARAMETER_ORCPT_MAX 500 /* section 4.2; as the client gives it */
#define PARAMETER_AUTH_MAX 500  /* RFC 4954 section 3 */

enum parameter_place { PARAMETER_OF_MAIL, PARAMETER_OF_RCPT };

enum parameter_result {
    PARAMETER_RIGHT,
    PARAMETER_WRONG,  /* a value that can't be, or the parameter twice */
    PARAMETER_UNKNOWN /* not one of ours, or of the other command */
};

struct parameters {
    unsigned seen;           /* bits, by row of the table in parameter.c */
    unsigned long long size; /* as announced by the client; 0: not */
    unsigned flags;          /* of enum envelope_flag */
    unsigned notify;         /* of enum notify_flag */
    int has_auth;            /* AUTH was there; who it names is of no use to us */
    int has_utf8_orcpt;      /* ORCPT was not ASCII: right with SMTPUTF8 alone */
    stralloc envid;          /* xtext, NUL-terminated; without control bytes decoded */
    stralloc orcpt;          /* "rfc822;" and xtext likewise; always ASCII */
};

/* Reads "KEYWORD[=VALUE] ..." into OUT, which was cleared. */
enum parameter_result parameters_parse(enum parameter_place place, const char *bytes,
                                       size_t len, struct parameters *out);
void parameters_clear(struct parameters *parameters);
void parameters_free(struct parameters *parameters);

#endif

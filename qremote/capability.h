/* What a server's reply to EHLO offers. */
#ifndef QREMOTE_CAPABILITY_H
#define QREMOTE_CAPABILITY_H

#include <stddef.h>

struct capabilities {
    int has_pipelining;                 /* RFC 2920 */
    int has_8bitmime;                   /* RFC 6152 */
    int has_smtputf8;                   /* RFC 6531 */
    int has_dsn;                        /* RFC 3461 */
    int has_size;                       /* RFC 1870 */
    int has_starttls;                   /* RFC 3207 */
    int has_requiretls;                 /* RFC 8689; of an authenticated server */
    unsigned long long size;            /* largest message; 0: not said */
    unsigned long long rcpt_max;        /* RFC 9422; 0: not said */
    unsigned long long mail_max;        /* transactions a session; 0: not said */
    unsigned long long rcpt_domain_max; /* domains a transaction; 0: not said */
};

/* Takes one line of the reply, behind its code. Unknown ones are passed over. */
void capability_take_line(struct capabilities *capabilities, const char *line,
                          size_t len);

#endif

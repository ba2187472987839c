/* What a server's reply to EHLO offers. */
#ifndef QREMOTE_CAPABILITY_H
#define QREMOTE_CAPABILITY_H

#include <stddef.h>

/* Ways to log in (RFC 4954), the strongest first. */
enum auth_mechanism {
    AUTH_SCRAM_PLUS, /* SCRAM-SHA-256-PLUS: bound to the TLS session */
    AUTH_SCRAM,      /* SCRAM-SHA-256 (RFC 7677) */
    AUTH_PLAIN,      /* RFC 4616 */
    AUTH_LOGIN,
    AUTH_MECHANISMS
};
extern const char *const auth_mechanism_names[AUTH_MECHANISMS];

struct capabilities {
    int has_pipelining;          /* RFC 2920 */
    int has_8bitmime;            /* RFC 6152 */
    int has_smtputf8;            /* RFC 6531 */
    int has_dsn;                 /* RFC 3461 */
    int has_size;                /* RFC 1870 */
    int has_starttls;            /* RFC 3207 */
    int has_requiretls;          /* RFC 8689; of an authenticated server */
    int has_auth;                /* RFC 4954 */
    unsigned auth;               /* bit 1 << MECHANISM: offered, and known to us */
    unsigned long long size;     /* largest message; 0: not said */
    unsigned long long rcpt_max; /* RFC 9422; 0: not said */
    unsigned long long mail_max; /* transactions a session; 0: not said */
    unsigned long long rcpt_domain_max; /* domains a transaction; 0: not said */
};

/* Takes one line of the reply, behind its code. Unknown ones are passed over. */
void capability_take_line(struct capabilities *capabilities, const char *line,
                          size_t len);

#endif

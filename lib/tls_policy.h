/* What is asked of TLS with a destination, as one line of text: a value of the table
 * tls_policy, the setting remote_tls, and what qsend hands on to qremote.
 *     none | may | encrypt | dane | verify [NAMES] | fingerprint DIGESTS
 * NAMES and DIGESTS are parted by commas. What qsend hands on may begin with what the
 * message demands, which no row can say:
 *     requiretls POLICY
 *             the message came with REQUIRETLS (RFC 8689 section 4.2.1): the host is
 *             authenticated, and takes REQUIRETLS, or gets nothing
 *     encrypted POLICY
 *             it is a notification about such a message (section 5): TLS is a must, and
 *             REQUIRETLS is said where it could be */
#ifndef LIB_TLS_POLICY_H
#define LIB_TLS_POLICY_H

#include "tables.h"

enum tls_level {
    TLS_NONE,        /* plain text, whatever the server offers */
    TLS_MAY,         /* TLS where the server offers it, and it works */
    TLS_DANE,        /* as the server's TLSA records have it (RFC 7672); without any as
                        TLS_MAY */
    TLS_ENCRYPT,     /* TLS, or no delivery; nobody is authenticated */
    TLS_VERIFY,      /* ... with a certificate of one of the names by a known CA */
    TLS_FINGERPRINT, /* ... with one of the certificates or keys */
    TLS_LEVELS
};
extern const char *const tls_level_names[TLS_LEVELS];

enum tls_demand { TLS_DEMAND_NONE, TLS_DEMAND_ENCRYPTED, TLS_DEMAND_REQUIRETLS };
extern const char tls_demand_encrypted[], tls_demand_requiretls[];

struct tls_policy {
    enum tls_level level;
    const char *list; /* within the text; "" where there is none */
    enum tls_demand demand;
};

/* What a host's field DANE (qsend/dane.h) says that is no record. */
#define DANE_INSECURE "insecure"
#define DANE_SIGNED "signed"
#define DANE_FAILED "failed"
/* The same where DANE has no word and a policy of MTA-STS (RFC 8461) has: a certificate
 * for the name that follows by a CA is a must, or tried; or the policy does not list
 * the host, which is not to be used then, or only told of; or there is a policy that
 * can't be had, and the type of failure follows (lib/tls_result.h), or it can't be told
 * whether there is one: the host is as one without, but for REQUIRETLS. DANE_SIGNED and
 * a blank stand before each of these where they are true of the host, too. */
#define TLS_STS "mta-sts "
#define TLS_STS_ENFORCE "mta-sts enforce "
#define TLS_STS_TESTING "mta-sts testing "
#define TLS_STS_MISMATCH "mta-sts mismatch"
#define TLS_STS_TESTING_MISMATCH "mta-sts testing-mismatch"
#define TLS_STS_FAILED "mta-sts failed "
#define TLS_STS_UNKNOWN "mta-sts unknown"

#define TLS_POLICY_MAX 1000       /* bytes of the text */
#define TLS_FINGERPRINT_DIGITS 64 /* of a SHA-256 digest, lower-case hexadecimal */

/* Takes TEXT apart. 0, or -1 where it is no policy. */
int tls_policy_parse(const char *text, struct tls_policy *out);
/* The same for a text that may begin with a demand. */
int tls_policy_parse_demand(const char *text, struct tls_policy *out);
/* The bytes of the demand, with its blank, that TEXT begins with; 0: none. */
size_t tls_policy_demand_length(const char *text);
/* What a host's field DANE says of MTA-STS, one of the texts above; NULL: nothing. */
const char *tls_policy_find_sts(const char *field);
/* 1 where it says that the host's name is authenticated, and has no TLSA records. */
int tls_policy_is_signed(const char *field);
/* Finds the row for DESTINATION, a domain, a route's host or an address in brackets:
 * its own row, else that of .PARENT, else of '*'. */
enum table_result tls_policy_find(const struct tables *tables, const char *destination,
                                  const char **text);

#endif

/* The TXT record that says that a domain has a policy of MTA-STS (RFC 8461 section
 * 3.1): "v=STSv1; id=ID;". Another id means another policy. */
#ifndef STS_RECORD_H
#define STS_RECORD_H

#include <stddef.h>

#define STS_ID_MAX 32 /* letters and digits */

enum sts_record_kind {
    STS_RECORD_OTHER, /* of something else: it does not begin with v=STSv1; */
    STS_RECORD_FAULTY,
    STS_RECORD_GOOD
};

/* Takes the text of a record (dns_join_strings) apart. ID is set where it is good.
 * Pure. */
enum sts_record_kind sts_record_parse(const char *text, size_t len,
                                      char id[STS_ID_MAX + 1]);
int sts_id_is_good(const char *id, size_t len);
/* A field's name, in the record as in the policy (sts-ext-name). */
int sts_name_is_good(const char *name, size_t len);
int sts_is_letter_or_digit(char c);

#endif

/* The header section of a message (RFC 5322 section 2.2, LF line ends): finding
 * fields, and counting what loop detection needs. Reads bytes as they come and
 * keeps at most HEADER_SCAN_MAX of them. */
#ifndef LIB_HEADER_H
#define LIB_HEADER_H

#include <stddef.h>

/* Splits BYTES (a header section, or a start of one) at field borders: returns the
 * length of the first field with its folded lines and final LF, 0 where no whole
 * field is there. An empty line ends the section: also 0. */
size_t header_field_length(const char *bytes, size_t len);
/* 1 where FIELD begins with NAME, optional blanks and ':' (case does not matter);
 * *VALUE is what follows the colon. */
int header_field_is(const char *field, size_t len, const char *name, const char **value,
                    size_t *value_len);
/* How many fields of the header section at the start of BYTES have that name. */
size_t header_count_fields(const char *bytes, size_t len, const char *name);
/* Length of the header section at the start of BYTES, without the empty line; LEN
 * where no empty line is there. */
size_t header_section_length(const char *bytes, size_t len);

/* 1 where BYTES, a header section, have one field TLS-Required and it says No (RFC 8689
 * section 3); what comes more than once says nothing. */
int header_is_tls_optional(const char *bytes, size_t len);

/* The same for bytes that come one by one: all of the field's value, with its folds.
 * Start from 0. */
enum tls_required_state {
    TLS_REQUIRED_BLANK,
    TLS_REQUIRED_N,
    TLS_REQUIRED_NO, /* the value, if nothing but blanks comes now */
    TLS_REQUIRED_OTHER
};
enum tls_required_state header_take_tls_required(enum tls_required_state state, char c);

#endif

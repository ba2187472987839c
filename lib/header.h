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
/* Length of the header section at the start of BYTES, without the empty line; LEN
 * where no empty line is there. */
size_t header_section_length(const char *bytes, size_t len);

#endif

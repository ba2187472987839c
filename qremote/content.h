/* What a message holds, as far as it matters for who can take it. */
#ifndef QREMOTE_CONTENT_H
#define QREMOTE_CONTENT_H

#include "queuefile.h"

struct content {
    int is_known;
    unsigned long long wire_length; /* octets with CRLF line ends, without dot stuffing
                                       (RFC 1870 section 4) */
    int has_8bit;                   /* bytes over 127 anywhere */
    int has_8bit_header;            /* ... in the header section */
};

/* Reads the whole message once and checks its checksum; the second call does nothing.
 * 0, or -1 with errno (EILSEQ: damaged). */
int content_scan(struct content *content, int fd, const struct queue_file *file);

#endif

/* A message as it goes over the wire: LF becomes CRLF, lines that begin with a dot get
 * a second one (RFC 5321 section 4.5.2), and what a receiver might take for a line end
 * is made harmless: a bare CR or NUL, which only a damaged or hostile message can hold
 * here, becomes a blank. Long lines stay as they are. */
#ifndef QREMOTE_WIRE_H
#define QREMOTE_WIRE_H

#include <skalibs/stralloc.h>

#include <stddef.h>

struct wire {
    int is_line_open; /* the last byte was not an LF */
};

/* Appends the encoded block to OUT. Start from {0}; blocks may be cut anywhere. */
void wire_encode(struct wire *wire, stralloc *out, const char *bytes, size_t len);
/* Appends the end of the message: CRLF where the last line lacks it, and ".CRLF". */
void wire_end(struct wire *wire, stralloc *out);

#endif

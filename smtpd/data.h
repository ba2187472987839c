/* What follows DATA or BDAT on the wire, turned into a message with LF line ends,
 * block by block. Dot stuffing is undone in DATA; only CRLF "." CRLF ends it. Bare
 * CR, bare LF and NUL are noticed wherever blocks and chunks part. Pure: no input or
 * output of its own. */
#ifndef SMTPD_DATA_H
#define SMTPD_DATA_H

#include "header.h"

#include <stddef.h>
#include <stdint.h>

enum data_fault {
    DATA_BARE_CR = 1,
    DATA_BARE_LF = 2,
    DATA_NUL = 4,
    DATA_LONG_LINE = 8
};
#define DATA_BARE_FAULTS (DATA_BARE_CR | DATA_BARE_LF | DATA_NUL)

enum data_state {
    DATA_START, /* after CRLF or at the very start */
    DATA_TEXT,
    DATA_CR,     /* after a CR that may be a line end's */
    DATA_DOT,    /* after a dot at the start of a line (DATA alone) */
    DATA_DOT_CR, /* and after the CR that follows it */
    DATA_END,    /* after CRLF "." CRLF */
    DATA_STATES
};

struct data_parser {
    enum data_state state;
    int has_dots;                /* DATA; BDAT has neither dots nor an end of its own */
    size_t line_limit;           /* octets of a line with its CRLF */
    unsigned faults;             /* of enum data_fault */
    uint64_t octets;             /* of the message as sent, without stuffed dots */
    size_t line_len;             /* octets of the present line */
    unsigned hops;               /* Received fields in the header */
    unsigned tls_required_count; /* TLS-Required fields likewise ... */
    enum tls_required_state tls_required; /* ... and the last one's value */
    int is_in_body;                       /* the header's end was seen */
    int is_tls_required;     /* the present header line is in such a field's value */
    const char *header_name; /* what it begins with as far as was seen; NULL: nothing
                                that is looked for */
    size_t header_column;    /* bytes of it so far, but those passed over */
};

/* Room that data_convert's output may need for LEN bytes. */
#define DATA_ROOM(len) ((len) + 2)

void data_open(struct data_parser *parser, int has_dots, size_t line_limit);
/* Takes LEN bytes in and writes to OUT what they mean. Returns how many were taken:
 * all, or fewer where the state became DATA_END. Faults are mended in OUT: a bare LF
 * ends a line (never the message, and no dot after it is stuffing), a bare CR
 * becomes a space, or nothing before another CR, and a NUL is dropped. */
size_t data_convert(struct data_parser *parser, const char *in, size_t len, char *out,
                    size_t *out_len);
/* 1 where the header seen so far says TLS-Required: No (lib/header.h). */
int data_is_tls_optional(const struct data_parser *parser);
/* After the last chunk of BDAT: ends a last line that has no CRLF. OUT has room for
 * DATA_ROOM(0). */
void data_finish(struct data_parser *parser, char *out, size_t *out_len);

#endif

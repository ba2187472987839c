/* Commands of POP3 (RFC 1939 section 3, RFC 2449 section 4): one line, a keyword
 * whose case does not matter, a space, arguments. A program declares each state's
 * commands in a table of rows; parsing is pure. */
#ifndef POP3D_POP3_COMMAND_H
#define POP3D_POP3_COMMAND_H

#include <stddef.h>

/* Longest line taken. RFC 2449 allows 255 octets for commands; base64 of
 * credentials (RFC 5034) needs more. */
#define POP3_LINE_MAX 1024

enum pop3_event {
    POP3_NEXT,  /* read the next command */
    POP3_CLOSE, /* send what is to be sent, and end */
    POP3_LOST   /* the connection is broken, silent or another's: end, send no more */
};

enum pop3_shape {
    SHAPE_NONE,
    SHAPE_TEXT,     /* the rest of the line, blanks and all; may be empty */
    SHAPE_MAY_TEXT, /* the same, and may be missing */
    SHAPE_NUMBER,
    SHAPE_MAY_NUMBER,
    SHAPE_TWO_NUMBERS
};

struct pop3_command {
    const struct pop3_row *row;
    int has_argument;
    char *text; /* NUL-terminated, points into the line */
    size_t text_len;
    unsigned long long number, second;
};

/* A table ends with a row whose keyword is NULL. */
struct pop3_row {
    const char *keyword;
    enum pop3_shape shape;
    enum pop3_event (*handle)(void *session, const struct pop3_command *command);
};

enum pop3_parse { POP3_PARSED, POP3_UNKNOWN, POP3_WRONG_ARGUMENTS };

/* Parses LINE (without CRLF, NUL-terminated). */
enum pop3_parse pop3_command_parse(const struct pop3_row *rows, char *line, size_t len,
                                   struct pop3_command *out);

#endif

/* One command line of SMTP, taken apart (RFC 5321 section 4.1.1). Parsing is pure:
 * it knows nothing of the session, and changes nothing but its result. */
#ifndef SMTPD_COMMAND_H
#define SMTPD_COMMAND_H

#include "parameter.h"

#include <skalibs/stralloc.h>

#include <stddef.h>

enum verb {
    VERB_UNKNOWN,
    VERB_HELO,
    VERB_EHLO,
    VERB_STARTTLS,
    VERB_MAIL,
    VERB_RCPT,
    VERB_DATA,
    VERB_BDAT,
    VERB_RSET,
    VERB_NOOP,
    VERB_QUIT,
    VERB_VRFY,
    VERB_EXPN,
    VERB_HELP,
    VERB_AUTH,
    VERB_UNIMPLEMENTED, /* TURN, ETRN and others that exist elsewhere: 502 */
    VERB_COUNT
};

enum command_fault {
    COMMAND_RIGHT,
    COMMAND_NOT_SMTP,          /* control bytes, or no verb at all: 500 5.5.2 */
    COMMAND_NO_ARGUMENT,       /* one is needed: 501 5.5.4 */
    COMMAND_HAS_ARGUMENT,      /* none may be there: 501 5.5.4 */
    COMMAND_SYNTAX,            /* not FROM:<...> or TO:<...>: 501 5.5.2 */
    COMMAND_PATH,              /* 501 5.1.7 in MAIL, 5.1.3 in RCPT */
    COMMAND_PATH_LONG,         /* the same, over a limit of RFC 5321 4.5.3.1 */
    COMMAND_NEEDS_UTF8,        /* MAIL with UTF-8 and without SMTPUTF8: 553 5.6.7 */
    COMMAND_PARAMETER,         /* 501 5.5.4 */
    COMMAND_PARAMETER_UNKNOWN, /* 555 5.5.4 */
    COMMAND_CHUNK,             /* a size of BDAT that can't be understood */
    COMMAND_FAULT_COUNT
};

/* Start from {0}; command_parse empties it and keeps the memory. */
struct command {
    enum verb verb;
    enum command_fault fault;
    const char *argument; /* in the parsed line, without outer blanks; "" for none */
    size_t argument_len;
    stralloc path; /* MAIL and RCPT: the canonical address, NUL-terminated */
    struct parameters parameters;  /* MAIL and RCPT */
    unsigned long long chunk_size; /* BDAT */
    int is_last_chunk;
    int is_utf8_asked; /* VRFY and EXPN with SMTPUTF8; set by inquiry.c */
};

/* Takes apart LINE (LEN bytes without CRLF, NUL-terminated; blanks at its end are
 * cut in place). Faults are told in OUT. */
void command_parse(char *line, size_t len, struct command *out);
void command_free(struct command *command);
/* "MAIL"; "command" for VERB_UNKNOWN and VERB_UNIMPLEMENTED. */
const char *command_name(enum verb verb);

#endif

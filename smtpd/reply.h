/* Replies of SMTP (RFC 5321 section 4.2) with enhanced codes (RFC 2034), gathered in
 * a buffer so that a group of pipelined commands is answered in one write. */
#ifndef SMTPD_REPLY_H
#define SMTPD_REPLY_H

#include "linereader.h"

#include <stddef.h>

struct reply {
    int code;             /* 0: none */
    const char *enhanced; /* "2.1.5", or NULL where none is due */
    const char *text;     /* its lines parted by '\n' */
    int is_last;          /* the session ends after it */
};

struct reply reply_none(void);
struct reply reply_make(int code, const char *enhanced, const char *text);
/* The same, and the session ends after it. */
struct reply reply_close(int code, const char *enhanced, const char *text);

#define REPLY_LINE_MAX 510 /* RFC 5321 section 4.5.3.1.5, without CRLF */
#define REPLY_BUFFER 2048

struct reply_writer {
    int fd;
    enum line_result state; /* the first failure of a write; LINE_OK before */
    size_t used;
    char buffer[REPLY_BUFFER];
};

/* Adds REPLY; long lines are cut, bytes other than printable ASCII become '?' (with
 * is_utf8_allowed, those over 127 are kept). Writes what does not fit. */
void reply_add(struct reply_writer *writer, const struct reply *reply,
               int is_utf8_allowed, clock_ms deadline);
/* Writes what was gathered; returns the writer's state. */
enum line_result reply_flush(struct reply_writer *writer, clock_ms deadline);

#endif

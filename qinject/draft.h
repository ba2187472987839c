/* The header section of a message being submitted: what is kept of it, what it lacks,
 * and whom it names. qinject reads it from its standard input, smtpd from a client who
 * has logged in. */
#ifndef QINJECT_DRAFT_H
#define QINJECT_DRAFT_H

#include "input.h"

#define DRAFT_HEADER_MAX (1024UL * 1024)

struct draft {
    stralloc header;  /* fields to be sent, in their order */
    stralloc first;   /* the first line of the body, read already */
    stralloc to;      /* values of To, Cc and Bcc, parted by commas ... */
    stralloc resent;  /* ... and of their Resent- forms */
    stralloc authors; /* values of From, Sender and their Resent- forms, each ended by
                         a NUL */
    unsigned from_count;
    int has_date, has_message_id, has_resent;
    stralloc field; /* the one under way */
    int has_begun;
};

enum draft_result { DRAFT_OK, DRAFT_TOO_LONG, DRAFT_ERROR };

/* Takes the next line, with its LF. 1; 0 where the section has ended with it. The
 * caller bounds the length. */
int draft_take_line(struct draft *draft, const char *line, size_t len);
/* After the last line: the field under way is whole. */
void draft_end(struct draft *draft);

/* Reads the header section: it ends at an empty line, which is taken, or at a line that
 * is no field, which begins the body. Bcc, Resent-Bcc, Return-Path and Content-Length
 * are dropped, an mbox "From " line too. */
enum draft_result draft_read(struct draft *draft, struct input *input);
/* What a header that lacks fields is completed with. */
struct completion {
    const char *from; /* the value of From */
    const char *date;
    const char *id, *host; /* the halves of Message-ID */
};
/* Appends the fields that are kept, those that lack, and an empty line. */
void draft_complete(const struct draft *draft, const struct completion *completion,
                    stralloc *out);
void draft_free(struct draft *draft);

#endif

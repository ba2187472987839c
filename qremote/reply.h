/* Replies of SMTP servers (RFC 5321 section 4.2, RFC 2034). */
#ifndef QREMOTE_REPLY_H
#define QREMOTE_REPLY_H

#include <skalibs/stralloc.h>

#include <stddef.h>

#define REPLY_TEXT_MAX 500
#define REPLY_LINES_MAX 200

struct reply {
    int code;          /* 200 to 599 */
    int has_enhanced;  /* the server gave an enhanced code of the right class */
    char enhanced[12]; /* that, or one made from the code: "5.0.0" */
    stralloc text;     /* the lines' texts joined by blanks, with the code in front;
                          control bytes are blanks; at most REPLY_TEXT_MAX bytes */
    int lines;
};

/* Forgets the last one; keeps the memory. Start from {0}. */
void reply_begin(struct reply *reply);
/* Takes one line without its line end. 1: the reply is whole; 0: more lines follow; -1:
 * not a reply. */
int reply_take_line(struct reply *reply, const char *line, size_t len);
/* 'K' for 2xx, 'D' for 5xx, else 'Z'. */
char reply_status(const struct reply *reply);
/* For the reply to RCPT: a 552 that says no more speaks of the mailbox there, not of
 * the message (RFC 5321 section 4.2.3, RFC 3463 section 3.3). */
void reply_fit_rcpt(struct reply *reply);
/* 1 for a refusal of RCPT that says that the transaction has recipients enough, and
 * nothing of the recipient itself (RFC 5321 section 4.5.3.1.10). */
int reply_is_too_many(const struct reply *reply);
void reply_free(struct reply *reply);

#endif

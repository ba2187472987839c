/* The header section of the message being submitted: what is kept of it, what it lacks,
 * and whom it names. */
#ifndef QINJECT_DRAFT_H
#define QINJECT_DRAFT_H

#include "input.h"

#define DRAFT_HEADER_MAX (1024UL * 1024)

struct draft {
    stralloc header; /* fields to be sent, in their order */
    stralloc first;  /* the first line of the body, read already */
    stralloc to;     /* values of To, Cc and Bcc, parted by commas ... */
    stralloc resent; /* ... and of their Resent- forms */
    int has_date, has_from, has_message_id, has_resent;
};

enum draft_result { DRAFT_OK, DRAFT_TOO_LONG, DRAFT_ERROR };

/* Reads the header section: it ends at an empty line, which is taken, or at a line that
 * is no field, which begins the body. Bcc, Resent-Bcc, Return-Path and Content-Length
 * are dropped, an mbox "From " line too. */
enum draft_result draft_read(struct draft *draft, struct input *input);
void draft_free(struct draft *draft);

#endif

/* The header section of a message that a user submits: held until it is whole, then
 * judged, completed (RFC 6409 section 8) and passed on. */
#ifndef SMTPD_HEADER_HOLD_H
#define SMTPD_HEADER_HOLD_H

#include "../qinject/draft.h"
#include "reply.h"
#include "tables.h"

#define HEADER_HOLD_MAX 262144UL
/* Each may cost the expansion of an alias. */
#define HEADER_HOLD_ADDRESSES 50

/* Start from {0}. */
struct header_hold {
    struct draft draft;
    stralloc line; /* the one under way */
    size_t taken;
    size_t judged; /* addresses */
    int is_whole;
    struct reply fault; /* code 0: none found */
    stralloc reason;    /* its text */
};

/* Takes bytes of the message, with LF line ends, as far as they belong to the header
 * section; returns how many. */
size_t header_hold_take(struct header_hold *hold, const char *bytes, size_t len);
/* The message ended within the header section. */
void header_hold_end(struct header_hold *hold);
/* Sets FAULT where From, Sender and their Resent- forms name anybody whom USER may not
 * send as, more than HEADER_HOLD_ADDRESSES, or what can't be understood. */
void header_hold_judge(struct header_hold *hold, const struct tables *tables,
                       const char *user);
/* For the next message. */
void header_hold_reset(struct header_hold *hold);

#endif

/* Which addresses a user who has logged in may send as. */
#ifndef SMTPD_SENDER_H
#define SMTPD_SENDER_H

#include "tables.h"

/* 1 where USER may use ADDRESS (both canonical): mail to it comes into the user's
 * mailbox, straight, with an extension, or by aliases; or table senders allows it. 0
 * where not; -1 where the tables can't be read. */
int sender_may_use(const struct tables *tables, const char *user, const char *address);

#endif

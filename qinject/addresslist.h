/* Address lists of header fields (RFC 5322 section 3.4): comments, quoted strings,
 * groups, phrases and angle brackets, folded lines. */
#ifndef QINJECT_ADDRESSLIST_H
#define QINJECT_ADDRESSLIST_H

#include <stddef.h>

/* Calls each(address, len, data) for every addr-spec in VALUE, without comments and
 * folding and without a source route; an empty group calls nothing. What is no address
 * is given as it stands, for the caller to refuse. */
void addresslist_each(const char *value, size_t len,
                      void (*each)(const char *address, size_t len, void *data),
                      void *data);
/* The same for judging whom a message claims to be from: words beside angle brackets or
 * before a group that some reader might take for an address, as they hold an '@'
 * outside quotes, are given too. What has no meaning by RFC 5322, so that readers find
 * different addresses in it, is given as it stands and is no address: brackets that are
 * no domain's, a group that has no name or stands in another, a backslash or a control
 * byte outside quotes, anything but comments behind angle brackets, and what has no
 * end. */
void addresslist_each_claim(const char *value, size_t len,
                            void (*each)(const char *address, size_t len, void *data),
                            void *data);

#endif

/* Who calls qinject: for the sender, From, and the log. */
#ifndef QINJECT_PERSON_H
#define QINJECT_PERSON_H

#include <skalibs/stralloc.h>

/* Looks the user up, once, for the functions below. Before the walls: the user database
 * may be anywhere. */
void person_find(void);
/* The user's name: from the user database by uid, or LOGNAME or USER where that is an
 * alias of the same uid; "uidN" where there is none. Static. */
const char *person_name(void);
/* The first part of the gecos field, '&' replaced by the name; "" where there is none.
 */
const char *person_full_name(void);
/* Appends NAME as a phrase of RFC 5322: plain, quoted, or as an RFC 2047 encoded word.
 */
void person_add_phrase(stralloc *out, const char *name);

#endif

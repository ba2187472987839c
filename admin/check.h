/* What can be wrong with a mail system beside the text of its tables. */
#ifndef ADMIN_CHECK_H
#define ADMIN_CHECK_H

/* Checks tables, rights and folders; tells everything on fd 2. EXITCODE_DONE,
 * EXITCODE_CONFIGURATION where something is wrong (warnings do not count), or
 * _TEMPORARY.
 */
int check_everything(void);

#endif

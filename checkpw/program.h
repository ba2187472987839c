/* What the program that serves a user finds when it starts. */
#ifndef CHECKPW_PROGRAM_H
#define CHECKPW_PROGRAM_H

#include "account.h"

/* Changes to the mail root, sets USER HOME SHELL MAILBOX, and makes sure that NAME
 * can be run (found in PATH as execvp does). 0, or -1 with errno. */
int program_prepare(const struct account *account, const char *name);
/* Makes the client's two descriptors fd 0 and 1 in place of the door. */
int program_take_client(const int client[2]);

#endif

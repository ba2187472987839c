/* What the parts of the Maildir share; nobody else includes this. A mailbox is the
 * folder MAILROOT/NAME with tmp/, new/ and cur/. File names:
 *     SECONDS.MmicrosPpidQcountRrandom.HOST,S=BYTES,W=WIRE[:2,FLAGS]
 * S is the file's size, W its octets with CRLF line ends, as POP3 sends them. */
#ifndef LIB_MAILDIR_H
#define LIB_MAILDIR_H

#include "mailbox.h"

#include <skalibs/stralloc.h>

/* Sets PATH to the mailbox's folder, or FOLDER/FILE in it (NULL: none). */
const char *maildir_path(stralloc *path, const char *mailbox, const char *folder,
                         const char *file);
/* Makes the mailbox's folders, durably, where they are not there. 0, or -1 with errno. */
int maildir_make(const char *mailbox);
/* Removes files in tmp/ that nobody wrote to for 36 hours. */
void maildir_tidy(const char *mailbox);
/* The number after ",KEY=" in a file's name, or -1. */
long long maildir_name_number(const char *file, char key);
/* Which result errno stands for. */
enum mailbox_result maildir_judge(int errnum);

#endif

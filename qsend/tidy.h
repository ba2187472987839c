/* Keeping tmp/ clean. */
#ifndef QSEND_TIDY_H
#define QSEND_TIDY_H

/* Removes what has lain in tmp/ for 36 hours: whoever wrote it is gone, and nobody
 * was told that it is safe. Looks at a bounded number of files in one call. */
void tidy_tmp(void);

#endif

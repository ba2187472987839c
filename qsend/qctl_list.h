/* Listing the queue while qsend works on it: what moves meanwhile may be seen twice
 * or not at all. The current folder is the queue. */
#ifndef QSEND_QCTL_LIST_H
#define QSEND_QCTL_LIST_H

/* Prints every message to standard output, one at a time: a line with the id and
 * what is known, then an indented line for each recipient. 0, or -1 with errno where
 * a folder can't be read. */
int qctl_list(void);
/* Prints the number of files in each folder, as NAME=NUMBER. 0, or -1 with errno. */
int qctl_count(void);

#endif

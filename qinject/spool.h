/* An unnamed file for a message whose envelope comes, or is sent, after it. */
#ifndef QINJECT_SPOOL_H
#define QINJECT_SPOOL_H

/* A descriptor, or -1 with errno. The file goes when it is closed. */
int spool_open(void);

#endif

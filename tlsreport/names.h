/* The names in a folder. */
#ifndef TLSREPORT_NAMES_H
#define TLSREPORT_NAMES_H

/* Calls ACT for each name in FOLDER to which WANTED says 1, in their order, until it
 * returns -1. They are read before, so ACT may change the folder. 0, or -1 with errno.
 */
int names_each(int folder, int (*wanted)(const char *name),
               int (*act)(void *data, const char *name), void *data);

#endif

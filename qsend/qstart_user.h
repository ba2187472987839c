/* Giving up root for good. */
#ifndef QSEND_QSTART_USER_H
#define QSEND_QSTART_USER_H

/* Becomes USER with its own group and GROUP (NULL: none) as the only others, and
 * makes sure that there is no way back. 0, or -1 with errno (ENOENT: no such user or
 * group). After -1 the process must end. */
int qstart_become(const char *user, const char *group);

#endif

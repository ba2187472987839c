/* Writing pombo.conf. */
#ifndef ADMIN_CONFILE_H
#define ADMIN_CONFILE_H

#include <skalibs/stralloc.h>

#include <sys/types.h>

/* Adds a whole pombo.conf: DOMAIN and HOST (may be NULL) set, every other key in a
 * comment with its default and what it means. */
void confile_write_all(stralloc *out, const char *domain, const char *host);
/* Sets KEY in the file at PATH: in place of its row, or at the end. 0, or -1 with
 * errno. */
int confile_set(const char *path, const char *key, const char *value);
/* Puts a file of these bytes in PATH's place at once, or makes it. Its bytes are
 * synced; its name is by who syncs the folder. 0, or -1 with errno. */
int confile_replace(const char *path, mode_t mode, const char *bytes, size_t len);

#endif

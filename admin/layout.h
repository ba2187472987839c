/* The folders and first files of a mail system in a folder of its own. */
#ifndef ADMIN_LAYOUT_H
#define ADMIN_LAYOUT_H

/* Makes DIR and its folders where they are absent, and makes DIR the POMBO_DIR. 0, or
 * an exit code when all is told. */
int layout_make_folders(const char *dir);
/* Writes pombo.conf and the tables where they are absent. HOST and DOMAIN may be NULL:
 * the machine's name, and localhost. What is there stays, but for host_name where a
 * HOST is given; a DOMAIN that is given and not there is added, with its postmaster.
 * Compiles the tables. 0, or an exit code. */
int layout_make_files(const char *domain, const char *host);

#endif

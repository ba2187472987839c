/* Renaming without replacing. */
#ifndef LIB_RENAME_H
#define LIB_RENAME_H

/* renameat2(2) with RENAME_NOREPLACE, which not every libc has. 0, or -1 with errno:
 * EEXIST where TO is there; EINVAL or ENOSYS where the file system or the kernel can't.
 */
int rename_no_replace(int from_folder, const char *from, int to_folder, const char *to);
/* Gives OLD the name NEW, never over another file: 0, or -1 with errno. Where the file
 * system has no rename that never replaces, a look before does: for names that are
 * random, or one program's alone. A link and an unlink would leave two names, if power
 * went between them. */
int rename_new(const char *old, const char *new);

#endif

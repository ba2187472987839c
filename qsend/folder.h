/* Reading folders, with errors told from the end. */
#ifndef QSEND_FOLDER_H
#define QSEND_FOLDER_H

#include <dirent.h>
#include <errno.h>

/* The next entry; NULL with errno 0 at the end, or with errno. */
static inline struct dirent *folder_next(DIR *folder)
{
    errno = 0;
    return readdir(folder);
}

#endif

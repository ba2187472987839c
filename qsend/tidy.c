#include "tidy.h"

#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TIDY_AGE (36 * 3600)
#define TIDY_PORTION 2000

static void tidy_file(int folder, const char *name, time_t now)
{
    struct stat status;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        now - status.st_mtime < TIDY_AGE || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0) {
        return;
    }
    if (unlinkat(folder, name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0) == 0) {
        log_event(LOG_LEVEL_INFO, "tidied", "folder", "tmp", "name", name, (char *)0);
    } else if (errno != ENOENT) {
        log_failure("tidy", "folder", "tmp", "name", name, (char *)0);
    }
}

void tidy_tmp(void)
{
    struct dirent *entry;
    DIR *folder = opendir("tmp");
    time_t now = time(NULL);
    int i;

    if (!folder) {
        log_failure("open-folder", "name", "tmp", (char *)0);
        return;
    }
    for (i = 0; i < TIDY_PORTION && (entry = readdir(folder)); i++) {
        tidy_file(dirfd(folder), entry->d_name, now);
    }
    closedir(folder);
}

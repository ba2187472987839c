#include "mailbox.h"
#include "paths.h"
#include "text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The time is the file's mtime; a new file has had no log-in yet. The lock keeps two
 * log-ins at the same moment apart. */
static long long note_in_file(int fd, int is_new, long long delay)
{
    struct stat status;
    long long passed;

    if (flock(fd, LOCK_EX) < 0 || fstat(fd, &status) < 0) {
        return 0;
    }
    passed = (long long)time(NULL) - status.st_mtime;
    if (!is_new && passed >= 0 && passed < delay) {
        return delay - passed;
    }
    (void)futimens(fd, NULL); /* at worst the next log-in need not wait */
    return 0;
}

long long mailbox_note_login(const char *name, long long delay)
{
    stralloc path = STRALLOC_ZERO;
    int is_new = 0, fd;
    long long missing = 0;

    path_make(&path, PATH_MAIL, name);
    text_add_string(&path, "/pop3-login");
    fd = open(text_string(&path), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        fd = open(text_string(&path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        is_new = 1;
    }
    if (fd >= 0) {
        missing = note_in_file(fd, is_new, delay);
        close(fd);
    }
    text_free(&path);
    return missing;
}

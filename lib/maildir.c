#include "maildir.h"

#include "paths.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TMP_LIFETIME (36 * 3600)

int mailbox_name_is_valid(const char *name)
{
    const char *part = name;

    if (!*name || *name == '/' || strlen(name) > 1024) {
        return 0;
    }
    for (;; part++) {
        size_t len = strcspn(part, "/");
        size_t i;
        if (len == 0 || len > 255 || (len == 1 && part[0] == '.') ||
            (len == 2 && part[0] == '.' && part[1] == '.')) {
            return 0;
        }
        for (i = 0; i < len; i++) {
            if ((unsigned char)part[i] < ' ' || part[i] == 127) {
                return 0;
            }
        }
        part += len;
        if (!*part) {
            return 1;
        }
    }
}

const char *maildir_path(stralloc *path, const char *mailbox, const char *folder,
                         const char *file)
{
    path_make(path, PATH_MAIL, mailbox);
    if (folder) {
        text_add_byte(path, '/');
        text_add_string(path, folder);
    }
    if (file) {
        text_add_byte(path, '/');
        text_add_string(path, file);
    }
    return text_string(path);
}

enum mailbox_result maildir_judge(int errnum)
{
    switch (errnum) {
    case ENOSPC:
        return MAILBOX_FULL_DISK;
    case EDQUOT:
        return MAILBOX_OVER_QUOTA;
    case ENOENT:
        return MAILBOX_ABSENT;
    default:
        return MAILBOX_TEMPORARY;
    }
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result;

    if (fd < 0) {
        return -1;
    }
    result = fsync(fd);
    return close(fd) < 0 ? -1 : result;
}

/* Makes PATH and the folders above it down from the mail root; each new one's parent
 * is synced. */
static int make_folders(stralloc *path, size_t root_len)
{
    size_t at = root_len;

    while (at <= path->len) {
        char *slash = memchr(path->s + at + 1, '/', path->len - at - 1);
        size_t end = slash ? (size_t)(slash - path->s) : path->len;
        char saved = path->s[end];
        int made;
        path->s[end] = '\0';
        made = mkdir(path->s, 0700);
        path->s[end] = saved;
        if (made < 0 && errno != EEXIST) {
            return -1;
        }
        if (made == 0) {
            int synced;
            saved = path->s[at];
            path->s[at] = '\0';
            synced = sync_folder(path->s);
            path->s[at] = saved;
            if (synced < 0) {
                return -1;
            }
        }
        if (end == path->len) {
            return 0;
        }
        at = end;
    }
    return 0;
}

int maildir_make(const char *mailbox)
{
    static const char *const folders[] = {"tmp", "new", "cur"};
    stralloc path = STRALLOC_ZERO;
    size_t i, root_len;
    int result = 0;

    path_make(&path, PATH_MAIL, "");
    root_len = path.len;
    for (i = 0; i < 3 && result == 0; i++) {
        maildir_path(&path, mailbox, folders[i], NULL);
        result = make_folders(&path, root_len);
    }
    text_free(&path);
    return result;
}

enum mailbox_result mailbox_create(const char *name)
{
    return maildir_make(name) < 0 ? maildir_judge(errno) : MAILBOX_OK;
}

long long maildir_name_number(const char *file, char key)
{
    const char *at = file;

    while ((at = strchr(at, ','))) {
        at++;
        if (at[0] == key && at[1] == '=') {
            size_t len = strspn(at + 2, "0123456789");
            unsigned long long n;
            return text_parse_number(at + 2, len, 1ULL << 60, &n) < 0 ? -1
                                                                      : (long long)n;
        }
    }
    return -1;
}

void maildir_tidy(const char *mailbox)
{
    stralloc path = STRALLOC_ZERO;
    DIR *folder = opendir(maildir_path(&path, mailbox, "tmp", NULL));
    struct dirent *entry;
    time_t limit = time(NULL) - TMP_LIFETIME;

    text_free(&path);
    if (!folder) {
        return;
    }
    while ((entry = readdir(folder))) {
        struct stat st;
        if (entry->d_name[0] != '.' &&
            fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISDIR(st.st_mode) && st.st_mtime < limit) {
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    closedir(folder);
}

/* Adds what FOLDER holds. */
static int add_usage(const char *mailbox, const char *folder, uint64_t *bytes,
                     uint64_t *count)
{
    stralloc path = STRALLOC_ZERO;
    DIR *open_folder = opendir(maildir_path(&path, mailbox, folder, NULL));
    struct dirent *entry;

    text_free(&path);
    if (!open_folder) {
        return errno == ENOENT ? 0 : -1;
    }
    while ((errno = 0, entry = readdir(open_folder))) {
        long long size;
        struct stat st;
        if (entry->d_name[0] == '.') {
            continue;
        }
        size = maildir_name_number(entry->d_name, 'S');
        if (size < 0) {
            size = fstatat(dirfd(open_folder), entry->d_name, &st,
                           AT_SYMLINK_NOFOLLOW) == 0
                       ? st.st_size
                       : 0;
        }
        *bytes += (uint64_t)size;
        ++*count;
    }
    if (errno != 0) {
        closedir(open_folder);
        return -1;
    }
    return closedir(open_folder);
}

enum mailbox_result mailbox_usage(const char *name, uint64_t *bytes, uint64_t *count)
{
    *bytes = *count = 0;
    if (add_usage(name, "new", bytes, count) < 0 ||
        add_usage(name, "cur", bytes, count) < 0) {
        return MAILBOX_TEMPORARY;
    }
    return MAILBOX_OK;
}

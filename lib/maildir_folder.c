#include "log.h"
#include "maildir.h"
#include "paths.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_LIFETIME (36L * 3600)
#define NAME_LONGEST 500
#define PART_LONGEST 255
#define ENTRIES_SIZE 8192

const char *const maildir_folder_names[MAILDIR_FOLDERS] = {
    [MAILDIR_NEW] = "new", [MAILDIR_CUR] = "cur", [MAILDIR_TMP] = "tmp"};

int mailbox_name_is_valid(const char *name)
{
    const char *part = name;

    if (strlen(name) > NAME_LONGEST) {
        return 0;
    }
    for (;;) {
        size_t len = strcspn(part, "/"), i;
        if (len == 0 || len > PART_LONGEST || (len == 1 && part[0] == '.') ||
            (len == 2 && part[0] == '.' && part[1] == '.')) {
            return 0;
        }
        for (i = 0; i < len; i++) {
            if ((unsigned char)part[i] < ' ' || part[i] == 127) {
                return 0;
            }
        }
        if (!part[len]) {
            return 1;
        }
        part += len + 1;
    }
}

const char *maildir_path(stralloc *out, const char *mailbox, enum maildir_folder folder,
                         const char *name)
{
    path_make(out, PATH_MAIL, mailbox);
    text_add_byte(out, '/');
    text_add_string(out, maildir_folder_names[folder]);
    if (*name) {
        text_add_byte(out, '/');
        text_add_string(out, name);
    }
    return text_string(out);
}

int maildir_open_folder(const char *mailbox, enum maildir_folder folder)
{
    stralloc path = STRALLOC_ZERO;
    int fd = open(maildir_path(&path, mailbox, folder, ""),
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    text_free(&path);
    return fd;
}

static int is_regular(int fd, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN) {
        return entry->d_type == DT_REG;
    }
    return fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

/* What one call to the kernel has given. */
static void take_entries(int fd, const char *bytes, size_t len,
                         void (*each)(void *data, const char *name), void *data)
{
    const char *end = bytes + len;

    while (bytes < end) {
        const struct dirent *entry = (const void *)bytes;
        bytes += entry->d_reclen;
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (is_regular(fd, entry)) {
            each(data, entry->d_name);
        } else {
            log_event(LOG_LEVEL_WARNING, "skipped", "name", entry->d_name, "why",
                      "not a regular file", (char *)0);
        }
    }
}

/* Without opendir, which would take memory and a call for each 30 names. */
int maildir_each(int folder_fd, void (*each)(void *data, const char *name), void *data)
{
    _Alignas(struct dirent) char entries[ENTRIES_SIZE];
    /* A fresh open: its position is not shared with other scans. */
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ssize_t got;
    int saved;

    if (fd < 0) {
        return -1;
    }
    while ((got = getdents64(fd, (void *)entries, sizeof entries)) > 0) {
        take_entries(fd, entries, (size_t)got, each, data);
    }
    saved = errno;
    close(fd);
    errno = saved;
    /* ENOENT: the folder itself was removed. */
    return got < 0 && saved != ENOENT ? -1 : 0;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);
    int saved = errno;

    if (fd >= 0 && close(fd) < 0 && result == 0) {
        return -1;
    }
    errno = saved;
    return result;
}

/* PATH's folder exists afterwards. Whoever made it may not have synced it yet. */
static int make_folder(const char *path)
{
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

/* Makes the folders of MAILBOX below ROOT one by one, each parent synced. */
static int make_parts(const char *mailbox)
{
    stralloc path = STRALLOC_ZERO;
    const char *part = mailbox;
    int result = 0;

    path_make(&path, PATH_MAIL, "");
    while (result == 0 && *part) {
        size_t len = strcspn(part, "/");
        size_t parent_len = path.len;
        text_add_byte(&path, '/');
        text_add_bytes(&path, part, len);
        result = make_folder(text_string(&path));
        if (result == 0) {
            path.s[parent_len] = '\0';
            result = sync_folder(path.s);
            path.s[parent_len] = '/';
        }
        part += part[len] ? len + 1 : len;
    }
    text_free(&path);
    return result;
}

int maildir_complete(const char *mailbox)
{
    stralloc path = STRALLOC_ZERO;
    int folder, result = 0;

    for (folder = 0; result == 0 && folder < MAILDIR_FOLDERS; folder++) {
        result =
            make_folder(maildir_path(&path, mailbox, (enum maildir_folder)folder, ""));
    }
    if (result == 0) {
        result = sync_folder(path_make(&path, PATH_MAIL, mailbox));
    }
    text_free(&path);
    return result;
}

int maildir_create(const char *mailbox)
{
    if (!mailbox_name_is_valid(mailbox)) {
        errno = EINVAL;
        return -1;
    }
    return make_parts(mailbox) < 0 ? -1 : maildir_complete(mailbox);
}

enum mailbox_result mailbox_create(const char *name)
{
    return maildir_create(name) < 0 ? maildir_judge(errno) : MAILBOX_OK;
}

struct tidy {
    int fd;
    time_t limit;
};

static void tidy_one(void *data, const char *name)
{
    const struct tidy *tidy = data;
    struct stat status;

    if (fstatat(tidy->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        status.st_mtime < tidy->limit) {
        /* Where it can't be removed it does no harm. */
        (void)unlinkat(tidy->fd, name, 0);
    }
}

void maildir_tidy(const char *mailbox)
{
    struct tidy tidy = {.fd = maildir_open_folder(mailbox, MAILDIR_TMP),
                        .limit = time(NULL) - TMP_LIFETIME};

    if (tidy.fd >= 0) {
        (void)maildir_each(tidy.fd, tidy_one, &tidy);
        close(tidy.fd);
    }
}

enum mailbox_result maildir_judge(int errnum)
{
    return errnum == ENOSPC || errnum == EDQUOT ? MAILBOX_FULL_DISK : MAILBOX_TEMPORARY;
}

/* Longer than other files: each call is a few lines, and they belong together. */
#include "fake.h"

#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct fake fake;

void fake_begin(const char *bytes, size_t len)
{
    char *output = fake.output;
    size_t room = fake.output_room;

    fake = (struct fake){.is_on = 1, .input = bytes, .input_len = len};
    fake.output = output;
    fake.output_room = room;
}

void fake_end(void)
{
    size_t i;

    for (i = 0; i < FAKE_FILES; i++) {
        free(fake.files[i].name);
        free(fake.files[i].bytes);
        fake.files[i] = (struct fake_file){0};
    }
    fake.is_on = 0;
}

void fake_choose(unsigned byte)
{
    fake.pace = byte % 4 == 1   ? FAKE_BY_LINES
                : byte % 4 == 2 ? FAKE_BY_CHUNKS
                                : FAKE_AT_ONCE;
    fake.chunk = 1 + (byte >> 2) % 32;
    fake.end = byte & 128 ? FAKE_IS_SILENT : FAKE_CLOSES;
    fake.is_waiting = fake.pace != FAKE_AT_ONCE;
}

static void append(char **bytes, size_t *len, size_t *room, const void *more,
                   size_t count)
{
    if (*len + count > *room) {
        *room = 2 * (*len + count);
        *bytes = realloc(*bytes, *room);
    }
    if (count > 0) {
        memcpy(*bytes + *len, more, count);
    }
    *len += count;
}

int fake_add_file(const char *name, const char *bytes, size_t len)
{
    int i;

    for (i = 0; i < FAKE_FILES && fake.files[i].name; i++) {
    }
    REQUIRE(i < FAKE_FILES);
    fake.files[i].name = strdup(name);
    append(&fake.files[i].bytes, &fake.files[i].len, &fake.files[i].room, bytes, len);
    return FAKE_FILE + i;
}

struct fake_file *fake_file(int fd)
{
    if (!fake.is_on || fd < FAKE_FILE || fd >= FAKE_FILE + FAKE_FILES ||
        !fake.files[fd - FAKE_FILE].name) {
        return NULL;
    }
    return &fake.files[fd - FAKE_FILE];
}

int fake_next_new(int fd)
{
    int i;

    for (i = fd < 0 ? 0 : fd - FAKE_FILE + 1; i < FAKE_FILES; i++) {
        if (fake.files[i].name && fake.files[i].is_new) {
            return FAKE_FILE + i;
        }
    }
    return -1;
}

static struct fake_file *find_name(const char *name)
{
    size_t i;

    for (i = 0; i < FAKE_FILES; i++) {
        if (fake.files[i].name && strcmp(fake.files[i].name, name) == 0) {
            return &fake.files[i];
        }
    }
    return NULL;
}

static int is_peer(int fd)
{
    return fake.is_on && (fd == 0 || fd == 1 || fd == FAKE_SOCKET);
}

/* ---- the connection ---- */

static ssize_t take_input(char *buffer, size_t size, int is_peek)
{
    size_t left = fake.input_len - fake.input_at;
    size_t len = left < size ? left : size;

    if (left == 0) {
        errno = ECONNRESET;
        return fake.end == FAKE_RESETS ? -1 : 0;
    }
    if (fake.pace == FAKE_BY_CHUNKS && len > fake.chunk) {
        len = fake.chunk;
    } else if (fake.pace == FAKE_BY_LINES) {
        const char *lf = memchr(fake.input + fake.input_at, '\n', len);
        len = lf ? (size_t)(lf - fake.input) + 1 - fake.input_at : len;
    }
    memcpy(buffer, fake.input + fake.input_at, len);
    if (!is_peek) {
        fake.input_at += len;
        fake.is_waiting = fake.pace != FAKE_AT_ONCE;
    }
    return (ssize_t)len;
}

static ssize_t put_output(const void *bytes, size_t len)
{
    if (fake.write_limit && fake.output_len + len > fake.write_limit) {
        errno = EPIPE;
        return -1;
    }
    append(&fake.output, &fake.output_len, &fake.output_room, bytes, len);
    return (ssize_t)len;
}

/* No peer may forge a line of the log, or confuse a terminal by it. */
static ssize_t put_log(const char *bytes, size_t len)
{
    REQUIRE(len > 0 && bytes[len - 1] == '\n');
    REQUIRE(!fuzz_has_control(bytes, len - 1));
    fake.log_lines++;
    return (ssize_t)len;
}

static ssize_t put_file(struct fake_file *file, const void *bytes, size_t len)
{
    append(&file->bytes, &file->len, &file->room, bytes, len);
    return (ssize_t)len;
}

/* ---- the calls: NAME of our objects is __wrap_NAME, the C library's __real_NAME. ----
 */

int __real_poll(struct pollfd *list, nfds_t count, int timeout);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __real_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
off_t __real_lseek(int fd, off_t at, int whence);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_fstat(int fd, struct stat *st);
int __real_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_unlink(const char *path);
int __real_rename_no_replace(int from_folder, const char *from, int to_folder,
                             const char *to);
int __real_statvfs(const char *path, struct statvfs *disk);
ssize_t __real_getrandom(void *buffer, size_t size, unsigned flags);

int __wrap_poll(struct pollfd *list, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *list, nfds_t count, int timeout)
{
    if (fake.is_on && count == 0) {
        return 0; /* a pause */
    }
    if (count != 1 || !is_peer(list->fd)) {
        return __real_poll(list, count, timeout);
    }
    list->revents = 0;
    if (list->events & POLLOUT) {
        list->revents = POLLOUT;
    } else if (fake.input_at < fake.input_len) {
        if (fake.is_waiting && timeout == 0) {
            return 0;
        }
        fake.is_waiting = 0;
        list->revents = POLLIN;
    } else if (fake.end != FAKE_IS_SILENT) {
        list->revents = POLLIN;
    }
    return list->revents != 0;
}

ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
    struct fake_file *file = fake_file(fd);
    size_t len;

    if (is_peer(fd)) {
        return take_input(buffer, size, 0);
    }
    if (!file) {
        return __real_read(fd, buffer, size);
    }
    len = file->len - file->at < size ? file->len - file->at : size;
    if (len > 0) {
        memcpy(buffer, file->bytes + file->at, len);
    }
    file->at += len;
    return (ssize_t)len;
}

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    return is_peer(fd) ? take_input(buffer, size, flags & MSG_PEEK)
                       : __real_recv(fd, buffer, size, flags);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    return is_peer(fd) ? put_output(bytes, len) : __real_send(fd, bytes, len, flags);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    struct fake_file *file = fake_file(fd);

    if (fake.is_on && fd == 2) {
        return put_log(bytes, len);
    }
    if (is_peer(fd)) {
        return put_output(bytes, len);
    }
    return file ? put_file(file, bytes, len) : __real_write(fd, bytes, len);
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at)
{
    struct fake_file *file = fake_file(fd);
    size_t len;

    if (!file) {
        return __real_pread(fd, buffer, size, at);
    }
    len = (size_t)at < file->len ? file->len - (size_t)at : 0;
    len = len < size ? len : size;
    if (len > 0) {
        memcpy(buffer, file->bytes + at, len);
    }
    return (ssize_t)len;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    struct fake_file *file = fake_file(fd);

    if (!file) {
        return __real_pwrite(fd, bytes, len, at);
    }
    REQUIRE((size_t)at + len <= file->len); /* states are changed in place */
    memcpy(file->bytes + at, bytes, len);
    return (ssize_t)len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    size_t left = fake.input_len - fake.input_at;
    size_t len;

    if (!is_peer(fd)) {
        return __real_recvmsg(fd, message, flags);
    }
    len = left < message->msg_iov->iov_len ? left : message->msg_iov->iov_len;
    if (len > 0) {
        memcpy(message->msg_iov->iov_base, fake.input + fake.input_at, len);
    }
    fake.input_at = fake.input_len;
    message->msg_controllen = 0;
    message->msg_flags = len < left ? MSG_TRUNC : 0;
    return (ssize_t)len;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (!is_peer(fd)) {
        return __real_sendmsg(fd, message, flags);
    }
    fake.packets++;
    return (ssize_t)message->msg_iov->iov_len;
}

off_t __wrap_lseek(int fd, off_t at, int whence);
off_t __wrap_lseek(int fd, off_t at, int whence)
{
    struct fake_file *file = fake_file(fd);

    return file && whence == SEEK_END ? (off_t)file->len : __real_lseek(fd, at, whence);
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    unsigned mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
    va_end(args);
    if (!fake.is_on) {
        return __real_open(path, flags, mode);
    }
    if (flags & O_CREAT) {
        return fake_add_file(path, "", 0);
    }
    if (flags & O_DIRECTORY) {
        return FAKE_FOLDER;
    }
    if (find_name(path)) {
        return FAKE_FILE + (int)(find_name(path) - fake.files);
    }
    errno = ENOENT;
    return -1;
}

int __wrap_close(int fd);
int __wrap_close(int fd)
{
    return fake.is_on && fd >= FAKE_SOCKET && fd < FAKE_FILE + FAKE_FILES
               ? 0
               : __real_close(fd);
}

int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
    struct fake_file *file = fake_file(fd);

    if (!file) {
        return __real_fstat(fd, st);
    }
    *st = (struct stat){.st_uid = geteuid(),
                        .st_mode = S_IFREG | 0660,
                        .st_size = (off_t)file->len,
                        .st_nlink = 1};
    return 0;
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fake.is_on && fd >= FAKE_SOCKET ? 0 : __real_fsync(fd);
}

int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
    return fake_file(fd) ? 0 : __real_fchmod(fd, mode);
}

int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
    struct fake_file *file = fake.is_on ? find_name(path) : NULL;

    if (!fake.is_on) {
        return __real_unlink(path);
    }
    REQUIRE(file); /* programs remove what they made, and once */
    free(file->name);
    free(file->bytes);
    *file = (struct fake_file){0};
    return 0;
}

int __wrap_rename_no_replace(int from_folder, const char *from, int to_folder,
                             const char *to);
int __wrap_rename_no_replace(int from_folder, const char *from, int to_folder,
                             const char *to)
{
    struct fake_file *file = fake.is_on ? find_name(from) : NULL;

    if (!fake.is_on) {
        return __real_rename_no_replace(from_folder, from, to_folder, to);
    }
    REQUIRE(file);
    if (find_name(to)) {
        errno = EEXIST;
        return -1;
    }
    free(file->name);
    file->name = strdup(to);
    file->is_new = strstr(to, "/new/") != NULL;
    return 0;
}

int __wrap_statvfs(const char *path, struct statvfs *disk);
int __wrap_statvfs(const char *path, struct statvfs *disk)
{
    if (!fake.is_on) {
        return __real_statvfs(path, disk);
    }
    *disk = (struct statvfs){.f_bavail = 1UL << 30, .f_frsize = 4096};
    return 0;
}

/* Names come in a fixed order, so that each run is the same. */
ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags)
{
    static unsigned long count;

    if (!fake.is_on) {
        return __real_getrandom(buffer, size, flags);
    }
    memset(buffer, 0, size);
    count++;
    memcpy(buffer, &count, size < sizeof count ? size : sizeof count);
    return (ssize_t)size;
}

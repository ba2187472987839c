#include "rowchange.h"

#include "compile.h"
#include "paths.h"
#include "source.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int tell(const char *path)
{
    dprintf(2, "%s: %s\n", path, strerror(errno));
    return -1;
}

/* 1 where the line's first word is KEY, as an address or as a domain. */
static int has_key(const struct textfile *file, const struct text_line *line,
                   const char *key)
{
    char *copy = memory_copy_bytes(file->bytes + line->start, line->len);
    struct text_row row = {.file = file, .text = row_strip(copy)};
    stralloc canonical = STRALLOC_ZERO;
    const char *word = row_next_word(&row);
    int found = 0;

    if (word && (strchr(key, '@') ? source_address(word, &canonical)
                                  : source_domain(word, &canonical)) == 0) {
        found = text_equal_nocase(canonical.s, canonical.len, key, strlen(key));
    }
    text_free(&canonical);
    free(copy);
    return found;
}

static void add_line(stralloc *out, const char *bytes, size_t len)
{
    text_add_bytes(out, bytes, len);
    text_add_byte(out, '\n');
}

/* Sets OUT to the file with the row in place of the first one with that key, without
 * any other, or at the end. */
static void edit(const struct textfile *file, struct row_change *change, stralloc *out)
{
    struct text_line line = {0};
    int is_written = !change->row;

    change->was_there = 0;
    while (textfile_next_line(file, &line)) {
        if (!has_key(file, &line, change->key)) {
            add_line(out, file->bytes + line.start, line.len);
            continue;
        }
        change->was_there = 1;
        if (!is_written) {
            add_line(out, change->row, strlen(change->row));
            is_written = 1;
        }
    }
    if (!is_written) {
        add_line(out, change->row, strlen(change->row));
    }
}

/* Owner and mode of the file that is replaced. */
static int keep_owner(int fd, const char *path, unsigned mode)
{
    struct stat st;

    if (stat(path, &st) == 0) {
        mode &= st.st_mode & 0777;
        if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
            fchown(fd, st.st_uid, st.st_gid) < 0) {
            return -1;
        }
    } else if (errno != ENOENT) {
        return -1;
    }
    return fchmod(fd, mode | 0600);
}

static int write_temporary(const char *temporary, const char *path, unsigned mode,
                           const char *bytes, size_t len)
{
    int fd;

    if (unlink(temporary) < 0 && errno != ENOENT) {
        return -1;
    }
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -1;
    }
    if (write_all(fd, bytes, len) < 0 || keep_owner(fd, path, mode) < 0 ||
        fsync(fd) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return close(fd);
}

static int sync_etc(void)
{
    stralloc path = STRALLOC_ZERO;
    int fd = open(path_make(&path, PATH_ETC, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    int result = fd < 0 || fsync(fd) < 0 ? tell(path.s) : 0;

    if (fd >= 0) {
        close(fd);
    }
    text_free(&path);
    return result;
}

/* Puts new contents in PATH's place at once. The last name is synced by what follows:
 * compile_tables, or who takes all changes back. */
static int replace_file(const char *path, unsigned mode, const char *bytes, size_t len)
{
    stralloc temporary = STRALLOC_ZERO;
    int result;

    text_add_format(&temporary, "%s.tmp", path);
    text_string(&temporary);
    result = write_temporary(temporary.s, path, mode, bytes, len);
    if (result == 0) {
        result = rename(temporary.s, path);
    }
    if (result < 0) {
        tell(path);
        unlink(temporary.s);
    }
    text_free(&temporary);
    return result;
}

static void take_back(const struct textfile *old, unsigned mode)
{
    if (old->is_absent) {
        if (unlink(old->path) < 0 && errno != ENOENT) {
            tell(old->path);
        }
        return;
    }
    replace_file(old->path, mode, old->bytes, old->len);
}

static int read_etc(struct textfile *file, const char *name)
{
    stralloc path = STRALLOC_ZERO;
    int result = textfile_read(file, path_make(&path, PATH_ETC, name));

    text_free(&path);
    return result;
}

/* Makes one change; OLD becomes what was there before. */
static int change_file(struct row_change *change, struct textfile *old)
{
    stralloc edited = STRALLOC_ZERO;
    int result;

    if (read_etc(old, change->file) < 0) {
        return tell(old->path);
    }
    edit(old, change, &edited);
    result = change->row || change->was_there
                 ? replace_file(old->path, change->mode, edited.s, edited.len)
                 : 0;
    if (edited.s) {
        explicit_bzero(edited.s, edited.len);
    }
    text_free(&edited);
    return result;
}

enum exitcode rowchange_apply(struct row_change *changes, size_t count)
{
    struct textfile *old = memory_get((count + 1) * sizeof *old);
    enum exitcode result = EXITCODE_DONE;
    size_t made;
    size_t i;

    for (made = 0; made < count; made++) {
        /* A row may need that of another table: never without it. */
        if (made > 0 && sync_etc() < 0) {
            result = EXITCODE_TEMPORARY;
            break;
        }
        if (change_file(&changes[made], &old[made]) < 0) {
            textfile_free(&old[made]);
            result = EXITCODE_TEMPORARY;
            break;
        }
    }
    if (result == EXITCODE_DONE) {
        result = compile_tables();
    }
    if (result != EXITCODE_DONE) {
        for (i = made; i-- > 0;) {
            take_back(&old[i], changes[i].mode);
        }
        sync_etc();
    }
    for (i = 0; i < made; i++) {
        textfile_free(&old[i]);
    }
    free(old);
    return result;
}

char *rowchange_find(const char *name, const char *key)
{
    struct textfile file;
    struct text_line line = {0};
    char *found = NULL;

    if (read_etc(&file, name) < 0) {
        textfile_free(&file);
        return NULL;
    }
    while (!found && textfile_next_line(&file, &line)) {
        if (has_key(&file, &line, key)) {
            found = memory_copy_bytes(file.bytes + line.start, line.len);
            memmove(found, row_strip(found), strlen(row_strip(found)) + 1);
        }
    }
    textfile_free(&file);
    errno = 0;
    return found;
}

int rowchange_has(const char *name, const char *key)
{
    char *row = rowchange_find(name, key);
    int result = row ? 1 : errno ? -1 : 0;

    free(row);
    return result;
}

#include "compile.h"

#include "crosscheck.h"
#include "paths.h"
#include "source.h"
#include "text.h"
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTH_GROUP "pombo-auth"

static int tell(const char *path)
{
    dprintf(2, "qtable: %s: %s\n", path, strerror(errno));
    return -1;
}

int compile_lock(void)
{
    stralloc path = STRALLOC_ZERO;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path_make(&path, PATH_ETC, ".lock"),
                  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    text_free(&path);
    /* Bound to the open file, not to the process, whose other closes would end it. */
    while (fd >= 0 && fcntl(fd, F_OFD_SETLKW, &lock) < 0) {
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    }
    writer_hold(fd);
    return fd;
}

/* Opens a cdb that is not yet in its place. */
static int open_made(const char *path, struct tables *tables)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    memset(tables, 0, sizeof *tables);
    if (fd < 0) {
        return -1;
    }
    tables->is_open = cdb_init_fromfd(&tables->map, fd);
    close(fd);
    return tables->is_open ? 0 : -1;
}

/* Makes tables.cdb at PATH and checks what it says. 0, or -1 on errors; faults are
 * counted in the source. */
static int make_tables(struct source *source, const char *path)
{
    struct writer_part parts[TABLE_COUNT];
    struct tables tables;
    int i;

    for (i = 0; i < TABLE_COUNT; i++) {
        parts[i] = (struct writer_part){table_names[i], &source->tables[i]};
    }
    if (writer_make(path, parts, TABLE_COUNT) < 0) {
        return -1;
    }
    if (open_made(path, &tables) < 0) {
        return tell(path);
    }
    crosscheck_tables(source, &tables);
    tables_close(&tables);
    return 0;
}

/* The group's number from the machine's own file, -1 where it is not there. */
static gid_t find_auth_group(void)
{
    FILE *file = fopen("/etc/group", "re");
    struct group *group;
    gid_t gid = (gid_t)-1;

    while (file && gid == (gid_t)-1 && (group = fgetgrent(file))) {
        if (strcmp(group->gr_name, AUTH_GROUP) == 0) {
            gid = group->gr_gid;
        }
    }
    if (file) {
        fclose(file);
    }
    return gid;
}

/* Owner and mode of passwords.cdb: group and its right to read as they were, or of the
 * group that checkpw runs with; else ours alone. */
static int protect_passwords(int fd, const char *path)
{
    mode_t mode = 0600;
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;
    struct stat st;

    if (stat(path, &st) == 0) {
        uid = geteuid() == 0 ? st.st_uid : (uid_t)-1;
        gid = st.st_gid;
        mode |= st.st_mode & 0040;
    } else if (geteuid() == 0) {
        gid = find_auth_group();
        mode |= gid == (gid_t)-1 ? 0 : 0040;
    }
    if (gid != (gid_t)-1 && fchown(fd, uid, gid) < 0) {
        return -1;
    }
    return fchmod(fd, mode);
}

/* Gives TEMPORARY the owner and mode that PATH has to have, and syncs it. */
static int finish_file(const char *temporary, const char *path, int is_secret)
{
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    int result;

    if (fd < 0) {
        return tell(temporary);
    }
    result = is_secret ? protect_passwords(fd, path) : fchmod(fd, 0644);
    if (result < 0 || fsync(fd) < 0) {
        result = tell(temporary);
    }
    close(fd);
    return result;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);

    if (result < 0) {
        tell(path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

/* The paths of one compilation. Temporary names are always the same: the lock keeps
 * others away, and what a killed one left is replaced. */
struct paths {
    stralloc etc, tables, passwords, new_tables, new_passwords;
};

static void make_paths(struct paths *paths)
{
    path_make(&paths->etc, PATH_ETC, "");
    path_make(&paths->tables, PATH_ETC, "tables.cdb");
    path_make(&paths->passwords, PATH_ETC, "passwords.cdb");
    path_make(&paths->new_tables, PATH_ETC, ".tables.cdb.tmp");
    path_make(&paths->new_passwords, PATH_ETC, ".passwords.cdb.tmp");
}

static void free_paths(struct paths *paths)
{
    text_free(&paths->etc);
    text_free(&paths->tables);
    text_free(&paths->passwords);
    text_free(&paths->new_tables);
    text_free(&paths->new_passwords);
}

static int put_in_force(const struct paths *paths)
{
    if (finish_file(paths->new_tables.s, paths->tables.s, 0) < 0 ||
        finish_file(paths->new_passwords.s, paths->passwords.s, 1) < 0) {
        return -1;
    }
    /* A user that the tables know has its password in force. */
    if (rename(paths->new_passwords.s, paths->passwords.s) < 0) {
        return tell(paths->passwords.s);
    }
    if (rename(paths->new_tables.s, paths->tables.s) < 0) {
        return tell(paths->tables.s);
    }
    return sync_folder(paths->etc.s);
}

static enum exitcode compile(struct source *source, const struct paths *paths)
{
    const struct writer_part passwords = {NULL, &source->tables[SOURCE_PASSWORDS]};

    /* What could not be read says nothing of what is wrong with the rest. */
    if (source->errors > 0 || make_tables(source, paths->new_tables.s) < 0) {
        return EXITCODE_TEMPORARY;
    }
    if (source->faults.count > 0) {
        return EXITCODE_CONFIGURATION;
    }
    if (writer_make(paths->new_passwords.s, &passwords, 1) < 0 ||
        put_in_force(paths) < 0) {
        return EXITCODE_TEMPORARY;
    }
    return EXITCODE_DONE;
}

enum exitcode compile_tables(void)
{
    struct paths paths = {0};
    struct source source;
    enum exitcode result;

    make_paths(&paths);
    source_read(&source);
    result = compile(&source, &paths);
    if (result != EXITCODE_DONE) {
        unlink(paths.new_tables.s);
        unlink(paths.new_passwords.s);
    }
    source_free(&source);
    free_paths(&paths);
    return result;
}

/* Makes tables.cdb in FOLDER, which is private, to check it. */
static enum exitcode check_in(struct source *source, const char *folder)
{
    stralloc path = STRALLOC_ZERO;
    int result;

    if (source->errors > 0) {
        return EXITCODE_TEMPORARY;
    }
    text_add_format(&path, "%s/tables.cdb", folder);
    result = make_tables(source, text_string(&path));
    unlink(path.s);
    text_free(&path);
    if (source->faults.count > 0) {
        return EXITCODE_CONFIGURATION;
    }
    return result < 0 ? EXITCODE_TEMPORARY : EXITCODE_DONE;
}

enum exitcode compile_check(void)
{
    const char *base = getenv("TMPDIR");
    stralloc folder = STRALLOC_ZERO;
    struct source source;
    enum exitcode result;

    text_add_format(&folder, "%s/qtable.XXXXXX", base && *base ? base : "/tmp");
    text_string(&folder);
    if (!mkdtemp(folder.s)) {
        tell(folder.s);
        text_free(&folder);
        return EXITCODE_TEMPORARY;
    }
    source_read(&source);
    result = check_in(&source, folder.s);
    rmdir(folder.s);
    source_free(&source);
    text_free(&folder);
    return result;
}

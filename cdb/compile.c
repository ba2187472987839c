#include "compile.h"

#include "crosscheck.h"
#include "paths.h"
#include "salt_secret.h"
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

/* Who reads passwords.cdb and relay_passwords.cdb on a server. */
#define AUTH_GROUP "pombo-auth"
#define RELAY_GROUP "pombo-out"

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
static gid_t find_group(const char *name)
{
    FILE *file = fopen("/etc/group", "re");
    struct group *group;
    gid_t gid = (gid_t)-1;

    while (file && gid == (gid_t)-1 && (group = fgetgrent(file))) {
        if (strcmp(group->gr_name, name) == 0) {
            gid = group->gr_gid;
        }
    }
    if (file) {
        fclose(file);
    }
    return gid;
}

/* Owner and mode of a table with secrets: group and its right to read as they were, or
 * of GROUP; else ours alone. */
static int protect_secrets(int fd, const char *path, const char *group)
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
        gid = find_group(group);
        mode |= gid == (gid_t)-1 ? 0 : 0040;
    }
    if (gid != (gid_t)-1 && fchown(fd, uid, gid) < 0) {
        return -1;
    }
    return fchmod(fd, mode);
}

/* Gives TEMPORARY the owner and mode that PATH has to have (GROUP: who may read it;
 * NULL: all), and syncs it. */
static int finish_file(const char *temporary, const char *path, const char *group)
{
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    int result;

    if (fd < 0) {
        return tell(temporary);
    }
    result = group ? protect_secrets(fd, path, group) : fchmod(fd, 0644);
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

/* What is made, in the order in which it is put in force: a user that the tables know
 * has its password in force, and so has a host. */
enum { MADE_PASSWORDS, MADE_RELAY_PASSWORDS, MADE_TABLES, MADE_COUNT };
static const struct {
    const char *name, *temporary;
    const char *group; /* NULL: all may read it */
} made[MADE_COUNT] = {
    [MADE_PASSWORDS] = {"passwords.cdb", ".passwords.cdb.tmp", AUTH_GROUP},
    [MADE_RELAY_PASSWORDS] = {"relay_passwords.cdb", ".relay_passwords.cdb.tmp",
                              RELAY_GROUP},
    [MADE_TABLES] = {"tables.cdb", ".tables.cdb.tmp", NULL},
};

/* The paths of one compilation. Temporary names are always the same: the lock keeps
 * others away, and what a killed one left is replaced. */
struct paths {
    stralloc etc, files[MADE_COUNT], temporary[MADE_COUNT];
};

static void make_paths(struct paths *paths)
{
    int i;

    path_make(&paths->etc, PATH_ETC, "");
    for (i = 0; i < MADE_COUNT; i++) {
        path_make(&paths->files[i], PATH_ETC, made[i].name);
        path_make(&paths->temporary[i], PATH_ETC, made[i].temporary);
    }
}

static void free_paths(struct paths *paths)
{
    int i;

    text_free(&paths->etc);
    for (i = 0; i < MADE_COUNT; i++) {
        text_free(&paths->files[i]);
        text_free(&paths->temporary[i]);
    }
}

static int put_in_force(const struct paths *paths)
{
    int i;

    for (i = 0; i < MADE_COUNT; i++) {
        if (finish_file(paths->temporary[i].s, paths->files[i].s, made[i].group) < 0) {
            return -1;
        }
    }
    for (i = 0; i < MADE_COUNT; i++) {
        if (rename(paths->temporary[i].s, paths->files[i].s) < 0) {
            return tell(paths->files[i].s);
        }
    }
    return sync_folder(paths->etc.s);
}

static int make_passwords(struct source *source, const struct paths *paths)
{
    struct record_list *list = &source->tables[SOURCE_PASSWORDS];
    const struct writer_part part = {NULL, list};

    if (salt_secret_add(list, paths->files[MADE_PASSWORDS].s) < 0) {
        return tell("random bytes");
    }
    return writer_make(paths->temporary[MADE_PASSWORDS].s, &part, 1);
}

static enum exitcode compile(struct source *source, const struct paths *paths)
{
    const struct writer_part relay_passwords = {NULL, &source->relay_secrets};

    /* What could not be read says nothing of what is wrong with the rest. */
    if (source->errors > 0 ||
        make_tables(source, paths->temporary[MADE_TABLES].s) < 0) {
        return EXITCODE_TEMPORARY;
    }
    if (source->faults.count > 0) {
        return EXITCODE_CONFIGURATION;
    }
    if (make_passwords(source, paths) < 0 ||
        writer_make(paths->temporary[MADE_RELAY_PASSWORDS].s, &relay_passwords, 1) <
            0 ||
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
    int i;

    make_paths(&paths);
    source_read(&source);
    result = compile(&source, &paths);
    for (i = 0; i < MADE_COUNT && result != EXITCODE_DONE; i++) {
        unlink(paths.temporary[i].s);
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

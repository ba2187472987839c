#include "tables.h"

#include "paths.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CDB_HEADER_SIZE 2048
/* Longer keys are in no table: addresses end at 320 bytes, hosts at 255. */
#define KEY_MAX 600

const char *const table_names[TABLE_COUNT] = {
    [TABLE_CONF] = "conf",
    [TABLE_DOMAINS] = "domains",
    [TABLE_USERS] = "users",
    [TABLE_ALIASES] = "aliases",
    [TABLE_ACCESS] = "access",
    [TABLE_ROUTES] = "routes",
    [TABLE_TLS_POLICY] = "tls_policy",
    [TABLE_SENDERS] = "senders",
    [TABLE_RELAY_PASSWORDS] = "relay_passwords",
};

static int open_file(void)
{
    stralloc path = STRALLOC_ZERO;
    int fd = open(path_make(&path, PATH_ETC, "tables.cdb"), O_RDONLY | O_CLOEXEC);
    int saved = errno;

    text_free(&path);
    errno = saved;
    return fd;
}

static int map_file(struct tables *tables, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        return -1;
    }
    if (!S_ISREG(st.st_mode) || st.st_size < CDB_HEADER_SIZE) {
        errno = EILSEQ;
        return -1;
    }
    if (!cdb_init_fromfd(&tables->map, fd)) {
        return -1;
    }
    tables->device = st.st_dev;
    tables->inode = st.st_ino;
    tables->is_open = 1;
    return 0;
}

int tables_open(struct tables *tables)
{
    int fd = open_file();
    int result;
    int saved;

    memset(tables, 0, sizeof *tables);
    if (fd < 0) {
        return -1;
    }
    result = map_file(tables, fd);
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

void tables_close(struct tables *tables)
{
    if (tables->is_open) {
        cdb_free(&tables->map);
    }
    memset(tables, 0, sizeof *tables);
}

int tables_is_current(const struct tables *tables)
{
    stralloc path = STRALLOC_ZERO;
    struct stat st;
    int result = stat(path_make(&path, PATH_ETC, "tables.cdb"), &st);

    text_free(&path);
    return result == 0 && tables->is_open && st.st_dev == tables->device &&
           st.st_ino == tables->inode;
}

int tables_refresh(struct tables *tables)
{
    struct tables fresh;

    if (tables_open(&fresh) < 0) {
        return -1;
    }
    /* The mapped file's inode can't be used again while the map holds it. */
    if (tables->is_open && fresh.device == tables->device &&
        fresh.inode == tables->inode) {
        tables_close(&fresh);
        return 0;
    }
    tables_close(tables);
    *tables = fresh;
    return 1;
}

int tables_find_value(const cdb *map, const char *key, size_t len, cdb_data *value)
{
    int found = cdb_find(map, value, key, (uint32_t)len);

    if (found > 0) {
        size_t at = (size_t)(value->s - map->map);
        return at <= map->size && value->len <= map->size - at ? 1 : -1;
    }
    return found;
}

enum table_result tables_get(const struct tables *tables, enum table table,
                             const char *key, const char **value)
{
    char folded[KEY_MAX];
    size_t name_len = strlen(table_names[table]);
    size_t key_len = strlen(key);
    cdb_data data;
    int found;

    if (!tables->is_open) {
        return TABLE_ERROR;
    }
    if (name_len + 1 + key_len > sizeof folded) {
        return TABLE_ABSENT;
    }
    memcpy(folded, table_names[table], name_len);
    folded[name_len] = ':';
    memcpy(folded + name_len + 1, key, key_len); // NOLINT: a cdb key has no NUL
    text_lower(folded + name_len + 1, key_len);
    found = tables_find_value(&tables->map, folded, name_len + 1 + key_len, &data);
    if (found == 0) {
        return TABLE_ABSENT;
    }
    if (found < 0 || data.len == 0 || data.s[data.len - 1] != 0) {
        return TABLE_ERROR;
    }
    *value = data.s;
    return TABLE_FOUND;
}

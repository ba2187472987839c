#include "password.h"

#include "tables.h"

#include <skalibs/cdb.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What qpasswd makes unless told otherwise; for a table without rows. */
static const char default_model[] = "$y$j9T$0123456789abcdefghij./$";

/* A value is "HASH" or "HASH KEYS", with or without a final NUL. Copies one of the two;
 * "" where it is not there, or too long. */
static void copy_word(char *out, size_t size, const cdb_data *value, int is_second)
{
    size_t len = strnlen(value->s, value->len);
    const char *blank = memchr(value->s, ' ', len);
    const char *word = value->s;
    size_t word_len = blank ? (size_t)(blank - value->s) : len;

    if (is_second) {
        word = blank ? blank + 1 : value->s + len;
        word_len = (size_t)(value->s + len - word);
    }
    out[0] = 0;
    if (word_len < size) {
        memcpy(out, word, word_len);
        out[word_len] = 0;
    }
}

/* The first row is the model, unless it is no user's. */
static int find_model(const cdb *map, struct password_row *out)
{
    cdb_data key, value;
    uint32_t position = CDB_TRAVERSE_INIT();
    int found = cdb_traverse_next(map, &key, &value, &position);

    if (found > 0 && key.len > 0 && key.s[0] != '#') {
        copy_word(out->model, sizeof out->model, &value, 0);
    }
    return found;
}

static int find_salt_secret(const cdb *map, struct password_row *out)
{
    cdb_data value;
    int found = tables_find_value(map, PASSWORD_SALT_SECRET,
                                  strlen(PASSWORD_SALT_SECRET), &value);

    if (found > 0) {
        copy_word(out->salt_secret, sizeof out->salt_secret, &value, 0);
    }
    if (!out->salt_secret[0]) {
        memcpy(out->salt_secret, out->model, sizeof out->model);
    }
    return found;
}

static int find_rows(const cdb *map, const char *address, struct password_row *out)
{
    cdb_data value;
    int found;

    if (find_model(map, out) < 0 || find_salt_secret(map, out) < 0) {
        return -1;
    }
    if (!address) {
        return 0;
    }
    found = tables_find_value(map, address, strlen(address), &value);
    if (found > 0) {
        copy_word(out->hash, sizeof out->hash, &value, 0);
        copy_word(out->scram, sizeof out->scram, &value, 1);
    }
    return found < 0 ? -1 : 0;
}

static int map_file(cdb *map, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int is_mapped, saved;

    if (fd < 0) {
        return -1;
    }
    is_mapped = cdb_init_fromfd(map, fd);
    saved = errno;
    close(fd);
    errno = saved;
    return is_mapped ? 0 : -1;
}

int password_find(const char *path, const char *address, struct password_row *out)
{
    cdb map = CDB_ZERO;
    int result;

    memset(out, 0, sizeof *out);
    memcpy(out->model, default_model, sizeof default_model);
    if (map_file(&map, path) < 0) {
        return -1;
    }
    result = find_rows(&map, address, out);
    cdb_free(&map);
    if (result < 0) {
        errno = EPROTO;
    }
    return result;
}

/* 1 equal, 0 not; takes the same time whatever the bytes are. */
static int equal_in_constant_time(const char *a, const char *b, size_t len)
{
    volatile unsigned char difference = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        difference |= (unsigned char)(a[i] ^ b[i]);
    }
    return difference == 0;
}

/* Hashes PASSWORD as SETTING says: 1 the result is SETTING again, 0 not, -1 crypt
 * can't: SETTING names no known method, or memory is short. It says EINVAL in both
 * cases. */
static int compare(const char *setting, const char *password)
{
    static struct crypt_data data;
    const char *made = crypt_r(password, setting, &data);
    int result = -1;

    if (made && made[0] != '*') {
        size_t len = strlen(setting);
        result = strlen(made) == len && equal_in_constant_time(made, setting, len);
    }
    explicit_bzero(&data, sizeof data);
    return result;
}

/* The same for a hash; where crypt can't, a setting that is known to be good tells
 * whether the hash is at fault, and then it can't the second time either. -2: memory.
 */
static int compare_hash(const char *hash, const char *password)
{
    int result = compare(hash, password);

    if (result < 0) {
        result = compare(default_model, password) < 0 ? -2 : compare(hash, password);
    }
    return result;
}

enum password_result password_check(const struct password_row *row,
                                    const char *password)
{
    int result = row->hash[0] ? compare_hash(row->hash, password) : -1;

    if (result == -1) {
        /* As long as for one who is known. */
        int dummy = compare(row->model, password);
        dummy = dummy < 0 ? compare(default_model, password) : dummy;
        result = dummy < 0 ? -2 : 0;
    }
    if (result == -2) {
        errno = ENOMEM;
        return PASSWORD_TEMPORARY;
    }
    return result == 1 ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

#include "relay_password.h"

#include "encode.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum table_result relay_password_find(const struct tables *tables,
                                      const char *destination, unsigned port,
                                      stralloc *key)
{
    enum table_result result;
    const char *value;

    text_clear(key);
    text_add_format(key, "%s:%u", destination, port);
    result = tables_get(tables, TABLE_RELAY_PASSWORDS, text_string(key), &value);
    if (result == TABLE_ABSENT) {
        text_set_string(key, destination);
        result = tables_get(tables, TABLE_RELAY_PASSWORDS, text_string(key), &value);
    }
    text_lower(key->s, key->len);
    return result;
}

int relay_password_open(void)
{
    stralloc path = STRALLOC_ZERO;
    int fd =
        open(path_make(&path, PATH_ETC, "relay_passwords.cdb"), O_RDONLY | O_CLOEXEC);
    int saved = errno;

    text_free(&path);
    errno = saved;
    return fd;
}

/* 1 found, 0 not, -1 damaged. */
static int find(const cdb *map, const char *key, struct relay_password *out)
{
    cdb_data data;
    int found = tables_find_value(map, key, strlen(key), &data);

    return found > 0 && (data.len == 0 ||
                         relay_password_parse(data.s, data.len - 1, out) < 0)
               ? -1
               : found;
}

int relay_password_read(int fd, const char *key, struct relay_password *out)
{
    cdb map = CDB_ZERO;
    int found;

    if (!cdb_init_fromfd(&map, fd)) {
        return -1;
    }
    found = find(&map, key, out);
    cdb_free(&map);
    errno = found < 0 ? EILSEQ : ENOKEY;
    return found > 0 ? 0 : -1;
}

void relay_password_free(struct relay_password *password)
{
    text_wipe(&password->user);
    text_wipe(&password->password);
}

void relay_password_format(const struct relay_password *password, stralloc *out)
{
    base64_encode(out, password->user.s, password->user.len);
    text_add_byte(out, ' ');
    base64_encode(out, password->password.s, password->password.len);
}

/* All the room at once: growing would leave copies that nobody wipes. */
static int take_part(stralloc *out, const char *text, size_t len, size_t most)
{
    text_clear(out);
    text_make_room(out, most + 4);
    return len > 0 && len <= (most + 2) / 3 * 4 && base64_decode(out, text, len) == 0 &&
                   out->len <= most && !memchr(out->s, 0, out->len)
               ? 0
               : -1;
}

int relay_password_parse(const char *text, size_t len, struct relay_password *out)
{
    const char *blank = memchr(text, ' ', len);
    size_t user_len = blank ? (size_t)(blank - text) : 0;

    if (!blank || take_part(&out->user, text, user_len, RELAY_USER_MAX) < 0 ||
        take_part(&out->password, blank + 1, len - user_len - 1, RELAY_PASSWORD_MAX) <
            0) {
        relay_password_free(out);
        return -1;
    }
    return 0;
}

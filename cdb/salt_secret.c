#include "salt_secret.h"

#include "../checkpw/password.h"
#include "encode.h"
#include "tables.h"
#include "text.h"

#include <skalibs/cdb.h>

#include <string.h>
#include <sys/random.h>

#define SECRET_BYTES 32

/* Copies what the cdb at PATH has. 0, or -1 where that is nothing of use. */
static int take_old(const char *path, stralloc *out)
{
    cdb map = CDB_ZERO;
    cdb_data value;
    int result = -1;

    if (!cdb_init(&map, path)) {
        return -1;
    }
    if (tables_find_value(&map, PASSWORD_SALT_SECRET, strlen(PASSWORD_SALT_SECRET),
                          &value) > 0) {
        size_t len = strnlen(value.s, value.len);
        if (len > 0 && len < PASSWORD_SALT_SECRET_MAX) {
            text_add_bytes(out, value.s, len);
            result = 0;
        }
    }
    cdb_free(&map);
    return result;
}

static int make_new(stralloc *out)
{
    char bytes[SECRET_BYTES];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return -1;
    }
    base64_encode(out, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    return 0;
}

int salt_secret_add(struct record_list *list, const char *path)
{
    stralloc secret = STRALLOC_ZERO;

    if (take_old(path, &secret) < 0 && make_new(&secret) < 0) {
        return -1;
    }
    record_add(list, PASSWORD_SALT_SECRET, text_string(&secret), 0);
    text_wipe(&secret);
    return 0;
}

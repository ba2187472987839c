#include "credentials.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int credentials_make(struct credentials *out, const char *user, size_t user_len,
                     const char *password, size_t password_len)
{
    char stamp[32];
    size_t stamp_len =
        (size_t)snprintf(stamp, sizeof stamp, "%lld", (long long)time(0));

    if (user_len > CREDENTIALS_MAX || password_len > CREDENTIALS_MAX ||
        user_len + password_len + stamp_len + 3 > CREDENTIALS_MAX ||
        memchr(user, 0, user_len) || memchr(password, 0, password_len)) {
        return -1;
    }
    memset(out, 0, sizeof *out);
    memcpy(out->bytes, user, user_len);
    memcpy(out->bytes + user_len + 1, password, password_len);
    memcpy(out->bytes + user_len + password_len + 2, stamp, stamp_len);
    out->len = user_len + password_len + stamp_len + 3;
    out->user = out->bytes;
    out->password = out->bytes + user_len + 1;
    return 0;
}

void credentials_add(struct credentials *credentials, const char *name,
                     const char *value)
{
    size_t room = CREDENTIALS_MAX - credentials->len;
    size_t len = strlen(name) + strlen(value) + 2;

    if (len <= room) {
        snprintf(credentials->bytes + credentials->len, len, "%s=%s", name, value);
        credentials->len += len;
    }
}

/* The string after the one at S, or NULL where that has no NUL before END. */
static const char *next_string(const char *s, const char *end)
{
    const char *nul = memchr(s, 0, (size_t)(end - s));

    return nul ? nul + 1 : NULL;
}

int credentials_parse(struct credentials *credentials)
{
    const char *end, *stamp;

    if (credentials->len > CREDENTIALS_MAX) {
        return -1;
    }
    end = credentials->bytes + credentials->len;
    credentials->user = credentials->bytes;
    credentials->password = next_string(credentials->user, end);
    stamp = credentials->password ? next_string(credentials->password, end) : NULL;
    return stamp && next_string(stamp, end) ? 0 : -1;
}

const char *credentials_get(const struct credentials *credentials, const char *name)
{
    const char *end = credentials->bytes + credentials->len;
    const char *at = next_string(credentials->password, end);
    size_t len = strlen(name);

    at = at ? next_string(at, end) : NULL;
    while (at && at < end && memchr(at, 0, (size_t)(end - at))) {
        if (strncmp(at, name, len) == 0 && at[len] == '=') {
            return at + len + 1;
        }
        at = next_string(at, end);
    }
    return NULL;
}

void credentials_wipe(struct credentials *credentials)
{
    explicit_bzero(credentials, sizeof *credentials);
}

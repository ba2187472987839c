#include "cache.h"

#include "paths.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A policy has 64 KB at most; in its canonical text a line may be longer by a blank. */
#define FILE_MAX (128 << 10)
#define TIME_MAX (1LL << 40)
#define NAME_MAX_LEN 253
#define TYPE_MAX 40

int sts_cache_name_is_good(const char *domain)
{
    size_t len = strlen(domain);

    return len > 0 && len <= NAME_MAX_LEN && domain[0] != '.' &&
           domain[len - 1] != '.' && !strstr(domain, "..") &&
           strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

static int take_time(const struct sts_field *field, long long *out)
{
    unsigned long long value;

    if (text_parse_number(field->value, field->value_len, TIME_MAX, &value) < 0) {
        return -1;
    }
    *out = (long long)value;
    return 0;
}

static int take_id(const struct sts_field *field, char id[STS_ID_MAX + 1])
{
    if (!sts_id_is_good(field->value, field->value_len)) {
        return -1;
    }
    memcpy(id, field->value, field->value_len);
    id[field->value_len] = '\0';
    return 0;
}

static int take_field(const struct sts_field *field, struct sts_entry *out)
{
    return sts_field_is(field, "x-id")        ? take_id(field, out->id)
           : sts_field_is(field, "x-fetched") ? take_time(field, &out->fetched)
           : sts_field_is(field, "x-used")    ? take_time(field, &out->used)
                                              : 0;
}

int sts_entry_parse(const char *bytes, size_t len, struct sts_entry *out)
{
    struct sts_field field;
    int result;

    out->id[0] = '\0';
    out->fetched = -1;
    out->used = -1;
    if (sts_policy_parse(bytes, len, &out->policy)) {
        return -1;
    }
    while ((result = sts_field_next(&bytes, &len, &field)) > 0) {
        if (take_field(&field, out) < 0) {
            return -1;
        }
    }
    return result == 0 && out->id[0] && out->fetched >= 0 && out->used >= 0 ? 0 : -1;
}

void sts_entry_write(stralloc *out, const struct sts_entry *entry)
{
    text_add_format(out, "x-id: %s\nx-fetched: %lld\nx-used: %lld\n", entry->id,
                    entry->fetched, entry->used);
    sts_policy_write(out, &entry->policy);
}

static const char *make_path(stralloc *path, const char *mark, const char *domain)
{
    path_make(path, PATH_STS, mark);
    text_add_string(path, *mark ? "" : "/");
    text_add_string(path, domain);
    return text_string(path);
}

/* The file's text. 0, or -1 with errno. */
static int read_file(const char *path, stralloc *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t len = 0;

    text_clear(out);
    if (fd < 0) {
        return -1;
    }
    text_make_room(out, FILE_MAX);
    do {
        out->len += (size_t)len;
        len = read(fd, out->s + out->len, FILE_MAX - out->len);
    } while (len > 0 || (len < 0 && errno == EINTR && (len = 0) == 0));
    close(fd);
    return len < 0 ? -1 : 0;
}

int sts_cache_read(const char *domain, long long now, struct sts_entry *entry)
{
    stralloc path = STRALLOC_ZERO;
    stralloc text = STRALLOC_ZERO;
    int result = 0;

    if (!sts_cache_name_is_good(domain)) {
        return 0;
    }
    if (read_file(make_path(&path, "", domain), &text) < 0) {
        result = errno == ENOENT ? 0 : -1;
    } else {
        result = sts_entry_parse(text.s, text.len, entry) == 0 &&
                 now < entry->fetched + entry->policy.max_age;
    }
    text_free(&path);
    text_free(&text);
    return result;
}

int sts_cache_is_due(const struct sts_entry *entry, long long now)
{
    long long age = now - entry->fetched;

    /* One from the future was fetched while the clock was wrong. */
    return age < 0 || age >= STS_REFRESH_SECONDS || age >= entry->policy.max_age / 2;
}

/* Closes in any case. */
static int write_and_sync(int fd, const stralloc *text, int is_synced)
{
    /* qmx, another user, reads it, whatever the umask is. */
    int result = fchmod(fd, 0644) < 0 || write_all(fd, text->s, text->len) < 0 ||
                 (is_synced && fsync(fd) < 0);
    int saved = errno;

    if (close(fd) < 0 && !result) {
        return -1;
    }
    errno = saved;
    return result ? -1 : 0;
}

static int sync_folder(void)
{
    stralloc path = STRALLOC_ZERO;
    int fd = open(path_make(&path, PATH_STS, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);

    text_free(&path);
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

/* Each process writes one file at a time, so its number makes the name its own. */
static int replace_file(const char *path, const stralloc *text, int is_synced)
{
    stralloc beside = STRALLOC_ZERO;
    char name[40];
    int result = -1;
    int fd;

    snprintf(name, sizeof name, ".new.%ld", (long)getpid());
    path_make(&beside, PATH_STS, name);
    fd = open(beside.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd >= 0) {
        result = write_and_sync(fd, text, is_synced) < 0 ? -1 : rename(beside.s, path);
    }
    if (fd >= 0 && result < 0) {
        int saved = errno;
        unlink(beside.s);
        errno = saved;
    }
    text_free(&beside);
    return result < 0 || (is_synced && sync_folder() < 0) ? -1 : 0;
}

int sts_cache_write(const char *domain, const struct sts_entry *entry)
{
    stralloc path = STRALLOC_ZERO;
    stralloc text = STRALLOC_ZERO;
    int result;

    sts_entry_write(&text, entry);
    result = replace_file(make_path(&path, "", domain), &text, 1);
    if (result == 0) {
        unlink(make_path(&path, "!", domain)); /* one that is there lapses by itself */
    }
    text_free(&path);
    text_free(&text);
    return result;
}

int sts_cache_note_failure(const char *domain, const char *id, long long now,
                           enum tls_result type)
{
    stralloc path = STRALLOC_ZERO;
    stralloc text = STRALLOC_ZERO;
    int result;

    text_add_format(&text, "x-id: %s\nx-fetched: %lld\nx-type: %s\n", id, now,
                    tls_result_names[type]);
    result = replace_file(make_path(&path, "!", domain), &text, 0);
    text_free(&path);
    text_free(&text);
    return result;
}

static enum tls_result take_type(const struct sts_field *field)
{
    char name[TYPE_MAX + 1];

    if (field->value_len > TYPE_MAX) {
        return TLS_RESULTS;
    }
    memcpy(name, field->value, field->value_len);
    name[field->value_len] = '\0';
    return tls_result_find(name);
}

/* As sts_cache_find_failure, of the file's text. */
static enum tls_result parse_failure(const stralloc *text, const char *id,
                                     long long now)
{
    struct sts_entry failure = {.fetched = -1};
    enum tls_result type = TLS_RESULTS;
    const char *at = text->s;
    size_t left = text->len;
    struct sts_field field;

    while (sts_field_next(&at, &left, &field) > 0) {
        if (sts_field_is(&field, "x-type")) {
            type = take_type(&field);
        } else if (take_field(&field, &failure) < 0) {
            return TLS_RESULT_NONE;
        }
    }
    return type >= TLS_RESULT_STS_FETCH && type <= TLS_RESULT_STS_WEBPKI &&
                   strcmp(failure.id, id) == 0 && failure.fetched <= now &&
                   now < failure.fetched + STS_FAILURE_SECONDS
               ? type
               : TLS_RESULT_NONE;
}

enum tls_result sts_cache_find_failure(const char *domain, const char *id,
                                       long long now)
{
    stralloc path = STRALLOC_ZERO;
    stralloc text = STRALLOC_ZERO;
    enum tls_result type = TLS_RESULT_NONE;

    if (sts_cache_name_is_good(domain) &&
        read_file(make_path(&path, "!", domain), &text) == 0) {
        type = parse_failure(&text, id, now);
    }
    text_free(&path);
    text_free(&text);
    return type;
}

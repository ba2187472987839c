#include "maildir.h"
#include "text.h"

#include <skalibs/sha256.h>

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#define HOST_MAX 27 /* the rest of a name takes 43 bytes at most */
#define TIME_DIGITS_MAX 12
#define HASH_BYTES 16

/* What is the same in all names of this process. */
struct maker {
    unsigned count;
    uint32_t random;
    char host[HOST_MAX + 1];
};

/* Without random bytes the time, the process and the count have to do. */
static void start_maker(struct maker *maker)
{
    char *c;

    if (getrandom(&maker->random, sizeof maker->random, GRND_NONBLOCK) < 0) {
        maker->random = 0;
    }
    if (gethostname(maker->host, sizeof maker->host) < 0) {
        maker->host[0] = '\0';
    }
    maker->host[HOST_MAX] = '\0';
    for (c = maker->host; *c; c++) {
        if (*c <= ' ' || *c >= 127 || strchr("/:,", *c)) {
            *c = '_';
        }
    }
    if (!maker->host[0]) {
        maker->host[0] = '_';
        maker->host[1] = '\0';
    }
}

void maildir_make_name(char out[MAILDIR_ID_SIZE])
{
    static struct maker maker;
    struct timeval now;

    if (!maker.host[0]) {
        start_maker(&maker);
    }
    gettimeofday(&now, NULL);
    maker.count = (maker.count + 1) % 1000000;
    snprintf(out, MAILDIR_ID_SIZE, "%lld.M%06ldP%ldQ%uR%08x.%s", (long long)now.tv_sec,
             (long)now.tv_usec, (long)getpid(), maker.count, maker.random, maker.host);
}

/* Where a name's base, or its unique part, ends. */
static int is_end(char c, int is_base)
{
    return c == '\0' || c == ':' || (is_base && c == ',');
}

/* Plain walks, here and below: names are short, mailboxes large, and strspn and its
 * like first make a table of what they look for. */
static size_t find_end(const char *name, int is_base)
{
    size_t len = 0;

    while (!is_end(name[len], is_base)) {
        len++;
    }
    return len;
}

static size_t count_digits(const char *name)
{
    size_t len = 0;

    while (name[len] >= '0' && name[len] <= '9') {
        len++;
    }
    return len;
}

size_t maildir_unique_length(const char *name)
{
    return find_end(name, 0);
}

size_t maildir_base_length(const char *name)
{
    return find_end(name, 1);
}

/* Digits of the time; 0 where it is none. With zeros in front it is none of ours, and
 * would be a second way to write the same time. */
static size_t find_time(const char *name)
{
    size_t len = count_digits(name);

    return len > TIME_DIGITS_MAX || name[0] == '0' ? 0 : len;
}

time_t maildir_name_time(const char *name)
{
    unsigned long long seconds;

    return text_parse_number(name, find_time(name), ~0ULL, &seconds) < 0
               ? 0
               : (time_t)seconds;
}

uint64_t maildir_name_start(const char *name)
{
    const char *at = name + find_time(name);
    uint64_t start = 0;
    unsigned i;

    for (i = 0; i < sizeof start && !is_end(*at, 1); i++) {
        start = start << 8 | (unsigned char)*at++;
    }
    return i == 0 ? 0 : start << 8 * (sizeof start - i);
}

int maildir_name_number(const char *name, char key, uint64_t *out)
{
    const char *at = name + maildir_base_length(name);
    unsigned long long number;

    while (*at == ',') {
        size_t len = maildir_base_length(at + 1);
        if (len > 2 && at[1] == key && at[2] == '=' &&
            text_parse_number(at + 3, len - 2, INT64_MAX, &number) == 0) {
            *out = number;
            return 0;
        }
        at += 1 + len;
    }
    return -1;
}

int maildir_compare_same_time(const char *a, const char *b)
{
    int is_base = 1;

    /* One walk decides: the mailboxes that are sorted by this are large. */
    while (*a == *b && !is_end(*a, 0)) {
        is_base = is_base && *a != ',';
        a++;
        b++;
    }
    if (is_base && is_end(*a, 1) && is_end(*b, 1)) {
        is_base = 0;
    }
    if (is_end(*a, is_base) || is_end(*b, is_base)) {
        return is_end(*b, is_base) - is_end(*a, is_base);
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int maildir_compare_names(const char *a, const char *b)
{
    time_t a_time = maildir_name_time(a), b_time = maildir_name_time(b);

    return a_time == b_time ? maildir_compare_same_time(a, b)
                            : (a_time > b_time) - (a_time < b_time);
}

static int is_good_id(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (name[i] < '!' || name[i] > '~') {
            return 0;
        }
    }
    return len > 0 && len < MAILDIR_ID_SIZE;
}

void maildir_make_id(char out[MAILDIR_ID_SIZE], const char *name, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    SHA256Schedule hash;
    char digest[32];
    size_t i;

    if (is_good_id(name, len)) {
        memcpy(out, name, len);
        out[len] = '\0';
        return;
    }
    sha256_init(&hash);
    sha256_update(&hash, name, len);
    sha256_final(&hash, digest);
    for (i = 0; i < HASH_BYTES; i++) {
        out[2 * i] = digits[(unsigned char)digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * HASH_BYTES] = '\0';
}

void maildir_count_add(struct maildir_count *count, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        count->bare_lfs += (at > bytes ? at[-1] : count->last) != '\r';
        at++;
    }
    if (len > 0) {
        count->bytes += len;
        count->last = bytes[len - 1];
    }
}

uint64_t maildir_count_wire(const struct maildir_count *count)
{
    uint64_t wire = count->bytes + count->bare_lfs;

    return count->bytes > 0 && count->last != '\n' ? wire + 2 : wire;
}

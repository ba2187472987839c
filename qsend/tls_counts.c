#include "tls_counts.h"

#include "log.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BYTES_MAX (4 << 20)

static void log_trouble(struct tls_counts *counts, const char *day)
{
    if (!counts->has_trouble) {
        counts->has_trouble = 1;
        log_failure("tls-results", "day", day, (char *)0);
    }
}

/* A file that is as long as it may be says so once. */
static int has_room(struct tls_counts *counts, int fd, long long day, size_t len)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return 0;
    }
    if (S_ISREG(status.st_mode) && status.st_size + (off_t)len <= DAY_FILE_MAX) {
        return 1;
    }
    errno = EFBIG;
    if (counts->full_day != day) {
        counts->full_day = day;
        counts->has_trouble = 0;
    }
    return 0;
}

/* The folder is made where it lacks, as after a start with an older queue. */
static int open_file(const char *path)
{
    const int flags =
        O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path, flags, 0600);

    if (fd < 0 && errno == ENOENT && mkdir(DAY_FOLDER, 0700) == 0) {
        fd = open(path, flags, 0600);
    }
    return fd;
}

static void append(struct tls_counts *counts, long long day, const stralloc *lines)
{
    char name[DAY_NAME_SIZE];
    char path[sizeof DAY_FOLDER + DAY_NAME_SIZE + 1];
    int fd;

    day_name_format(name, day);
    snprintf(path, sizeof path, "%s/%s", DAY_FOLDER, name);
    fd = open_file(path);
    if (fd < 0 || !has_room(counts, fd, day, lines->len) ||
        write_all(fd, lines->s, lines->len) < 0) {
        log_trouble(counts, name);
    } else {
        counts->has_trouble = 0;
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* Takes the counters of DAY out as lines; of what is left, the day of one, or -1. */
static long long take_day(struct tls_counts *counts, long long day, stralloc *lines)
{
    long long other = -1;
    size_t i;

    for (i = 0; i < HASH_SIZE; i++) {
        struct tls_counter **at = &counts->buckets[i];
        while (*at) {
            struct tls_counter *counter = *at;
            if (counter->day != day) {
                other = counter->day;
                at = &counter->next;
                continue;
            }
            day_line_add(lines, counter->count, counter->fields,
                         strlen(counter->fields));
            *at = counter->next;
            free(counter);
        }
    }
    return other;
}

void tls_counts_flush(struct tls_counts *counts)
{
    stralloc lines = STRALLOC_ZERO;
    long long day = -1;

    if (counts->bytes == 0) {
        return;
    }
    do {
        long long next;
        text_clear(&lines);
        /* Ends a line that a crash or a full disk has left torn. */
        text_add_byte(&lines, '\n');
        next = take_day(counts, day, &lines);
        if (lines.len > 1) {
            append(counts, day, &lines);
        }
        day = next;
    } while (day >= 0);
    counts->bytes = 0;
    text_free(&lines);
}

static void add_counter(struct tls_counts *counts, const stralloc *fields,
                        long long day, struct tls_counter **bucket)
{
    struct tls_counter *counter = memory_get(sizeof *counter + fields->len + 1);

    *counter = (struct tls_counter){.next = *bucket, .count = 1, .day = day};
    memcpy(counter->fields, fields->s, fields->len + 1);
    *bucket = counter;
    counts->bytes += sizeof *counter + fields->len + 1;
}

void tls_counts_add(struct tls_counts *counts, const struct day_line *line)
{
    long long day = (long long)time(NULL) / DAY_SECONDS;
    stralloc fields = STRALLOC_ZERO;
    struct tls_counter **bucket;
    struct tls_counter *counter;

    day_line_add_fields(&fields, line);
    bucket = &counts->buckets[hash_string(text_string(&fields))];
    counter = *bucket;
    while (counter && (counter->day != day || strcmp(counter->fields, fields.s) != 0)) {
        counter = counter->next;
    }
    if (counter) {
        counter->count++;
    } else {
        if (counts->bytes + fields.len > BYTES_MAX) {
            tls_counts_flush(counts);
        }
        add_counter(counts, &fields, day, bucket);
    }
    text_free(&fields);
}

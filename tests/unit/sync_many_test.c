#include "check.h"
#include "sync_many.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST 200

static struct sync_file files[MOST];

static int make_file(void)
{
    char path[] = "/tmp/sync_many_test.XXXXXX";
    int fd = mkstemp(path);

    CHECK(fd >= 0 && unlink(path) == 0 && write(fd, "text", 4) == 4);
    return fd;
}

static void fill(size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        files[i].fd = make_file();
        files[i].errnum = 12345;
    }
}

static void empty(size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (files[i].fd >= 0) {
            close(files[i].fd);
        }
    }
}

static void check_all_good(size_t count)
{
    size_t i;

    fill(count);
    sync_many(files, count);
    for (i = 0; i < count; i++) {
        CHECK_NUMBER(files[i].errnum, 0);
    }
    empty(count);
}

/* Some can't be synced, some are no descriptors, some are left alone. */
static void check_mixed(size_t count, int pipe_end)
{
    size_t i;

    fill(count);
    for (i = 0; i < count; i++) {
        if (i % 7 == 3) {
            close(files[i].fd);
            files[i].fd = i % 3 == 0 ? -1 : i % 3 == 1 ? dup(pipe_end) : 9999;
        }
    }
    sync_many(files, count);
    for (i = 0; i < count; i++) {
        int expected = i % 7 != 3 || i % 3 == 0 ? 0 : i % 3 == 1 ? EINVAL : EBADF;
        CHECK_NUMBER(files[i].errnum, expected);
        if (files[i].fd == 9999) {
            files[i].fd = -1;
        }
    }
    empty(count);
}

int main(void)
{
    int ends[2];
    size_t count;

    CHECK(pipe(ends) == 0);
    sync_many(files, 0);
    for (count = 1; count <= MOST; count = count * 3 / 2 + 1) {
        check_all_good(count);
        check_mixed(count, ends[0]);
    }
    files[0].fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    files[1].fd = make_file();
    sync_many(files, 2);
    CHECK_NUMBER(files[0].errnum, 0);
    CHECK_NUMBER(files[1].errnum, 0);
    return check_report();
}

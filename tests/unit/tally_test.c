#include "check.h"
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int count(struct tally_row *row, void *data)
{
    *(unsigned long long *)data = ++row->numbers[0];
    return 1;
}

static int look(struct tally_row *row, void *data)
{
    *(unsigned long long *)data = row->numbers[0];
    return 0;
}

static unsigned long long number_of(int fd, const char *key)
{
    unsigned long long number = 99;

    CHECK_NUMBER(tally_change(fd, key, strlen(key), look, &number), 0);
    return number;
}

static void add(int fd, const char *key)
{
    unsigned long long number;

    CHECK_NUMBER(tally_change(fd, key, strlen(key), count, &number), 0);
}

static void check_counting(const char *path)
{
    int fd = tally_open(path);
    int other = tally_open(path);
    struct stat st;

    CHECK(fd >= 0 && other >= 0);
    CHECK_NUMBER(number_of(fd, "ann"), 0);
    add(fd, "ann");
    add(other, "ann");
    add(fd, "bob");
    CHECK_NUMBER(number_of(other, "ann"), 2);
    CHECK_NUMBER(number_of(fd, "bob"), 1);
    CHECK_NUMBER(number_of(fd, ""), 0);
    CHECK_NUMBER(fstat(fd, &st), 0);
    CHECK_NUMBER(st.st_size, TALLY_BUCKETS * TALLY_BUCKET * 48);
    close(fd);
    close(other);
}

/* Many processes at once: no count is lost. */
static void check_crowd(const char *path)
{
    int i, j, status;

    for (i = 0; i < 8; i++) {
        if (fork() == 0) {
            int fd = tally_open(path);
            for (j = 0; j < 500; j++) {
                add(fd, "crowd");
            }
            _exit(check_failures > 0);
        }
    }
    for (i = 0; i < 8; i++) {
        CHECK(wait(&status) > 0 && status == 0);
    }
    i = tally_open(path);
    CHECK_NUMBER(number_of(i, "crowd"), 4000);
    close(i);
}

/* More keys than rows: the file does not grow, and the latest are there. */
static void check_eviction(const char *path)
{
    int fd = tally_open(path);
    struct stat st;
    char key[20];
    int i, kept = 0;

    for (i = 0; i < 40000; i++) {
        snprintf(key, sizeof key, "key%d", i);
        add(fd, key);
    }
    for (i = 0; i < 40000; i++) {
        snprintf(key, sizeof key, "key%d", i);
        kept += number_of(fd, key) == 1;
    }
    CHECK(kept > TALLY_BUCKETS * TALLY_BUCKET * 9 / 10);
    CHECK_NUMBER(number_of(fd, "key39999"), 1);
    CHECK_NUMBER(fstat(fd, &st), 0);
    CHECK_NUMBER(st.st_size, TALLY_BUCKETS * TALLY_BUCKET * 48);
    close(fd);
}

int main(void)
{
    char path[] = "/tmp/tally_test.XXXXXX";
    unsigned long long number;
    int fd = mkstemp(path);

    close(fd);
    check_counting(path);
    check_crowd(path);
    check_eviction(path);
    unlink(path);
    CHECK_NUMBER(tally_open("/nothing/there"), -1);
    CHECK_NUMBER(symlink("/etc/passwd", path), 0);
    CHECK_NUMBER(tally_open(path), -1);
    CHECK_NUMBER(errno, ELOOP);
    unlink(path);
    CHECK_NUMBER(tally_change(-1, "ann", 3, count, &number), -1);
    return check_report();
}

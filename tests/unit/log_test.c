/* The beginning of a line: for the journal where descriptor 2 is what JOURNAL_STREAM
 * names, else with the time. */
#include "check.h"
#include "log.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* "DEVICE:INODE" of descriptor FD, the inode off by SHIFT, and MORE after it. */
static void set_stream(int fd, unsigned shift, const char *more)
{
    struct stat status;
    char text[80];

    CHECK_NUMBER(fstat(fd, &status), 0);
    snprintf(text, sizeof text, "%ju:%ju%s", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino + shift, more);
    CHECK_NUMBER(setenv("JOURNAL_STREAM", text, 1), 0);
}

static int is_for_journal(void)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "event");
    return strncmp(line.bytes, "<4>pombo[", 9) == 0;
}

static int has_time(void)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "event");
    return line.bytes[0] == '2' && line.bytes[10] == 'T' &&
           memcmp(line.bytes + 23, "Z pombo[", 8) == 0;
}

int main(void)
{
    int ends[2];

    CHECK_NUMBER(pipe(ends), 0);
    unsetenv("JOURNAL_STREAM");
    CHECK(has_time());
    set_stream(2, 0, "");
    CHECK(is_for_journal());
    set_stream(2, 1, "");
    CHECK(has_time());
    set_stream(2, 0, "0");
    CHECK(has_time());
    set_stream(ends[1], 0, "");
    CHECK(has_time());
    CHECK_NUMBER(setenv("JOURNAL_STREAM", "", 1), 0);
    CHECK(has_time());
    return check_report();
}

#include "check.h"
#include "linereader.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *bytes;
    size_t len;
    enum line_result result;
    const char *line;
} rows[] = {
    {"QUIT\r\n", 6, LINE_OK, "QUIT"},
    {"\r\n", 2, LINE_OK, ""},
    {"a\nb\r\n", 5, LINE_BARE_LF, NULL},
    {"a\rb\r\n", 5, LINE_BARE_CR, NULL},
    {"a\r\r\n", 4, LINE_BARE_CR, NULL},
    {"a\0b\r\n", 5, LINE_NUL, NULL},
    {"0123456789012\r\n", 15, LINE_LONG, NULL}, /* over the limit of 12 */
    {"0123456789012345678901234567890123456789\r\n", 42, LINE_LONG,
     NULL}, /* over the buffer */
    {"012345678901234\r\n", 17, LINE_LONG,
     NULL}, /* the buffer ends between CR and LF */
};

/* Each row, written in two parts at every split, then a good line: both are read right.
 */
static void test_rows(int is_exact)
{
    size_t i, split;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (split = 0; split <= rows[i].len; split++) {
            struct line_reader reader;
            char *line;
            size_t len;
            int fds[2];
            enum line_result result;
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
                exit(1);
            }
            line_reader_open(&reader, fds[0], 16);
            CHECK(write(fds[1], rows[i].bytes, split) == (ssize_t)split);
            if (split < rows[i].len && !is_exact) {
                line_reader_fill(&reader, clock_monotonic());
            }
            CHECK(write(fds[1], rows[i].bytes + split, rows[i].len - split) >= 0);
            CHECK(write(fds[1], "NEXT\r\n", 6) == 6);
            result =
                is_exact
                    ? line_read_exactly(&reader, 12, clock_deadline(5), &line, &len)
                    : line_read(&reader, 12, 0, clock_deadline(5), &line, &len);
            CHECK_NUMBER(result, rows[i].result);
            if (result == LINE_OK) {
                CHECK_STRING(line, rows[i].line);
            }
            result =
                is_exact
                    ? line_read_exactly(&reader, 12, clock_deadline(5), &line, &len)
                    : line_read(&reader, 12, 0, clock_deadline(5), &line, &len);
            CHECK_NUMBER(result, LINE_OK);
            CHECK_STRING(line, "NEXT");
            line_reader_close(&reader);
            close(fds[0]);
            close(fds[1]);
        }
    }
}

static void test_ends(void)
{
    struct line_reader reader;
    char *line;
    size_t len;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
        exit(1);
    }
    line_reader_open(&reader, fds[0], 64);
    CHECK(!line_reader_has_input(&reader));
    CHECK(write(fds[1], "half", 4) == 4);
    CHECK(line_reader_has_input(&reader));
    CHECK_NUMBER(line_read(&reader, 60, 0, clock_monotonic(), &line, &len),
                 LINE_TIMEOUT);
    CHECK(write(fds[1], " way\nx", 6) == 6);
    CHECK_NUMBER(line_read(&reader, 60, 1, clock_deadline(5), &line, &len), LINE_OK);
    CHECK_STRING(line, "half way");
    close(fds[1]);
    CHECK_NUMBER(line_read(&reader, 60, 0, clock_deadline(5), &line, &len), LINE_END);
    CHECK_NUMBER(line_write(fds[0], "x", 1, clock_deadline(5)), LINE_ERROR);
    line_reader_close(&reader);
    close(fds[0]);
}

/* What follows the line stays in the socket for who comes next. */
static void test_exactness(void)
{
    struct line_reader reader;
    char *line, rest[16];
    size_t len;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
        exit(1);
    }
    line_reader_open(&reader, fds[0], 64);
    CHECK(write(fds[1], "PASS x\r\nSTAT\r\n", 14) == 14);
    CHECK_NUMBER(line_read_exactly(&reader, 60, clock_deadline(5), &line, &len),
                 LINE_OK);
    CHECK_STRING(line, "PASS x");
    CHECK_NUMBER(read(fds[0], rest, sizeof rest), 6);
    line_reader_close(&reader);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    test_rows(0);
    test_rows(1);
    test_ends();
    test_exactness();
    return check_report();
}

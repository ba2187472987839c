#include "../../qremote/content.h"
#include "check.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Scans BODY; -1 where the scan fails. */
static int scan(struct content *content, const char *body, size_t len, int is_damaged)
{
    int fd = memfd_create("body", 0);
    struct queue_file file = {.body_offset = 5,
                              .body_length = (off_t)len,
                              .body_crc = crc32c(0, body, len) ^ (is_damaged ? 1 : 0)};
    int result;

    *content = (struct content){0};
    CHECK(pwrite(fd, "head\n", 5, 0) == 5);
    CHECK(pwrite(fd, body, len, 5) == (ssize_t)len);
    result = content_scan(content, fd, &file);
    close(fd);
    return result;
}

static void test_rows(void)
{
    static const struct {
        const char *body;
        unsigned long long wire_length;
        int has_8bit, has_8bit_header;
    } rows[] = {
        {"", 0, 0, 0},
        {"\n", 2, 0, 0},
        {"a", 3, 0, 0},
        {"A: b\n\nc\n", 11, 0, 0},
        {"A: b\n\n\303\251", 12, 1, 0},
        {"A: \303\251\n\nc\n", 12, 1, 1},
        {"\n\303\251\n", 6, 1, 0},
        {"A: b\nB: \377", 12, 1, 1},
        {"A: b\n \n\nc\377\n", 15, 1, 0},
    };
    struct content content;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(scan(&content, rows[i].body, strlen(rows[i].body), 0), 0);
        CHECK_NUMBER(content.wire_length, rows[i].wire_length);
        CHECK_NUMBER(content.has_8bit, rows[i].has_8bit);
        CHECK_NUMBER(content.has_8bit_header, rows[i].has_8bit_header);
    }
}

/* The header section may end at, before or behind the border of two blocks. */
static void test_blocks(void)
{
    char *body = memory_get(70000);
    struct content content;
    size_t at;

    for (at = 65533; at < 65539; at++) {
        memset(body, 'x', 70000);
        memcpy(body + at, "\n\n\303", 3);
        CHECK_NUMBER(scan(&content, body, 70000, 0), 0);
        CHECK(content.has_8bit && !content.has_8bit_header);
        CHECK_NUMBER(content.wire_length, 70004);
        body[at - 1] = '\303';
        CHECK_NUMBER(scan(&content, body, 70000, 0), 0);
        CHECK(content.has_8bit_header);
    }
    free(body);
}

static void test_damage(void)
{
    struct content content;

    CHECK_NUMBER(scan(&content, "abc\n", 4, 1), -1);
    CHECK_NUMBER(errno, EILSEQ);
    CHECK(!content.is_known);
}

int main(void)
{
    test_rows();
    test_blocks();
    test_damage();
    return check_report();
}

#include "check.h"
#include "exitcode.h"
#include "text.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_growing(void)
{
    stralloc t = STRALLOC_ZERO;
    int i;

    CHECK_STRING(text_string(&t), "");
    text_add_bytes(&t, NULL, 0);
    CHECK_NUMBER(t.len, 0);
    text_add_string(&t, "ab");
    text_add_byte(&t, '\0');
    text_add_bytes(&t, "c\0d", 3);
    CHECK_NUMBER(t.len, 6);
    CHECK(memcmp(t.s, "ab\0c\0d", 6) == 0);
    text_set_string(&t, "new");
    text_add_number(&t, LLONG_MIN);
    CHECK_STRING(text_string(&t), "new-9223372036854775808");
    CHECK_NUMBER(t.len, 23);
    text_clear(&t);
    CHECK_STRING(text_string(&t), "");
    for (i = 0; i < 100000; i++) {
        text_add_byte(&t, (char)('a' + i % 26));
    }
    CHECK_NUMBER(t.len, 100000);
    CHECK(t.s[0] == 'a' && t.s[99999] == 'a' + 99999 % 26);
    text_free(&t);
    CHECK(t.len == 0 && !t.s);
    text_add_string(&t, "usable again");
    CHECK_STRING(text_string(&t), "usable again");
    text_free(&t);
}

static void test_format(void)
{
    stralloc t = STRALLOC_ZERO;
    char wide[2000];

    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    text_add_format(&t, "%s", "");
    CHECK_NUMBER(t.len, 0);
    text_add_format(&t, "<%s@%s> %d%%", "ann", "example.org", 7);
    CHECK_STRING(text_string(&t), "<ann@example.org> 7%");
    text_add_format(&t, "%s|%s", wide, "end");
    CHECK_NUMBER(t.len, 20 + 1999 + 4);
    CHECK_STRING(text_string(&t) + 20 + 1999, "|end");
    text_free(&t);
}

static void test_copies(void)
{
    char *copy = memory_copy_bytes("abcdef", 3);
    char *none = memory_copy_bytes("", 0);

    CHECK_STRING(copy, "abc");
    CHECK_STRING(none, "");
    copy = memory_resize(copy, 10000);
    CHECK_STRING(copy, "abc");
    free(copy);
    free(none);
    copy = memory_copy_string("whole");
    CHECK_STRING(copy, "whole");
    free(copy);
    copy = memory_get(0);
    CHECK(copy != NULL);
    free(copy);
}

static void test_case(void)
{
    char bytes[] = "AZ[@`az\xc4\xd6 Ann";

    text_lower(bytes, sizeof bytes - 1);
    CHECK_STRING(bytes, "az[@`az\xc4\xd6 ann");
    CHECK(text_equal_nocase("Received", 8, "RECEIVED", 8));
    CHECK(!text_equal_nocase("Received", 8, "Received:", 9));
    CHECK(!text_equal_nocase("a", 1, "b", 1));
    CHECK(!text_equal_nocase("[", 1, "{", 1));
    CHECK(!text_equal_nocase("\xc4", 1, "\xe4", 1));
    CHECK(text_equal_nocase("", 0, "", 0));
}

static const struct {
    const char *in;
    unsigned long long max;
    int result;
    unsigned long long out;
} numbers[] = {
    {"0", 0, 0, 0},
    {"007", 10, 0, 7},
    {"1024", 1024, 0, 1024},
    {"1025", 1024, -1, 0},
    {"18446744073709551615", ULLONG_MAX, 0, ULLONG_MAX},
    {"18446744073709551616", ULLONG_MAX, -1, 0},
    {"99999999999999999999999", ULLONG_MAX, -1, 0},
    {"", 10, -1, 0},
    {" 1", 10, -1, 0},
    {"1 ", 10, -1, 0},
    {"+1", 10, -1, 0},
    {"-1", 10, -1, 0},
    {"0x1", 10, -1, 0},
    {"1/", 1000, -1, 0},
    {"1:", 1000, -1, 0},
    {"\xb1", 1000, -1, 0},
};

static void test_numbers(void)
{
    size_t i;

    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        unsigned long long out = 77;
        int result = text_parse_number(numbers[i].in, strlen(numbers[i].in),
                                       numbers[i].max, &out);
        CHECK_NUMBER(result, numbers[i].result);
        CHECK(out == (result == 0 ? numbers[i].out : 77));
    }
}

/* Under AddressSanitizer too malloc is to return NULL for what can't be had. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void shout(void)
{
    if (write(1, "gone\n", 5) != 5) {
        _exit(9);
    }
}

/* Runs out of memory in a child; its output goes to OUT, its exit code comes back. */
static int exhaust(char *out, size_t size)
{
    int fds[2], status = -1;
    pid_t child;
    ssize_t got;

    if (pipe(fds) < 0 || (child = fork()) < 0) {
        return -1;
    }
    if (child == 0) {
        dup2(fds[1], 1);
        text_on_exhaustion(shout);
        free(memory_get(PTRDIFF_MAX / 2));
        _exit(0);
    }
    close(fds[1]);
    got = read(fds[0], out, size - 1);
    out[got > 0 ? got : 0] = '\0';
    close(fds[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_exhaustion(void)
{
    char out[16];

    CHECK_NUMBER(exhaust(out, sizeof out), EXITCODE_TEMPORARY);
    CHECK_STRING(out, "gone\n");
}

int main(void)
{
    test_growing();
    test_format();
    test_copies();
    test_case();
    test_numbers();
    test_exhaustion();
    return check_report();
}

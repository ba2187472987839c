/* Checks for the unit tests: each failing one prints file, line and what was
 * expected; the test's main ends with `return check_report();`. */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_count;
static int check_failures;

#define CHECK(condition)                                                               \
    do {                                                                               \
        check_count++;                                                                 \
        if (!(condition)) {                                                            \
            check_failures++;                                                          \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);             \
        }                                                                              \
    } while (0)

#define CHECK_NUMBER(actual, expected)                                                 \
    do {                                                                               \
        long long check_a = (long long)(actual), check_e = (long long)(expected);      \
        check_count++;                                                                 \
        if (check_a != check_e) {                                                      \
            check_failures++;                                                          \
            printf("%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #actual,  \
                   check_a, check_e);                                                  \
        }                                                                              \
    } while (0)

#define CHECK_STRING(actual, expected)                                                 \
    do {                                                                               \
        const char *check_a = (actual), *check_e = (expected);                         \
        check_count++;                                                                 \
        if (!check_a || strcmp(check_a, check_e) != 0) {                               \
            check_failures++;                                                          \
            printf("%s:%d: %s is \"%s\", expected \"%s\"\n", __FILE__, __LINE__,       \
                   #actual, check_a ? check_a : "(null)", check_e);                    \
        }                                                                              \
    } while (0)

/* Prints the count; returns main's exit code. A test that checked nothing fails. */
static inline int check_report(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures > 0 || check_count == 0;
}

#endif

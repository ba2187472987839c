#include "check.h"
#include "table_fixture.h"
#include "tables.h"

#include <errno.h>

static const char *const first[][2] = {
    {"domains:example.org", "local"},
    {"users:ann@example.org", "example.org/ann 0 0"},
    {"aliases:@example.org", ""},
    {NULL, NULL},
};
static const char *const second[][2] = {
    {"domains:example.net", "local"},
    {NULL, NULL},
};

static void test_lookups(void)
{
    struct tables tables;
    const char *value = NULL;

    CHECK(tables_open(&tables) == 0);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.org", &value) == TABLE_FOUND);
    CHECK_STRING(value, "local");
    CHECK(tables_get(&tables, TABLE_USERS, "ANN@Example.ORG", &value) == TABLE_FOUND);
    CHECK_STRING(value, "example.org/ann 0 0");
    CHECK(tables_get(&tables, TABLE_ALIASES, "@example.org", &value) == TABLE_FOUND);
    CHECK_STRING(value, "");
    CHECK(tables_get(&tables, TABLE_USERS, "bob@example.org", &value) == TABLE_ABSENT);
    CHECK(tables_get(&tables, TABLE_CONF, "example.org", &value) == TABLE_ABSENT);
    tables_close(&tables);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.org", &value) == TABLE_ERROR);
}

static void test_long_key(void)
{
    struct tables tables;
    char key[5000];
    const char *value;

    memset(key, 'a', sizeof key - 1);
    key[sizeof key - 1] = 0;
    CHECK(tables_open(&tables) == 0);
    CHECK(tables_get(&tables, TABLE_USERS, key, &value) == TABLE_ABSENT);
    tables_close(&tables);
}

static void test_refresh(void)
{
    struct tables tables;
    const char *value;

    CHECK(tables_open(&tables) == 0);
    CHECK_NUMBER(tables_refresh(&tables), 0);
    fixture_write(second);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.org", &value) == TABLE_FOUND);
    CHECK_NUMBER(tables_refresh(&tables), 1);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.org", &value) == TABLE_ABSENT);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.net", &value) == TABLE_FOUND);
    unlink(fixture_table);
    CHECK_NUMBER(tables_refresh(&tables), -1);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.net", &value) == TABLE_FOUND);
    tables_close(&tables);
}

/* A table that is cut short, or holds a value without its NUL, is never "absent". */
static void test_damage(void)
{
    static const char *const rows[][2] = {{"domains:example.org", "local"},
                                          {NULL, NULL}};
    struct tables tables;
    const char *value;
    char byte = 'x';
    int fd;

    fixture_write(rows);
    fd = open(fixture_table, O_RDWR | O_CLOEXEC);
    CHECK(pwrite(fd, &byte, 1, 2048 + 8 + 19 + 5) == 1);
    CHECK(tables_open(&tables) == 0);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.org", &value) == TABLE_ERROR);
    tables_close(&tables);

    CHECK(ftruncate(fd, 2048 + 8) == 0);
    CHECK(tables_open(&tables) == 0);
    CHECK(tables_get(&tables, TABLE_DOMAINS, "example.org", &value) == TABLE_ERROR);
    tables_close(&tables);

    CHECK(ftruncate(fd, 100) == 0);
    CHECK(tables_open(&tables) == -1 && errno == EILSEQ);
    close(fd);
    unlink(fixture_table);
    CHECK(tables_open(&tables) == -1 && errno == ENOENT);
}

int main(void)
{
    fixture_make();
    fixture_write(first);
    test_lookups();
    test_long_key();
    test_refresh();
    test_damage();
    return check_report();
}

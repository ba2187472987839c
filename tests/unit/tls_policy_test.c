#include "check.h"
#include "table_fixture.h"
#include "tls_policy.h"

static void test_parse(void)
{
    static const struct {
        const char *text;
        int result;
        enum tls_level level;
        const char *list;
    } rows[] = {
        {"none", 0, TLS_NONE, ""},
        {"may", 0, TLS_MAY, ""},
        {"dane", 0, TLS_DANE, ""},
        {"encrypt", 0, TLS_ENCRYPT, ""},
        {"verify", 0, TLS_VERIFY, ""},
        {"verify a.example,.b.example", 0, TLS_VERIFY, "a.example,.b.example"},
        {"fingerprint 0a", 0, TLS_FINGERPRINT, "0a"},
        {"fingerprint", -1, TLS_NONE, ""},
        {"fingerprint ", -1, TLS_NONE, ""},
        {"verify ", -1, TLS_NONE, ""},
        {"may a.example", -1, TLS_NONE, ""},
        {"", -1, TLS_NONE, ""},
        {"ma", -1, TLS_NONE, ""},
        {"mayb", -1, TLS_NONE, ""},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_policy policy;
        CHECK_NUMBER(tls_policy_parse(rows[i].text, &policy), rows[i].result);
        if (rows[i].result == 0) {
            CHECK_NUMBER(policy.level, rows[i].level);
            CHECK_STRING(policy.list, rows[i].list);
        }
    }
}

/* What qsend hands on, and no row of the table can say. */
static void test_demand(void)
{
    static const struct {
        const char *text;
        int result;
        enum tls_demand demand;
        enum tls_level level;
        const char *list;
    } rows[] = {
        {"may", 0, TLS_DEMAND_NONE, TLS_MAY, ""},
        {"requiretls dane", 0, TLS_DEMAND_REQUIRETLS, TLS_DANE, ""},
        {"requiretls verify a.example", 0, TLS_DEMAND_REQUIRETLS, TLS_VERIFY,
         "a.example"},
        {"encrypted none", 0, TLS_DEMAND_ENCRYPTED, TLS_NONE, ""},
        {"requiretls", -1, TLS_DEMAND_NONE, TLS_NONE, ""},
        {"requiretls ", -1, TLS_DEMAND_NONE, TLS_NONE, ""},
        {"requiretls requiretls dane", -1, TLS_DEMAND_NONE, TLS_NONE, ""},
        {"requiretls encrypted dane", -1, TLS_DEMAND_NONE, TLS_NONE, ""},
        {"encrypteddane", -1, TLS_DEMAND_NONE, TLS_NONE, ""},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_policy policy;
        CHECK_NUMBER(tls_policy_parse_demand(rows[i].text, &policy), rows[i].result);
        if (rows[i].result == 0) {
            CHECK_NUMBER(policy.demand, rows[i].demand);
            CHECK_NUMBER(policy.level, rows[i].level);
            CHECK_STRING(policy.list, rows[i].list);
        }
        CHECK_NUMBER(tls_policy_parse(rows[i].text, &policy), i == 0 ? 0 : -1);
    }
}

static void check_row(const struct tables *tables, const char *destination,
                      const char *expected)
{
    const char *text = NULL;

    CHECK(tls_policy_find(tables, destination, &text) ==
          (expected ? TABLE_FOUND : TABLE_ABSENT));
    if (expected) {
        CHECK_STRING(text, expected);
    }
}

static void test_find(void)
{
    static const char *const pairs[][2] = {{"tls_policy:example.net", "encrypt"},
                                           {"tls_policy:.example.net", "verify"},
                                           {"tls_policy:[192.0.2.7]", "may"},
                                           {NULL, NULL}};
    struct tables tables;

    fixture_make();
    fixture_write(pairs);
    CHECK(tables_open(&tables) == 0);
    check_row(&tables, "example.net", "encrypt");
    check_row(&tables, "Mail.Example.net", "verify");
    check_row(&tables, "[192.0.2.7]", "may");
    check_row(&tables, "[192.0.2.8]", NULL);
    check_row(&tables, "net", NULL);
    tables_close(&tables);
}

int main(void)
{
    test_parse();
    test_demand();
    test_find();
    return check_report();
}

#include "check.h"
#include "settings.h"
#include "table_fixture.h"

/* Every row of settings.def has a default that its own check takes. */
static void test_rows(void)
{
    long long number;
    int i;

    for (i = 0; i < SETTING_COUNT; i++) {
        CHECK(setting_find(setting_rows[i].name) == (enum setting)i);
        CHECK(setting_check((enum setting)i, setting_rows[i].fallback, &number) ==
              NULL);
        CHECK(setting_rows[i].help[0] != 0);
        CHECK((setting_rows[i].type == SETTING_CHOICE) ==
              (setting_rows[i].choices[0] != 0));
    }
    CHECK(setting_find("no_such_key") == SETTING_COUNT);
    CHECK(setting_find("") == SETTING_COUNT);
}

static void test_check(void)
{
    static const struct {
        enum setting setting;
        const char *value;
        int is_right;
        long long number;
    } rows[] = {
        {SET_size_limit, "1024", 1, 1024},
        {SET_size_limit, "10M", 1, 10485760},
        {SET_size_limit, "10m", 1, 10485760},
        {SET_size_limit, "16G", 1, 17179869184},
        {SET_size_limit, "17G", 0, 0},
        {SET_size_limit, "9999999999999999999G", 0, 0},
        {SET_size_limit, "1023", 0, 0},
        {SET_size_limit, "", 0, 0},
        {SET_size_limit, "K", 0, 0},
        {SET_size_limit, "-1", 0, 0},
        {SET_size_limit, "+5000", 0, 0},
        {SET_size_limit, "5 000", 0, 0},
        {SET_size_limit, "10s", 0, 0},
        {SET_size_limit, "10MM", 0, 0},
        {SET_queue_lifetime, "5d", 1, 432000},
        {SET_queue_lifetime, "90", 1, 90},
        {SET_queue_lifetime, "90s", 1, 90},
        {SET_queue_lifetime, "2h", 1, 7200},
        {SET_queue_lifetime, "3m", 1, 180},
        {SET_queue_lifetime, "1K", 0, 0},
        {SET_queue_lifetime, "0", 0, 0},
        {SET_recipients_limit, "100", 1, 100},
        {SET_recipients_limit, "1K", 0, 0},
        {SET_vrfy, "yes", 1, 1},
        {SET_vrfy, "no", 1, 0},
        {SET_vrfy, "YES", 0, 0},
        {SET_vrfy, "", 0, 0},
        {SET_bare_newlines, "refuse", 1, 0},
        {SET_bare_newlines, "repair", 1, 1},
        {SET_bare_newlines, "rep", 0, 0},
        {SET_bare_newlines, "", 0, 0},
        {SET_host_name, "", 1, 0},
        {SET_host_name, "mail.example.org", 1, 0},
        {SET_host_name, "mail\texample", 0, 0},
        {SET_extension_separator, "+", 1, 0},
        {SET_extension_separator, "++", 0, 0},
    };
    long long number;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK((setting_check(rows[i].setting, rows[i].value, &number) == NULL) ==
              rows[i].is_right);
        if (rows[i].is_right) {
            CHECK_NUMBER(number, rows[i].number);
        }
    }
}

static void test_values_in_force(void)
{
    static const char *const rows[][2] = {
        {"conf:size_limit", "5000"},
        {"conf:vrfy", "1"},
        {"conf:bare_newlines", "repair"},
        {"conf:error_limit", "not a number"},
        {"conf:hops_limit", "99999999"},
        {"conf:host_name", "Mail.Example.org"},
        {NULL, NULL},
    };
    struct tables tables;

    fixture_write(rows);
    CHECK(tables_open(&tables) == 0);
    CHECK_NUMBER(setting_number(&tables, SET_size_limit), 5000);
    CHECK_NUMBER(setting_number(&tables, SET_vrfy), 1);
    CHECK_NUMBER(setting_number(&tables, SET_expn), 0);
    CHECK_STRING(setting_text(&tables, SET_bare_newlines), "repair");
    CHECK_NUMBER(setting_number(&tables, SET_bare_newlines), 1);
    /* Out of place or of bounds: the default. */
    CHECK_NUMBER(setting_number(&tables, SET_error_limit), 20);
    CHECK_NUMBER(setting_number(&tables, SET_hops_limit), 100);
    CHECK_NUMBER(setting_number(&tables, SET_queue_lifetime), 432000);
    CHECK_STRING(setting_text(&tables, SET_extension_separator), "+");
    CHECK_STRING(setting_host_name(&tables), "mail.example.org");
    CHECK_STRING(setting_default_domain(&tables), "mail.example.org");
    tables_close(&tables);
}

static void test_without_tables(void)
{
    struct tables tables = {0};
    char machine[256] = "";

    CHECK_NUMBER(setting_number(&tables, SET_size_limit), 64LL << 20);
    CHECK_NUMBER(setting_number(NULL, SET_size_limit), 64LL << 20);
    CHECK_STRING(setting_text(&tables, SET_bare_newlines), "refuse");
    CHECK(gethostname(machine, sizeof machine - 1) == 0);
    CHECK(strcasecmp(setting_host_name(&tables), machine) == 0);
}

int main(void)
{
    fixture_make();
    test_rows();
    test_check();
    test_values_in_force();
    test_without_tables();
    return check_report();
}

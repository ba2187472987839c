#include "check.h"
#include "recipient.h"
#include "table_fixture.h"

static const char *const rows[][2] = {
    {"conf:default_domain", "example.org"},
    {"domains:example.org", "local"},
    {"domains:example.com", "local"},
    {"domains:[192.0.2.1]", "local"},
    {"users:ann@example.org", "example.org/ann 1000 20"},
    {"users:ann+lists@example.org", "example.org/lists 0 0"},
    {"users:bob@example.org", "example.org/bob 0 0"},
    {"users:\"a b\"@example.org", "example.org/ab 0 0"},
    {"users:postmaster@example.org", "example.org/pm 0 0"},
    {"users:broken@example.org", "example.org/broken"},
    {"users:both@example.org", "example.org/both 0 0"},
    {"aliases:both@example.org", "both@example.org,ann@example.org"},
    {"aliases:sales@example.org", "ann@example.org,Bob@example.org,x@example.net"},
    {"aliases:nested@example.org",
     "sales@example.org,ann@example.org,\"q,r s\"@example.net,circle1@example.org"},
    {"aliases:circle1@example.org", "circle2@example.org"},
    {"aliases:circle2@example.org", "circle1@example.org"},
    {"aliases:itself@example.org", "itself@example.org"},
    {"aliases:@example.com", "ann@example.org"},
    {"routes:example.net", "relay.example.net 2525"},
    {"routes:.example.net", "[192.0.2.7] 0"},
    {"routes:.sub.example.net", "deep.example.net 0"},
    {"routes:*", "smart.example.org 0"},
    {NULL, NULL},
};

static void test_resolve(const struct tables *tables)
{
    static const struct {
        const char *address;
        int is_expanded;
        enum recipient_kind kind;
        const char *result; /* mailbox or targets */
        int is_own_address;
    } cases[] = {
        {"ann@example.org", 0, RECIPIENT_MAILBOX, "example.org/ann", 1},
        {"ANN@EXAMPLE.ORG", 0, RECIPIENT_MAILBOX, "example.org/ann", 1},
        {"ann+x@example.org", 0, RECIPIENT_MAILBOX, "example.org/ann", 0},
        {"ann+x+y@example.org", 0, RECIPIENT_MAILBOX, "example.org/ann", 0},
        {"ann+lists@example.org", 0, RECIPIENT_MAILBOX, "example.org/lists", 1},
        {"ann+lists+x@example.org", 0, RECIPIENT_MAILBOX, "example.org/lists", 0},
        {"+ann@example.org", 0, RECIPIENT_UNKNOWN, NULL, 0},
        {"an@example.org", 0, RECIPIENT_UNKNOWN, NULL, 0},
        {"\"a b\"@example.org", 0, RECIPIENT_MAILBOX, "example.org/ab", 1},
        {"\"a b+c d\"@example.org", 0, RECIPIENT_MAILBOX, "example.org/ab", 0},
        {"\"ann+c d\"@example.org", 0, RECIPIENT_MAILBOX, "example.org/ann", 0},
        {"both@example.org", 0, RECIPIENT_ALIAS, "both@example.org,ann@example.org", 1},
        {"both@example.org", 1, RECIPIENT_MAILBOX, "example.org/both", 1},
        {"both+x@example.org", 0, RECIPIENT_ALIAS, "both@example.org,ann@example.org",
         0},
        {"sales@example.org", 1, RECIPIENT_UNKNOWN, NULL, 0},
        {"nobody@example.com", 0, RECIPIENT_ALIAS, "ann@example.org", 1},
        {"nobody@example.com", 1, RECIPIENT_UNKNOWN, NULL, 0},
        {"x@example.net", 0, RECIPIENT_REMOTE, NULL, 0},
        {"x@sub.example.org", 0, RECIPIENT_REMOTE, NULL, 0},
        {"ann@[192.0.2.2]", 0, RECIPIENT_REMOTE, NULL, 0},
        {"ann@[192.0.2.1]", 0, RECIPIENT_UNKNOWN, NULL, 0},
        {"postmaster@[192.0.2.1]", 0, RECIPIENT_ALIAS, "postmaster@example.org", 1},
        {"postmaster@[192.0.2.1]", 1, RECIPIENT_UNKNOWN, NULL, 0},
        {"postmaster@example.com", 0, RECIPIENT_ALIAS, "ann@example.org", 1},
        {"postmaster@example.org", 0, RECIPIENT_MAILBOX, "example.org/pm", 1},
        {"PostMaster", 0, RECIPIENT_MAILBOX, "example.org/pm", 1},
        {"broken@example.org", 0, RECIPIENT_ERROR, NULL, 0},
        {"nodomain", 0, RECIPIENT_UNKNOWN, NULL, 0},
    };
    struct recipient_route route;
    const char *result;
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STRING(recipient_resolve(tables, cases[i].address, cases[i].is_expanded,
                                       &route) == cases[i].kind
                         ? cases[i].address
                         : "another kind",
                     cases[i].address);
        CHECK(route.kind == cases[i].kind);
        if (cases[i].result) {
            result = route.kind == RECIPIENT_MAILBOX ? route.mailbox : route.targets;
            CHECK_STRING(result, cases[i].result);
        }
        if (route.kind == RECIPIENT_MAILBOX) {
            CHECK_NUMBER(route.is_own_address, cases[i].is_own_address);
        }
    }
    recipient_resolve(tables, "ann@example.org", 0, &route);
    CHECK_NUMBER(route.quota_bytes, 1000);
    CHECK_NUMBER(route.quota_count, 20);
}

static void add_address(const char *address, void *data)
{
    strncat(data, address, 60);
    strncat(data, " ", 2);
}

static void test_expand(const struct tables *tables)
{
    char found[2000] = "";

    CHECK_NUMBER(recipient_expand(tables, "nested@example.org", add_address, found), 4);
    CHECK_STRING(
        found, "ann@example.org \"q,r s\"@example.net bob@example.org x@example.net ");
    found[0] = 0;
    CHECK_NUMBER(recipient_expand(tables, "both@example.org", add_address, found), 2);
    CHECK_STRING(found, "both@example.org ann@example.org ");
    found[0] = 0;
    CHECK_NUMBER(recipient_expand(tables, "Both+x@example.org", add_address, found), 2);
    CHECK_NUMBER(recipient_expand(tables, "circle1@example.org", add_address, found),
                 0);
    CHECK_NUMBER(recipient_expand(tables, "itself@example.org", add_address, found), 0);
    CHECK_NUMBER(recipient_expand(tables, "broken@example.org", add_address, found),
                 -1);
}

static void add_nothing(const char *address, void *data)
{
    (void)address;
    (void)data;
}

/* An alias over the limit must not be expanded in part and taken as whole. */
static void test_too_many(void)
{
    static char targets[(RECIPIENT_EXPANSION_MAX + 1) * 20];
    const char *const many[][2] = {{"domains:example.org", "local"},
                                   {"aliases:many@example.org", targets},
                                   {NULL, NULL}};
    struct tables tables;
    char found[100] = "";
    size_t len = 0;
    int i;

    for (i = 0; i < RECIPIENT_EXPANSION_MAX; i++) {
        len += (size_t)snprintf(targets + len, sizeof targets - len, "u%d@example.net,",
                                i);
    }
    fixture_write(many);
    CHECK(tables_open(&tables) == 0);
    CHECK_NUMBER(recipient_expand(&tables, "many@example.org", add_nothing, found), -1);
    tables_close(&tables);
}

static void check_route(const struct tables *tables, const char *domain,
                        const char *expected)
{
    const char *value = NULL;

    CHECK(recipient_find_route(tables, domain, &value) == TABLE_FOUND);
    CHECK_STRING(value, expected);
}

static void test_routes(const struct tables *tables)
{
    check_route(tables, "example.net", "relay.example.net 2525");
    check_route(tables, "a.example.net", "[192.0.2.7] 0");
    check_route(tables, "a.b.example.net", "[192.0.2.7] 0");
    check_route(tables, "sub.example.net", "[192.0.2.7] 0");
    check_route(tables, "a.sub.example.net", "deep.example.net 0");
    check_route(tables, "net", "smart.example.org 0");
    check_route(tables, "[192.0.2.9]", "smart.example.org 0");
}

/* The setting postmaster, and what comes where nothing is set. */
static void test_postmaster(void)
{
    static const char *const set[][2] = {{"conf:postmaster", "boss@example.net"},
                                         {"conf:default_domain", "example.org"},
                                         {"domains:example.com", "local"},
                                         {NULL, NULL}};
    static const char *const unset[][2] = {{"conf:default_domain", "example.org"},
                                           {"domains:example.org", "local"},
                                           {"domains:example.com", "local"},
                                           {NULL, NULL}};
    struct recipient_route route;
    struct tables tables;

    fixture_write(set);
    CHECK(tables_open(&tables) == 0);
    CHECK(recipient_resolve(&tables, "postmaster@example.com", 0, &route) ==
          RECIPIENT_ALIAS);
    CHECK_STRING(route.targets, "boss@example.net");
    CHECK(recipient_resolve(&tables, "postmaster", 0, &route) == RECIPIENT_ALIAS);
    CHECK_STRING(route.targets, "boss@example.net");
    fixture_write(unset);
    CHECK(tables_refresh(&tables) == 1);
    CHECK(recipient_resolve(&tables, "postmaster@example.com", 0, &route) ==
          RECIPIENT_UNKNOWN);
    CHECK(recipient_resolve(&tables, "postmaster", 0, &route) == RECIPIENT_UNKNOWN);
    tables_close(&tables);
}

static void test_closed(void)
{
    struct tables tables = {0};
    struct recipient_route route;
    char found[100] = "";

    CHECK(recipient_resolve(&tables, "ann@example.org", 0, &route) == RECIPIENT_ERROR);
    CHECK_NUMBER(recipient_expand(&tables, "a@example.org", add_address, found), -1);
}

int main(void)
{
    struct tables tables;

    fixture_make();
    fixture_write(rows);
    CHECK(tables_open(&tables) == 0);
    test_resolve(&tables);
    test_expand(&tables);
    test_routes(&tables);
    tables_close(&tables);
    test_too_many();
    test_postmaster();
    test_closed();
    return check_report();
}

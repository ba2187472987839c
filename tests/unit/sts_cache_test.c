#include "../../sts/cache.h"
#include "../../sts/request.h"
#include "check.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char policy[] = "version: STSv1\nmode: enforce\nmax_age: 1000\nmx: a.b\n";

static void test_names(void)
{
    static const char *const good[] = {"example.org", "a", "_x.a-b.c1", "xn--a.b"};
    static const char *const bad[] = {"",    ".",   "..",  ".a",   "a.",  "a..b",
                                      "A.b", "a/b", "!a",  "a b",  "a\n", "../a",
                                      "*.a", "a:b", "a,b", "a\x80"};
    size_t i;

    for (i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(sts_cache_name_is_good(good[i]));
    }
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!sts_cache_name_is_good(bad[i]));
    }
}

static enum tls_result find_failure(const char *id, long long now)
{
    return sts_cache_find_failure("far.example", id, now);
}

static void test_files(void)
{
    struct sts_entry entry = {.id = "one", .fetched = 5000, .used = 4000};
    struct sts_entry again = {.fetched = 0};

    CHECK_NUMBER(sts_cache_read("far.example", 5000, &again), 0);
    CHECK(!sts_policy_parse(policy, sizeof policy - 1, &entry.policy));
    CHECK_NUMBER(
        sts_cache_note_failure("far.example", "one", 5000, TLS_RESULT_STS_WEBPKI), 0);
    CHECK_NUMBER(find_failure("one", 5000), TLS_RESULT_STS_WEBPKI);
    CHECK_NUMBER(find_failure("one", 5000 + STS_FAILURE_SECONDS - 1),
                 TLS_RESULT_STS_WEBPKI);
    CHECK_NUMBER(find_failure("one", 5000 + STS_FAILURE_SECONDS), TLS_RESULT_NONE);
    CHECK_NUMBER(find_failure("two", 5000), TLS_RESULT_NONE);
    CHECK_NUMBER(find_failure("one", 4999), TLS_RESULT_NONE);
    CHECK_NUMBER(sts_cache_note_failure("far.example", "one", 5000, TLS_RESULT_OK), 0);
    CHECK_NUMBER(find_failure("one", 5000), TLS_RESULT_NONE);
    CHECK_NUMBER(sts_cache_write("far.example", &entry), 0);
    CHECK_NUMBER(find_failure("one", 5000), TLS_RESULT_NONE);
    CHECK_NUMBER(sts_cache_read("far.example", 5999, &again), 1);
    CHECK_STRING(again.id, "one");
    CHECK_NUMBER(again.fetched, 5000);
    CHECK_NUMBER(again.used, 4000);
    CHECK(sts_policy_lists(&again.policy, "a.b"));
    CHECK_NUMBER(sts_cache_read("far.example", 6000, &again), 0);
    CHECK_NUMBER(sts_cache_read("../sts/far.example", 5000, &again), 0);
    CHECK(!sts_cache_is_due(&entry, 5499));
    CHECK(sts_cache_is_due(&entry, 5500));
    CHECK(sts_cache_is_due(&entry, 4999));
    entry.policy.max_age = 10 * STS_REFRESH_SECONDS;
    CHECK(!sts_cache_is_due(&entry, 5000 + STS_REFRESH_SECONDS - 1));
    CHECK(sts_cache_is_due(&entry, 5000 + STS_REFRESH_SECONDS));
    sts_policy_free(&entry.policy);
    sts_policy_free(&again.policy);
}

static void test_entry(void)
{
    static const char *const bad[] = {"",
                                      "x-id: a\n",
                                      "x-id: a\nx-fetched: 1\n",
                                      "x-id: \nx-fetched: 1\nx-used: 1\n",
                                      "x-id: a/b\nx-fetched: 1\nx-used: 1\n",
                                      "x-id: a\nx-fetched: -1\nx-used: 1\n"};
    struct sts_entry entry = {.fetched = 0};
    stralloc text = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        text_set_string(&text, bad[i]);
        text_add_string(&text, policy);
        CHECK_NUMBER(sts_entry_parse(text.s, text.len, &entry), -1);
    }
    text_set_string(&text, "x-id: a\nx-fetched: 1\nx-used: 1\n");
    CHECK_NUMBER(sts_entry_parse(text.s, text.len, &entry), -1);
    text_add_string(&text, policy);
    CHECK_NUMBER(sts_entry_parse(text.s, text.len, &entry), 0);
    text_free(&text);
    sts_policy_free(&entry.policy);
}

static void test_request(void)
{
    static const struct {
        const char *fields[5];
        int result;
    } rows[] = {
        {{"fetch", "far.example", "1", NULL}, 0},
        {{"fetch", "far.example", NULL}, -1},
        {{"fetch", "far.example", "1", "2", NULL}, -1},
        {{"fetch", "../far", "1", NULL}, -1},
        {{"fetch", "far.example", "a b", NULL}, -1},
        {{"get", "far.example", "1", NULL}, -1},
        {{NULL}, -1},
    };
    size_t i, j;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct packet packet = {.next = 0};
        struct sts_request request;
        packet_clear(&packet);
        for (j = 0; rows[i].fields[j]; j++) {
            packet_add(&packet, rows[i].fields[j]);
        }
        CHECK_NUMBER(sts_request_parse(&packet, &request), rows[i].result);
        packet_free(&packet);
    }
}

int main(void)
{
    char dir[] = "/tmp/sts_cache_test.XXXXXX";
    char path[100];

    CHECK(mkdtemp(dir) != NULL);
    CHECK_NUMBER(setenv("POMBO_DIR", dir, 1), 0);
    snprintf(path, sizeof path, "%s/sts", dir);
    CHECK_NUMBER(mkdir(path, 0755), 0);
    test_names();
    test_files();
    test_entry();
    test_request();
    snprintf(path, sizeof path, "%s/sts/far.example", dir);
    CHECK_NUMBER(unlink(path), 0);
    snprintf(path, sizeof path, "%s/sts", dir);
    CHECK_NUMBER(rmdir(path), 0); /* nothing else is left */
    CHECK_NUMBER(rmdir(dir), 0);
    return check_report();
}

#include "../../listen/child.h"
#include "../../listen/source.h"
#include "check.h"

#include <arpa/inet.h>

#define CAPACITY 20

static struct peer make_peer(const char *ip)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    struct peer peer;

    v6->sin6_family = AF_INET6;
    CHECK(inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1);
    CHECK(peer_read(&peer, &address, -1) == 0);
    return peer;
}

static int is_one_source(const char *one, const char *other, unsigned bits4,
                         unsigned bits6)
{
    struct peer peer = make_peer(one);
    struct peer_key first;
    struct peer_key second;

    peer_key(&peer, bits4, bits6, &first);
    peer = make_peer(other);
    peer_key(&peer, bits4, bits6, &second);
    return memcmp(&first, &second, sizeof first) == 0;
}

static void test_prefixes(void)
{
    CHECK(is_one_source("::ffff:192.0.2.1", "::ffff:192.0.2.1", 32, 64));
    CHECK(!is_one_source("::ffff:192.0.2.1", "::ffff:192.0.2.0", 32, 64));
    CHECK(is_one_source("::ffff:192.0.2.1", "::ffff:192.0.2.0", 31, 64));
    CHECK(is_one_source("::ffff:192.0.2.1", "::ffff:192.0.3.9", 23, 64));
    CHECK(!is_one_source("::ffff:192.0.2.1", "::ffff:192.0.4.1", 23, 64));
    CHECK(is_one_source("::ffff:192.0.2.1", "::ffff:10.0.0.1", 0, 64));
    CHECK(is_one_source("2001:db8::1", "2001:db8::ffff:2", 32, 64));
    CHECK(!is_one_source("2001:db8::1", "2001:db8:0:1::1", 32, 64));
    CHECK(is_one_source("2001:db8::1", "2001:db8:0:1::1", 32, 48));
    CHECK(!is_one_source("2001:db8::1", "2001:db8::2", 32, 128));
    CHECK(!is_one_source("::", "::ffff:0.0.0.0", 0, 0));
}

static void test_mapped(void)
{
    struct peer peer = make_peer("::ffff:192.0.2.1");
    char text[PEER_TEXT_MAX];

    peer_format(&peer, text);
    CHECK_STRING(text, "192.0.2.1");
    peer = make_peer("2001:db8::1");
    peer_format(&peer, text);
    CHECK_STRING(text, "2001:db8::1");
}

static struct peer_key make_key(unsigned number)
{
    struct peer_key key = {.bytes = {AF_INET, 192, 0, (unsigned char)(number >> 8),
                                     (unsigned char)number}};

    return key;
}

/* Fills and empties the table many times over; no entry may get lost. */
static void test_sources(void)
{
    struct source_table table;
    uint32_t index[CAPACITY];
    struct peer_key key;
    unsigned round;
    unsigned i;

    CHECK(source_table_init(&table, CAPACITY) == 0);
    for (round = 0; round < 100; round++) {
        for (i = 0; i < CAPACITY; i++) {
            key = make_key(round * 7 + i);
            index[i] = source_add(&table, &key);
            CHECK(index[i] != SOURCE_NONE);
            CHECK(source_add(&table, &key) == index[i]);
            CHECK_NUMBER(source_count(&table, &key), 2);
        }
        key = make_key(60000);
        CHECK(source_add(&table, &key) == SOURCE_NONE);
        for (i = 0; i < CAPACITY; i++) {
            key = make_key(round * 7 + i);
            source_release(&table, index[i]);
            CHECK_NUMBER(source_count(&table, &key), 1);
            source_release(&table, index[i]);
            CHECK_NUMBER(source_count(&table, &key), 0);
        }
    }
    source_release(&table, SOURCE_NONE);
    source_table_free(&table);
}

static void test_children(void)
{
    struct child_table table;
    uint32_t source;
    pid_t pid;

    CHECK(child_table_init(&table, CAPACITY) == 0);
    for (pid = 1000; pid < 5000; pid++) {
        child_add(&table, pid * 32, (uint32_t)pid);
        if (table.count == CAPACITY) {
            CHECK(child_remove(&table, (pid - CAPACITY + 1) * 32, &source) == 0);
            CHECK_NUMBER(source, pid - CAPACITY + 1);
        }
    }
    CHECK_NUMBER(table.count, CAPACITY - 1);
    CHECK(child_remove(&table, 1, &source) == -1);
    CHECK_NUMBER(table.count, CAPACITY - 1);
    child_table_free(&table);
}

int main(void)
{
    test_prefixes();
    test_mapped();
    test_sources();
    test_children();
    return check_report();
}

#include "check.h"
#include "netaddress.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *in;
    int family; /* 0: no address */
    const char *plain, *literal;
} addresses[] = {
    {"192.0.2.1", AF_INET, "192.0.2.1", "[192.0.2.1]"},
    {"2001:DB8:0::1", AF_INET6, "2001:db8::1", "[IPv6:2001:db8::1]"},
    {"::", AF_INET6, "::", "[IPv6:::]"},
    {"::ffff:192.0.2.9", AF_INET, "192.0.2.9", "[192.0.2.9]"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", AF_INET6,
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
     "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]"},
    {"", 0, NULL, NULL},
    {"192.0.2", 0, NULL, NULL},
    {"192.0.2.256", 0, NULL, NULL},
    {"192.0.2.1 ", 0, NULL, NULL},
    {"[192.0.2.1]", 0, NULL, NULL},
    {"fe80::1%lo", 0, NULL, NULL},
    {"2001:db8::1::2", 0, NULL, NULL},
    {"example.org", 0, NULL, NULL},
};

static void test_addresses(void)
{
    char out[NET_ADDRESS_TEXT_SIZE];
    size_t i;

    for (i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct net_address address;
        int result = net_address_parse(addresses[i].in, &address);
        CHECK_NUMBER(result, addresses[i].family ? 0 : -1);
        CHECK_NUMBER(address.family, addresses[i].family);
        CHECK_NUMBER(address.port, 0);
        if (result == 0) {
            CHECK_STRING(net_address_format(&address, out), addresses[i].plain);
            CHECK_STRING(net_address_literal(&address, out), addresses[i].literal);
        } else {
            CHECK_STRING(net_address_format(&address, out), "unknown");
        }
    }
}

static const struct {
    const char *in, *plain; /* NULL: none */
    unsigned port;
} endpoints[] = {
    {"192.0.2.1:2525", "192.0.2.1", 2525},
    {"192.0.2.1", "192.0.2.1", 53},
    {"[2001:db8::1]:2525", "2001:db8::1", 2525},
    {"[2001:db8::1]", "2001:db8::1", 53},
    {"2001:db8::1", "2001:db8::1", 53},
    {"[192.0.2.1]:9", "192.0.2.1", 9},
    {"192.0.2.1:0", NULL, 0},
    {"192.0.2.1:65536", NULL, 0},
    {"192.0.2.1:", NULL, 0},
    {"192.0.2.1:x", NULL, 0},
    {":53", NULL, 0},
    {"[", NULL, 0},
    {"[]:53", NULL, 0},
    {"[2001:db8::1", NULL, 0},
    {"[2001:db8::1]53", NULL, 0},
    {"", NULL, 0},
};

static void test_endpoints(void)
{
    union net_socket_address socket;
    char out[NET_ADDRESS_TEXT_SIZE];
    size_t i;

    for (i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        struct net_address address;
        int result = net_address_parse_endpoint(endpoints[i].in, 53, &address);
        CHECK_NUMBER(result, endpoints[i].plain ? 0 : -1);
        if (result == 0) {
            CHECK_STRING(net_address_format(&address, out), endpoints[i].plain);
            CHECK_NUMBER(address.port, endpoints[i].port);
            CHECK(net_address_for_socket(&address, &socket) > 0);
            CHECK_NUMBER(ntohs(socket.v4.sin_port), endpoints[i].port);
            CHECK_NUMBER(socket.any.sa_family, address.family);
        }
        if (endpoints[i].port == 53) {
            CHECK(net_address_parse_endpoint(endpoints[i].in, 0, &address) < 0);
        }
    }
}

static const struct {
    const char *address, *network;
    int result;
} matches[] = {
    {"192.0.2.7", "192.0.2.0/24", 1},
    {"192.0.3.7", "192.0.2.0/24", 0},
    {"192.0.3.7", "192.0.2.0/23", 1},
    {"192.0.2.7", "192.0.2.7", 1},
    {"192.0.2.7", "192.0.2.7/32", 1},
    {"192.0.2.6", "192.0.2.7/31", 1},
    {"192.0.2.8", "192.0.2.7/31", 0},
    {"203.0.113.1", "0.0.0.0/0", 1},
    {"2001:db8::1", "0.0.0.0/0", 0},
    {"192.0.2.1", "::/0", 0},
    {"2001:db8:ffff::1", "2001:db8::/32", 1},
    {"2001:db9::1", "2001:db8::/32", 0},
    {"2001:db8::1", "2001:db8::1/128", 1},
    {"2001:db8::2", "2001:db8::1/128", 0},
    {"2001:db8:8000::", "2001:db8::/33", 0},
    {"2001:db8:7fff::", "2001:db8::/33", 1},
    {"::ffff:192.0.2.7", "192.0.2.0/24", 1},
    {"192.0.2.7", "::ffff:192.0.2.0/120", 1},
    {"192.0.3.7", "::ffff:192.0.2.0/120", 0},
    {"192.0.2.7", "::ffff:192.0.2.7", 1},
    {"192.0.2.8", "::FFFF:c000:207/128", 0},
    {"192.0.2.7", "::ffff:0:0/96", 1},
    {"2001:db8::1", "::ffff:0:0/96", 0},
    {"192.0.2.7", "::ffff:0:0/95", -1},
    {"192.0.2.7", "::ffff:192.0.2.0/129", -1},
    {"192.0.2.7", "192.0.2.0/33", -1},
    {"192.0.2.7", "192.0.2.0/", -1},
    {"192.0.2.7", "192.0.2.0/ 8", -1},
    {"192.0.2.7", "192.0.2.0/-1", -1},
    {"192.0.2.7", "192.0.2/24", -1},
    {"2001:db8::1", "2001:db8::/129", -1},
    {"192.0.2.7", "example.org", -1},
    {"192.0.2.7", "", -1},
    {"192.0.2.7",
     "111111111111111111111111111111111111111111111111111111111111111111111/8", -1},
};

static void test_matches(void)
{
    size_t i;

    for (i = 0; i < sizeof matches / sizeof *matches; i++) {
        struct net_address address;
        int result;
        CHECK(net_address_parse(matches[i].address, &address) == 0);
        result = net_address_matches(&address, matches[i].network);
        if (result != matches[i].result) {
            printf("%s in %s\n", matches[i].address, matches[i].network);
        }
        CHECK_NUMBER(result, matches[i].result);
    }
}

static void test_lists(void)
{
    struct net_address address, unknown = {0};

    CHECK(net_address_parse("192.0.2.7", &address) == 0);
    CHECK(net_address_in_list(&address, "127.0.0.0/8 192.0.2.0/24"));
    CHECK(net_address_in_list(&address, "127.0.0.0/8,nonsense,\t192.0.2.7,"));
    CHECK(!net_address_in_list(&address, "127.0.0.0/8 ::1/128"));
    CHECK(!net_address_in_list(&address, ""));
    CHECK(!net_address_in_list(&address, " , "));
    CHECK(!net_address_in_list(&unknown, "0.0.0.0/0 ::/0"));
}

static void clear_environment(void)
{
    static const char *const names[] = {"TCPREMOTEIP", "TCPREMOTEPORT", "REMOTE_ADDR",
                                        "REMOTE_PORT", "TCPLOCALIP",    "TCPLOCALPORT"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        unsetenv(names[i]);
    }
}

static void test_environment(void)
{
    char out[NET_ADDRESS_TEXT_SIZE];
    struct net_address peer;

    clear_environment();
    setenv("REMOTE_ADDR", "2001:db8::5", 1);
    setenv("REMOTE_PORT", "4711", 1);
    net_peer(-1, &peer);
    CHECK_STRING(net_address_format(&peer, out), "2001:db8::5");
    CHECK_NUMBER(peer.port, 4711);
    setenv("TCPREMOTEIP", "192.0.2.5", 1);
    setenv("TCPREMOTEPORT", "65536", 1); /* no port: the address stands */
    net_peer(-1, &peer);
    CHECK_STRING(net_address_format(&peer, out), "192.0.2.5");
    CHECK_NUMBER(peer.port, 0);
    setenv("TCPREMOTEIP", "nonsense", 1);
    unsetenv("REMOTE_ADDR");
    net_peer(-1, &peer);
    CHECK_NUMBER(peer.family, 0);
    clear_environment();
    setenv("TCPLOCALIP", "192.0.2.6", 1);
    setenv("TCPLOCALPORT", "25", 1);
    net_local(-1, &peer);
    CHECK_STRING(net_address_format(&peer, out), "192.0.2.6");
    CHECK_NUMBER(peer.port, 25);
    clear_environment();
}

static void test_sockets(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    struct net_address peer, local;
    char out[NET_ADDRESS_TEXT_SIZE];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    int pair[2];

    CHECK(bind(listener, (struct sockaddr *)&here, sizeof here) == 0);
    CHECK(listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&here, &len) == 0);
    CHECK(connect(client, (struct sockaddr *)&here, sizeof here) == 0);
    net_peer(client, &peer);
    CHECK_STRING(net_address_format(&peer, out), "127.0.0.1");
    CHECK_NUMBER(peer.port, ntohs(here.sin_port));
    net_local(client, &local);
    CHECK_STRING(net_address_format(&local, out), "127.0.0.1");
    CHECK(local.port != 0 && local.port != peer.port);
    close(client);
    close(listener);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    net_peer(pair[0], &peer);
    net_local(pair[0], &local);
    CHECK(peer.family == 0 && local.family == 0);
    close(pair[0]);
    close(pair[1]);
}

static void test_loopback(void)
{
    static const struct {
        const char *text;
        int is_loopback;
    } rows[] = {{"127.0.0.1", 1},        {"127.255.1.2", 1}, {"128.0.0.1", 0},
                {"192.0.2.127", 0},      {"::1", 1},         {"::", 0},
                {"::ffff:127.0.0.1", 1}, {"1::1", 0},        {"0.0.0.0", 0}};
    struct net_address address;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(net_address_parse(rows[i].text, &address), 0);
        CHECK_NUMBER(net_address_is_loopback(&address), rows[i].is_loopback);
    }
}

int main(void)
{
    test_loopback();
    test_addresses();
    test_endpoints();
    test_matches();
    test_lists();
    test_environment();
    test_sockets();
    return check_report();
}

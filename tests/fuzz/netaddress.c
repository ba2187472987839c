/* IP addresses and networks: what is taken is written in one way, which is taken
 * again. Two strings, parted by a blank: an address and a network.
 * fuzz-options: -max_len=96 */
#include "netaddress.h"

#include "../../cdb/network.h"
#include "fuzz.h"

static void check_address(const char *text, struct net_address *address)
{
    char formatted[NET_ADDRESS_TEXT_SIZE], literal[NET_ADDRESS_TEXT_SIZE];
    struct net_address again;

    if (net_address_parse(text, address) < 0) {
        address->family = 0;
        return;
    }
    REQUIRE(net_address_parse(net_address_format(address, formatted), &again) == 0);
    REQUIRE(memcmp(&again, address, sizeof again) == 0);
    REQUIRE(net_address_literal(address, literal)[0] == '[');
    REQUIRE(strstr(literal, formatted));
    REQUIRE(net_address_matches(address, formatted) == 1);
}

static void check_network(const char *text, const struct net_address *address)
{
    struct network network, again;
    int matches;

    if (network_parse(text, &network)) {
        return;
    }
    matches = net_address_matches(address, network.text);
    REQUIRE(matches >= 0);
    REQUIRE(net_address_in_list(address, network.text) == matches);
    REQUIRE(!network_parse(network.text, &again));
    REQUIRE(strcmp(again.text, network.text) == 0 && again.bits == network.bits);
    REQUIRE(net_address_matches(&network.address, network.text) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    struct net_address address;
    size_t len;
    const char *start = fuzz_until(&input, ' ', &len);
    char *first = fuzz_string(start, len);
    char *second = fuzz_string(input.at, input.left);

    check_address(first, &address);
    check_network(second, &address);
    (void)net_address_in_list(&address, second);
    (void)net_address_matches(&address, second);
    free(first);
    free(second);
    return 0;
}

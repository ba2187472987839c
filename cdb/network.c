#include "network.h"

#include "text.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char *parse_bits(const char *text, unsigned max, unsigned *bits)
{
    unsigned long long n;

    if (text_parse_number(text, strlen(text), max, &n) < 0) {
        return "no such prefix length";
    }
    *bits = (unsigned)n;
    return NULL;
}

static int has_host_bits(const struct network *network, unsigned width)
{
    unsigned i;

    for (i = network->bits; i < width; i++) {
        if (network->address.bytes[i / 8] & (0x80U >> i % 8)) {
            return 1;
        }
    }
    return 0;
}

const char *network_parse(const char *text, struct network *out)
{
    char address[NET_ADDRESS_TEXT_SIZE];
    char formatted[NET_ADDRESS_TEXT_SIZE];
    size_t len = strcspn(text, "/");
    unsigned width;
    unsigned mapped; /* bits in front of an IPv4 address written as IPv6 */
    const char *fault;

    memset(out, 0, sizeof *out);
    if (len >= sizeof address) {
        return "not a network";
    }
    memcpy(address, text, len);
    address[len] = 0;
    if (net_address_parse(address, &out->address) < 0) {
        return "not a network";
    }
    width = out->address.family == AF_INET ? 32 : 128;
    mapped = width == 32 && strchr(address, ':') ? 96 : 0;
    out->bits = mapped + width;
    fault = text[len] ? parse_bits(text + len + 1, mapped + width, &out->bits) : NULL;
    if (fault) {
        return fault;
    }
    if (out->bits < mapped) {
        return "a network of IPv4 addresses and others";
    }
    out->bits -= mapped;
    if (has_host_bits(out, width)) {
        return "bits are set after the prefix";
    }
    snprintf(out->text, sizeof out->text, "%s/%u",
             net_address_format(&out->address, formatted), out->bits);
    return NULL;
}

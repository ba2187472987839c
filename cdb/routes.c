/* Rows of routes: DOMAIN, .DOMAIN or *, and HOST[:PORT]. */
#include "netaddress.h"
#include "source.h"
#include "text.h"

#include <string.h>
#include <strings.h>

/* Reads "[ADDRESS]" (with or without "IPv6:"); *USED is its length. */
static const char *read_literal(const char *text, stralloc *out, size_t *used)
{
    char address[NET_ADDRESS_TEXT_SIZE];
    struct net_address parsed;
    size_t skip = strncasecmp(text + 1, "IPv6:", 5) == 0 ? 6 : 1;
    size_t len = strcspn(text + skip, "]");

    *used = skip + len + 1;
    if (text[skip + len] == 0 || len >= sizeof address) {
        return "no address in brackets";
    }
    memcpy(address, text + skip, len);
    address[len] = 0;
    if (net_address_parse(address, &parsed) < 0) {
        return "no address in brackets";
    }
    text_add_format(out, "[%s]", net_address_format(&parsed, address));
    return NULL;
}

static const char *read_name(const char *text, stralloc *out, size_t *used)
{
    size_t len = strcspn(text, ":");
    stralloc name = STRALLOC_ZERO;
    stralloc domain = STRALLOC_ZERO;
    struct net_address address;
    const char *fault = NULL;

    *used = len;
    text_add_bytes(&name, text, len);
    if (net_address_parse(text, &address) == 0 ||
        net_address_parse(text_string(&name), &address) == 0) {
        fault = "an address stands in brackets: [192.0.2.1]:25";
    } else if (source_domain(text_string(&name), &domain) < 0) {
        fault = "no host's name";
    } else {
        text_add_string(out, domain.s);
    }
    text_free(&name);
    text_free(&domain);
    return fault;
}

const char *source_host(const char *text, stralloc *out, unsigned *port)
{
    unsigned long long number = 0;
    const char *fault;
    size_t used;

    fault = *text == '[' ? read_literal(text, out, &used) : read_name(text, out, &used);
    if (fault) {
        return fault;
    }
    text += used;
    if (*text && (*text != ':' ||
                  text_parse_number(text + 1, strlen(text + 1), 65535, &number) < 0 ||
                  number == 0)) {
        return "no port after it";
    }
    *port = (unsigned)number;
    text_string(out);
    return NULL;
}

static const char *read_host(const char *text, stralloc *out)
{
    unsigned port;
    const char *fault = source_host(text, out, &port);

    if (!fault) {
        text_add_format(out, " %u", port);
    }
    return fault;
}

void routes_parse(struct text_row *row, void *data)
{
    stralloc key = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    const char *host = row_next_word(row);
    const char *fault = host ? read_host(host, &value) : NULL;

    if (!host) {
        row_fault(row, "no host; a row is DOMAIN HOST[:PORT]");
    } else if (fault) {
        row_fault(row, "\"%s\": %s", host, fault);
    } else if (row_next_word(row)) {
        row_fault(row, "a row is DOMAIN HOST[:PORT]");
    }
    if (source_destination(name, &key) < 0) {
        row_fault(row, "\"%s\" is none of DOMAIN, .DOMAIN and *", name);
    } else {
        source_add(data, TABLE_ROUTES, row, key.s, text_string(&value));
    }
    text_free(&key);
    text_free(&value);
}

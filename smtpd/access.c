#include "access.h"

#include "address.h"
#include "text.h"

#include <string.h>
#include <sys/socket.h>

static struct access_answer read_row(const char *value)
{
    static const struct {
        const char *word;
        enum access_action action;
    } words[] = {{"ok", ACCESS_OK},
                 {"relay", ACCESS_RELAY},
                 {"refuse", ACCESS_REFUSE},
                 {"defer", ACCESS_DEFER}};
    size_t len = strcspn(value, " ");
    size_t i;

    for (i = 0; i < sizeof words / sizeof *words; i++) {
        if (len == strlen(words[i].word) && memcmp(value, words[i].word, len) == 0) {
            return (struct access_answer){words[i].action,
                                          value + len + (value[len] == ' ')};
        }
    }
    return (struct access_answer){ACCESS_ERROR, ""};
}

static struct access_answer find(const struct tables *tables, const char *key)
{
    const char *value;

    switch (tables_get(tables, TABLE_ACCESS, key, &value)) {
    case TABLE_FOUND:
        return read_row(value);
    case TABLE_ABSENT:
        return (struct access_answer){ACCESS_NONE, ""};
    default:
        return (struct access_answer){ACCESS_ERROR, ""};
    }
}

static void clear_host_bits(struct net_address *address, unsigned long long bits)
{
    size_t i;

    for (i = bits / 8; i < sizeof address->bytes; i++) {
        unsigned keep = i == bits / 8 ? (unsigned)(bits % 8) : 0;
        address->bytes[i] &= (unsigned char)(0xff00U >> keep);
    }
}

/* LENGTHS holds "4/24 6/64 ...", the longest of a family first. */
static struct access_answer find_by_lengths(const struct tables *tables,
                                            const struct net_address *peer,
                                            const char *lengths)
{
    struct access_answer answer = {ACCESS_NONE, ""};
    char family = peer->family == AF_INET6 ? '6' : '4';
    stralloc key = STRALLOC_ZERO;

    while (*lengths && answer.action == ACCESS_NONE) {
        size_t len = strcspn(lengths, " ");
        struct net_address network = *peer;
        char text[NET_ADDRESS_TEXT_SIZE];
        unsigned long long bits;
        if (len < 3 || text_parse_number(lengths + 2, len - 2, 128, &bits) < 0) {
            answer.action = ACCESS_ERROR;
        } else if (lengths[0] == family) {
            clear_host_bits(&network, bits);
            text_clear(&key);
            text_add_format(&key, "net:%s/%llu", net_address_format(&network, text),
                            bits);
            answer = find(tables, text_string(&key));
        }
        lengths += len + (lengths[len] == ' ');
    }
    text_free(&key);
    return answer;
}

struct access_answer access_find_network(const struct tables *tables,
                                         const struct net_address *peer)
{
    const char *lengths;

    switch (tables_get(tables, TABLE_ACCESS, "#lengths", &lengths)) {
    case TABLE_FOUND:
        break;
    case TABLE_ABSENT:
        return (struct access_answer){ACCESS_NONE, ""};
    default:
        return (struct access_answer){ACCESS_ERROR, ""};
    }
    if (peer->family == 0) {
        return (struct access_answer){ACCESS_NONE, ""};
    }
    return find_by_lengths(tables, peer, lengths);
}

int access_has_hosts(const struct tables *tables)
{
    const char *value;

    return tables_get(tables, TABLE_ACCESS, "#hosts", &value) == TABLE_FOUND;
}

struct access_answer access_find_host(const struct tables *tables, const char *host)
{
    struct access_answer answer = {ACCESS_NONE, ""};
    stralloc key = STRALLOC_ZERO;

    while (host && answer.action == ACCESS_NONE) {
        text_set_string(&key, "host:");
        text_add_string(&key, host);
        answer = find(tables, text_string(&key));
        host = strchr(host + 1, '.');
    }
    text_free(&key);
    return answer;
}

struct access_answer access_find_party(const struct tables *tables, const char *kind,
                                       const char *address)
{
    const char *domain = address_domain(address);
    stralloc key = STRALLOC_ZERO;
    struct access_answer answer;

    text_add_format(&key, "%s:%s", kind, address);
    answer = find(tables, text_string(&key));
    if (answer.action == ACCESS_NONE && domain) {
        text_clear(&key);
        text_add_format(&key, "%s:@%s", kind, domain);
        answer = find(tables, text_string(&key));
    }
    text_free(&key);
    return answer;
}

/* Rows of access: WHO ACTION [TEXT]. */
#include "network.h"
#include "source.h"
#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TEXT_MAX 400

/* Each sets KEY to the canonical key after its prefix. NULL, or what is wrong. */

static const char *read_network(const char *text, stralloc *key)
{
    struct network network;
    const char *fault = network_parse(text, &network);

    if (!fault) {
        text_add_string(key, network.text);
    }
    return fault;
}

static const char *read_host(const char *text, stralloc *key)
{
    stralloc domain = STRALLOC_ZERO;
    size_t dot = text[0] == '.';
    int result = text[dot] == '[' ? -1 : source_domain(text + dot, &domain);

    if (result == 0) {
        text_add_string(key, dot ? "." : "");
        text_add_string(key, domain.s);
    }
    text_free(&domain);
    return result < 0 ? "neither a host's name nor .DOMAIN" : NULL;
}

static const char *read_party(const char *text, stralloc *key)
{
    stralloc found = STRALLOC_ZERO;
    size_t at = text[0] == '@';
    int result = 0;

    if (strcmp(text, "<>") != 0) {
        result = at ? source_domain(text + 1, &found) : source_address(text, &found);
    }
    if (result == 0) {
        text_add_string(key, at ? "@" : "");
        text_add_bytes(key, found.s, found.len);
    }
    text_free(&found);
    return result < 0 ? "neither an address nor @DOMAIN" : NULL;
}

static const struct {
    const char *prefix;
    const char *(*read)(const char *text, stralloc *key);
    int may_relay;
} kinds[] = {
    {"net:", read_network, 1},
    {"host:", read_host, 1},
    {"from:", read_party, 0},
    {"to:", read_party, 0},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* The place of the key's kind in kinds, or KIND_COUNT. */
static size_t find_kind(const char *who)
{
    size_t i;

    for (i = 0; i < KIND_COUNT; i++) {
        if (strncmp(who, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
            break;
        }
    }
    return i;
}

static const char *check_action(const char *action, const char *text, int may_relay)
{
    int is_refusal = strcmp(action, "refuse") == 0 || strcmp(action, "defer") == 0;
    size_t i;

    if (strcmp(action, "relay") == 0 && !may_relay) {
        return "only net: and host: may have relay";
    }
    if (!is_refusal && strcmp(action, "relay") != 0 && strcmp(action, "ok") != 0) {
        return "an action is relay, ok, refuse [TEXT] or defer [TEXT]";
    }
    if (*text && !is_refusal) {
        return "only refuse and defer have a text";
    }
    if (strlen(text) > TEXT_MAX) {
        return "the text is too long";
    }
    for (i = 0; text[i]; i++) {
        if (!isprint((unsigned char)text[i])) {
            return "the text must be printable ASCII: it goes into SMTP replies";
        }
    }
    return NULL;
}

void access_parse(struct text_row *row, void *data)
{
    stralloc key = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *who = row_next_word(row);
    const char *action = row_next_word(row);
    const char *text = row->text + strspn(row->text, " \t");
    size_t kind = find_kind(who);
    const char *fault = "a row is net:NETWORK, host:NAME, from:ADDRESS or to:ADDRESS "
                        "and an action";

    if (kind < KIND_COUNT) {
        text_set_string(&key, kinds[kind].prefix);
        fault = kinds[kind].read(who + strlen(kinds[kind].prefix), &key);
    }
    if (fault) {
        row_fault(row, "\"%s\": %s", who, fault);
    } else {
        text_add_format(&value, "%s%s%s", action ? action : "ok", *text ? " " : "",
                        text);
        source_add(data, TABLE_ACCESS, row, text_string(&key), text_string(&value));
        fault = check_action(action ? action : "", text, kinds[kind].may_relay);
        if (fault) {
            row_fault(row, "\"%s\": %s", action ? action : "", fault);
        }
    }
    text_free(&key);
    text_free(&value);
}

/* The longest prefixes come first: the nearest network's row is in force. */
static void add_lengths(struct source *source, const char in_use[2][129])
{
    stralloc lengths = STRALLOC_ZERO;
    int family;
    int bits;

    for (family = 0; family < 2; family++) {
        for (bits = 128; bits >= 0; bits--) {
            if (in_use[family][bits]) {
                text_add_format(&lengths, "%s%d/%d", lengths.len ? " " : "",
                                family ? 6 : 4, bits);
            }
        }
    }
    if (lengths.len > 0) {
        record_add(&source->tables[TABLE_ACCESS], "#lengths", text_string(&lengths), 0);
    }
    text_free(&lengths);
}

void access_finish(struct source *source)
{
    const struct record_list *list = &source->tables[TABLE_ACCESS];
    char in_use[2][129] = {{0}};
    struct network network;
    int has_hosts = 0;
    size_t i;

    for (i = 0; i < list->count; i++) {
        const char *key = list->records[i]->key;
        if (strncmp(key, "host:", 5) == 0) {
            has_hosts = 1;
        } else if (strncmp(key, "net:", 4) == 0 && !network_parse(key + 4, &network)) {
            in_use[network.address.family == AF_INET6][network.bits] = 1;
        }
    }
    if (has_hosts) {
        record_add(&source->tables[TABLE_ACCESS], "#hosts", "1", 0);
    }
    add_lengths(source, in_use);
}

/* Rows of domains, users, aliases, senders and passwords. */
#include "address.h"
#include "mailbox.h"
#include "recipient.h"
#include "scram.h"
#include "settings.h"
#include "source.h"
#include "text.h"

#include <string.h>

static void refuse_rest(struct text_row *row)
{
    const char *word = row_next_word(row);

    if (word) {
        row_fault(row, "\"%s\" is one word too many", word);
    }
}

static int is_local(const struct source *source, const char *domain)
{
    return record_find(&source->tables[TABLE_DOMAINS], domain) != NULL;
}

void domains_parse(struct text_row *row, void *data)
{
    stralloc domain = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    const char *kind = row_next_word(row);

    if (source_domain(name, &domain) < 0) {
        row_fault(row, "\"%s\" is not a domain", name);
    } else {
        source_add(data, TABLE_DOMAINS, row, domain.s, "local");
    }
    if (!kind || strcmp(kind, "local") != 0) {
        row_fault(row, "a row is DOMAIN local");
    }
    refuse_rest(row);
    text_free(&domain);
}

/* A setting's value as the rows of pombo.conf give it. */
static long long default_of(const struct source *source, enum setting setting)
{
    const struct record *record =
        record_find(&source->tables[TABLE_CONF], setting_rows[setting].name);
    long long number;

    setting_check(setting, record ? record->value : setting_rows[setting].fallback,
                  &number);
    return number;
}

/* Reads quota=SIZE and count=N in any order. */
static void read_quotas(struct text_row *row, long long *bytes, long long *count)
{
    const char *fault;
    const char *word;

    while ((word = row_next_word(row))) {
        if (strncmp(word, "quota=", 6) == 0) {
            fault = setting_check(SET_quota_bytes, word + 6, bytes);
        } else if (strncmp(word, "count=", 6) == 0) {
            fault = setting_check(SET_quota_count, word + 6, count);
        } else {
            fault = "a row is ADDRESS MAILBOX [quota=SIZE] [count=N]";
        }
        if (fault) {
            row_fault(row, "\"%s\": %s", word, fault);
        }
    }
}

void users_parse(struct text_row *row, void *data)
{
    struct source *source = data;
    stralloc address = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    const char *mailbox = row_next_word(row);
    long long bytes = default_of(source, SET_quota_bytes);
    long long count = default_of(source, SET_quota_count);

    if (!mailbox) {
        row_fault(row, "no mailbox; a row is ADDRESS MAILBOX [quota=SIZE] [count=N]");
    } else if (!mailbox_name_is_valid(mailbox) || strchr(mailbox, ' ')) {
        /* A blank, which quotes let into a word, would end the name in the table. */
        row_fault(row, "\"%s\" can't be the name of a mailbox", mailbox);
    }
    read_quotas(row, &bytes, &count);
    if (source_address(name, &address) < 0) {
        row_fault(row, "\"%s\" is not an address", name);
    } else {
        text_add_format(&value, "%s %lld %lld", mailbox ? mailbox : "-", bytes, count);
        source_add(source, TABLE_USERS, row, address.s, text_string(&value));
        if (!is_local(source, address_domain(address.s))) {
            row_fault(row, "%s: its domain is not in the table domains", name);
        }
    }
    text_free(&address);
    text_free(&value);
}

/* Appends the canonical targets, parted by ','. */
static void read_targets(struct text_row *row, stralloc *value)
{
    stralloc name = STRALLOC_ZERO;
    stralloc address = STRALLOC_ZERO;
    const char *at = row->text;
    const char *target;
    size_t count = 0;
    size_t len;

    while ((target = recipient_next_target(&at, &len))) {
        text_clear(&name);
        text_add_bytes(&name, target, len);
        if (source_address(text_string(&name), &address) < 0) {
            row_fault(row, "\"%s\" is not an address", name.s);
            continue;
        }
        if (count++ > 0) {
            text_add_byte(value, ',');
        }
        text_add_string(value, address.s);
    }
    if (count == 0) {
        row_fault(row, "no target; a row is ADDRESS TARGET, TARGET ...");
    } else if (count > RECIPIENT_EXPANSION_MAX) {
        row_fault(row, "more than %d targets", RECIPIENT_EXPANSION_MAX);
    }
    text_free(&name);
    text_free(&address);
}

/* An address, or @DOMAIN. */
static int read_alias_key(const char *text, stralloc *out)
{
    stralloc domain = STRALLOC_ZERO;
    int result;

    if (text[0] != '@') {
        result = source_address(text, out);
        return result == 0 && address_domain(out->s) ? 0 : -1;
    }
    result = source_domain(text + 1, &domain);
    if (result == 0) {
        text_set_string(out, "@");
        text_add_string(out, domain.s);
        text_string(out);
    }
    text_free(&domain);
    return result;
}

void aliases_parse(struct text_row *row, void *data)
{
    struct source *source = data;
    stralloc key = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *name = row_next_word(row);

    read_targets(row, &value);
    if (read_alias_key(name, &key) < 0) {
        row_fault(row, "\"%s\" is neither an address nor @DOMAIN", name);
    } else {
        source_add(source, TABLE_ALIASES, row, key.s, text_string(&value));
        if (!is_local(source, address_domain(key.s))) {
            row_fault(row, "%s: its domain is not in the table domains", name);
        }
    }
    text_free(&key);
    text_free(&value);
}

/* Appends one word of a senders row: "*", an address or @DOMAIN, canonical. */
static void read_permission(struct text_row *row, const char *word, stralloc *value)
{
    stralloc key = STRALLOC_ZERO;

    if (strcmp(word, "*") == 0) {
        text_set_string(&key, word);
    } else if (read_alias_key(word, &key) < 0) {
        row_fault(row, "\"%s\" is none of ADDRESS, @DOMAIN and *", word);
    }
    if (value->len > 0) {
        text_add_byte(value, ',');
    }
    text_add_string(value, text_string(&key));
    text_free(&key);
}

void senders_parse(struct text_row *row, void *data)
{
    struct source *source = data;
    stralloc user = STRALLOC_ZERO;
    stralloc word = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    const char *at = row->text;
    const char *target;
    size_t len;

    while ((target = recipient_next_target(&at, &len))) {
        text_clear(&word);
        text_add_bytes(&word, target, len);
        read_permission(row, text_string(&word), &value);
    }
    if (value.len == 0) {
        row_fault(row, "no sender; a row is USER ADDRESS, @DOMAIN ...");
    }
    if (source_address(name, &user) < 0) {
        row_fault(row, "\"%s\" is not an address", name);
    } else {
        source_add(source, TABLE_SENDERS, row, user.s, text_string(&value));
        if (!record_find(&source->tables[TABLE_USERS], user.s)) {
            row_fault(row, "%s is not in the table users", name);
        }
    }
    text_free(&user);
    text_free(&word);
    text_free(&value);
}

void passwords_parse(struct text_row *row, void *data)
{
    stralloc address = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    const char *hash = row_next_word(row);

    const char *keys = hash ? row_next_word(row) : NULL;
    stralloc value = STRALLOC_ZERO;
    struct scram_keys parsed;

    if (!hash) {
        row_fault(row, "no hash; a row is ADDRESS HASH [KEYS]");
    }
    if (keys && scram_keys_parse(keys, &parsed) < 0) {
        row_fault(row, "what follows the hash are no keys of SCRAM-SHA-256");
    }
    refuse_rest(row);
    text_add_format(&value, "%s%s%s", hash ? hash : "*", keys ? " " : "",
                    keys ? keys : "");
    if (source_address(name, &address) < 0) {
        row_fault(row, "\"%s\" is not an address", name);
    } else {
        source_add(data, SOURCE_PASSWORDS, row, address.s, text_string(&value));
    }
    text_free(&address);
    text_wipe(&value);
}

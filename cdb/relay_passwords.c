/* Rows of relay_passwords: HOST[:PORT] or [ADDRESS][:PORT], and USER PASSWORD, each of
 * these a word or, with anything in it, "in quotes". Faults name no word of a row: any
 * may be a password that stands in the wrong place. */
#include "netaddress.h"
#include "relay_password.h"
#include "source.h"
#include "text.h"

#include <string.h>

#define ROW_SHAPE "a row is HOST[:PORT] USER PASSWORD"

static int digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) - (at - digits > 15 ? 6 : 0) : -1;
}

/* What a backslash at TEXT[0] stands for: its length in the text, or 0. */
static size_t read_escape(const char *text, char *out)
{
    int high, low;

    if (text[1] == '"' || text[1] == '\\') {
        *out = text[1];
        return 2;
    }
    high = text[1] == 'x' ? digit(text[2]) : -1;
    low = high < 0 ? -1 : digit(text[3]);
    if (low < 0 || high + low == 0) {
        return 0;
    }
    *out = (char)(high * 16 + low);
    return 4;
}

/* Behind the first quote. NULL, or what is wrong. */
static const char *read_quoted(const char *text, stralloc *out)
{
    while (*text && *text != '"') {
        char byte = *text;
        size_t used = byte == '\\' ? read_escape(text, &byte) : 1;
        if (used == 0) {
            return "behind a backslash comes \", \\ or xHH (but for x00)";
        }
        text_add_byte(out, byte);
        text += used;
    }
    if (!*text) {
        return "a quote is not closed";
    }
    return text[1] ? "something stands behind a closing quote" : NULL;
}

static const char *read_word(const char *word, size_t most, stralloc *out)
{
    const char *fault = NULL;

    /* All the room at once: growing would leave copies that nobody wipes. */
    text_make_room(out, strlen(word) + 1);
    if (word[0] == '"') {
        fault = read_quoted(word + 1, out);
    } else if (strchr(word, '"')) {
        fault = "a user or password with a quote stands in quotes, as \"a\\\"b\"";
    } else {
        text_add_string(out, word);
    }
    if (!fault && (out->len == 0 || out->len > most)) {
        fault = out->len ? "the user or password is too long"
                         : "the user or password is empty";
    }
    return fault;
}

/* "HOST" or "HOST:PORT", an address in brackets as qsend writes it. */
static int read_key(const char *text, stralloc *out)
{
    char literal[NET_ADDRESS_TEXT_SIZE];
    struct net_address address;
    unsigned port = 0;

    if (source_host(text, out, &port)) {
        return -1;
    }
    if (net_address_parse_literal(out->s, &address) == 0) {
        text_set_string(out, net_address_literal(&address, literal));
    }
    if (port > 0) {
        text_add_format(out, ":%u", port);
    }
    text_string(out);
    return 0;
}

static const char *read_secret(struct text_row *row, stralloc *value)
{
    struct relay_password secret = {.user = STRALLOC_ZERO};
    const char *user = row_next_word(row);
    const char *password = user ? row_next_word(row) : NULL;
    const char *fault = ROW_SHAPE;

    if (password && row_next_word(row)) {
        fault = ROW_SHAPE "; what has a blank in it stands in quotes";
    } else if (password) {
        fault = read_word(user, RELAY_USER_MAX, &secret.user);
        fault =
            fault ? fault : read_word(password, RELAY_PASSWORD_MAX, &secret.password);
    }
    if (!fault) {
        relay_password_format(&secret, value);
    }
    relay_password_free(&secret);
    text_string(value);
    return fault;
}

void relay_passwords_parse(struct text_row *row, void *data)
{
    struct source *source = data;
    stralloc key = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    const char *fault;

    text_make_room(&value, (RELAY_USER_MAX + RELAY_PASSWORD_MAX) * 2);
    fault = read_secret(row, &value);
    if (read_key(name, &key) < 0) {
        fault = "the key is none of HOST[:PORT] and [ADDRESS][:PORT]";
    }
    if (fault) {
        row_fault(row, "%s", fault);
    } else {
        source_add(source, TABLE_RELAY_PASSWORDS, row, key.s, "yes");
        record_add(&source->relay_secrets, key.s, value.s, row->line);
    }
    text_free(&key);
    text_wipe(&value);
}

#include "address.h"
#include "qmqp.h"
#include "text.h"

#include <string.h>

static const char *const notify_words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};

void qmqp_add_sender(stralloc *out, const struct envelope *envelope)
{
    text_add_bytes(out, envelope->sender.s, envelope->sender.len);
    text_add_byte(out, '\0');
    text_add_string(out, envelope->flags & ENVELOPE_8BITMIME ? "BODY=8BITMIME " : "");
    text_add_string(out, envelope->flags & ENVELOPE_SMTPUTF8 ? "SMTPUTF8 " : "");
    text_add_string(out, envelope->flags & ENVELOPE_RET_HDRS ? "RET=HDRS " : "");
    text_add_string(out, envelope->flags & ENVELOPE_RET_FULL ? "RET=FULL " : "");
    text_add_string(out, envelope->flags & ENVELOPE_REQUIRETLS ? "REQUIRETLS " : "");
    if (envelope->envid.len > 0) {
        text_add_string(out, "ENVID=");
        text_add_bytes(out, envelope->envid.s, envelope->envid.len);
    }
}

void qmqp_add_recipient(stralloc *out, const struct envelope_recipient *recipient)
{
    int i, is_first = 1;

    text_add_string(out, recipient->address);
    text_add_byte(out, '\0');
    for (i = 0; i < 4; i++) {
        if (recipient->notify & (1u << i)) {
            text_add_string(out, is_first ? "NOTIFY=" : ",");
            text_add_string(out, notify_words[i]);
            is_first = 0;
        }
    }
    if (*recipient->orcpt) {
        text_add_format(out, " ORCPT=%s", recipient->orcpt);
    }
}

/* Cuts the next word off a list of parameters; 0 at its end. */
static int next_word(const char **at, const char *end, const char **word, size_t *len)
{
    while (*at < end && **at == ' ') {
        ++*at;
    }
    *word = *at;
    while (*at < end && **at != ' ') {
        ++*at;
    }
    *len = (size_t)(*at - *word);
    return *len > 0;
}

static int is_word(const char *word, size_t len, const char *expected)
{
    return text_equal_nocase(word, len, expected, strlen(expected));
}

/* Sets OUT to the canonical address at the start of BYTES; *REST is what follows its
 * NUL. */
static int take_address(const char *bytes, size_t len, unsigned flags, stralloc *out,
                        const char **rest)
{
    const char *nul = memchr(bytes, '\0', len);
    size_t address_len = nul ? (size_t)(nul - bytes) : len;

    *rest = nul ? nul + 1 : bytes + len;
    return address_parse(bytes, address_len, flags | ADDRESS_MAY_BE_UTF8, out) ==
                   ADDRESS_OK
               ? 0
               : -1;
}

int qmqp_take_sender(struct envelope *envelope, const char *bytes, size_t len)
{
    const char *at, *word;
    size_t word_len;

    if (take_address(bytes, len, ADDRESS_MAY_BE_NULL, &envelope->sender, &at) < 0) {
        return -1;
    }
    while (next_word(&at, bytes + len, &word, &word_len)) {
        if (is_word(word, word_len, "BODY=8BITMIME")) {
            envelope->flags |= ENVELOPE_8BITMIME;
        } else if (is_word(word, word_len, "SMTPUTF8")) {
            envelope->flags |= ENVELOPE_SMTPUTF8;
        } else if (is_word(word, word_len, "RET=HDRS")) {
            envelope->flags |= ENVELOPE_RET_HDRS;
        } else if (is_word(word, word_len, "RET=FULL")) {
            envelope->flags |= ENVELOPE_RET_FULL;
        } else if (is_word(word, word_len, "REQUIRETLS")) {
            envelope->flags |= ENVELOPE_REQUIRETLS;
        } else if (word_len > 6 && word_len < 110 && is_word(word, 6, "ENVID=") &&
                   xtext_is_valid(word + 6, word_len - 6)) {
            text_clear(&envelope->envid);
            text_add_bytes(&envelope->envid, word + 6, word_len - 6);
        } else {
            return -1;
        }
    }
    return 0;
}

/* "NEVER" or words parted by commas; 0 for nonsense. */
static unsigned take_notify(const char *value, size_t len)
{
    unsigned notify = 0;

    while (len > 0) {
        const char *comma = memchr(value, ',', len);
        size_t part = comma ? (size_t)(comma - value) : len;
        int i = 0;
        while (i < 4 && !is_word(value, part, notify_words[i])) {
            i++;
        }
        if (i == 4) {
            return 0;
        }
        notify |= 1u << i;
        value += part + (comma != NULL);
        len -= part + (comma != NULL);
    }
    return (notify & NOTIFY_NEVER) && notify != NOTIFY_NEVER ? 0 : notify;
}

/* "rfc822;" and xtext. */
static int is_orcpt(const char *value, size_t len)
{
    const char *semicolon = memchr(value, ';', len);
    size_t type = semicolon ? (size_t)(semicolon - value) : 0;

    return type > 0 && len <= ENVELOPE_ORCPT_MAX && xtext_is_valid(value, len) &&
           !memchr(value, '+', type) && len > type + 1;
}

int qmqp_take_recipient(struct envelope *envelope, const char *bytes, size_t len)
{
    stralloc address = STRALLOC_ZERO;
    char orcpt[ENVELOPE_ORCPT_MAX + 1] = "";
    unsigned notify = 0;
    const char *at, *word;
    size_t word_len;
    int result = take_address(bytes, len, ADDRESS_MAY_BE_POSTMASTER, &address, &at);

    while (result == 0 && next_word(&at, bytes + len, &word, &word_len)) {
        if (word_len > 7 && is_word(word, 7, "NOTIFY=")) {
            notify = take_notify(word + 7, word_len - 7);
            result = notify ? 0 : -1;
        } else if (word_len > 6 && is_word(word, 6, "ORCPT=") &&
                   is_orcpt(word + 6, word_len - 6)) {
            memcpy(orcpt, word + 6, word_len - 6);
            orcpt[word_len - 6] = '\0';
        } else {
            result = -1;
        }
    }
    if (result == 0) {
        envelope_add_recipient(envelope, text_string(&address), notify, orcpt, 0);
    }
    text_free(&address);
    return result;
}

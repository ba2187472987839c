#include "capability.h"

#include "text.h"

#include <string.h>

const char *const auth_mechanism_names[AUTH_MECHANISMS] = {
    [AUTH_SCRAM_PLUS] = "SCRAM-SHA-256-PLUS",
    [AUTH_SCRAM] = "SCRAM-SHA-256",
    [AUTH_PLAIN] = "PLAIN",
    [AUTH_LOGIN] = "LOGIN",
};

static int is_word(const char *line, size_t len, const char *word)
{
    return text_equal_nocase(line, len, word, strlen(word));
}

static void take_number(const char *text, size_t len, unsigned long long *out)
{
    unsigned long long n;

    if (text_parse_number(text, len, 1ULL << 62, &n) == 0) {
        *out = n;
    }
}

/* "LIMITS RCPTMAX=50 MAILMAX=100 RCPTDOMAINMAX=1" */
static void take_limits(struct capabilities *capabilities, const char *at, size_t len)
{
    while (len > 0) {
        size_t word;
        while (len > 0 && *at == ' ') {
            at++;
            len--;
        }
        for (word = 0; word < len && at[word] != ' '; word++) {
        }
        if (word > 8 && is_word(at, 8, "RCPTMAX=")) {
            take_number(at + 8, word - 8, &capabilities->rcpt_max);
        } else if (word > 8 && is_word(at, 8, "MAILMAX=")) {
            take_number(at + 8, word - 8, &capabilities->mail_max);
        } else if (word > 14 && is_word(at, 14, "RCPTDOMAINMAX=")) {
            take_number(at + 14, word - 14, &capabilities->rcpt_domain_max);
        }
        at += word;
        len -= word;
    }
}

/* "AUTH PLAIN LOGIN" */
static void take_mechanisms(struct capabilities *capabilities, const char *at,
                            size_t len)
{
    capabilities->has_auth = 1;
    while (len > 0) {
        const char *blank = memchr(at, ' ', len);
        size_t word = blank ? (size_t)(blank - at) : len;
        unsigned i;
        for (i = 0; i < AUTH_MECHANISMS; i++) {
            if (is_word(at, word, auth_mechanism_names[i])) {
                capabilities->auth |= 1u << i;
            }
        }
        at += word + (blank != NULL);
        len -= word + (blank != NULL);
    }
}

void capability_take_line(struct capabilities *capabilities, const char *line,
                          size_t len)
{
    const char *blank = memchr(line, ' ', len);
    size_t word = blank ? (size_t)(blank - line) : len;
    const char *rest = blank ? blank + 1 : line + len;
    size_t rest_len = len - (size_t)(rest - line);

    if (is_word(line, word, "PIPELINING")) {
        capabilities->has_pipelining = 1;
    } else if (is_word(line, word, "8BITMIME")) {
        capabilities->has_8bitmime = 1;
    } else if (is_word(line, word, "SMTPUTF8")) {
        capabilities->has_smtputf8 = 1;
    } else if (is_word(line, word, "DSN")) {
        capabilities->has_dsn = 1;
    } else if (is_word(line, word, "STARTTLS")) {
        capabilities->has_starttls = 1;
    } else if (is_word(line, word, "REQUIRETLS")) {
        capabilities->has_requiretls = 1;
    } else if (is_word(line, word, "SIZE")) {
        capabilities->has_size = 1;
        take_number(rest, rest_len, &capabilities->size);
    } else if (is_word(line, word, "AUTH")) {
        take_mechanisms(capabilities, rest, rest_len);
    } else if (is_word(line, word < 5 ? word : 5, "AUTH=")) {
        take_mechanisms(capabilities, line + 5, len - 5); /* as it was once written */
    } else if (is_word(line, word, "LIMITS")) {
        take_limits(capabilities, rest, rest_len);
    }
}

#include "reply.h"

#include "text.h"

#include <string.h>

void reply_begin(struct reply *reply)
{
    reply->code = 0;
    reply->lines = 0;
    reply->has_enhanced = 0;
    reply->enhanced[0] = '\0';
    text_clear(&reply->text);
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "5.1.1 " at the start of IN, of the code's class: its length without the blank, or 0.
 */
static size_t enhanced_length(const char *in, size_t len, char class)
{
    size_t at = 1, part;

    if (len < 5 || in[0] != class) {
        return 0;
    }
    for (part = 0; part < 2; part++) {
        size_t digits = 0;
        if (at >= len || in[at] != '.') {
            return 0;
        }
        at++;
        while (at + digits < len && is_digit(in[at + digits])) {
            digits++;
        }
        if (digits < 1 || digits > 3) {
            return 0;
        }
        at += digits;
    }
    return at == len || in[at] == ' ' ? at : 0;
}

/* What the code says by itself (RFC 5321 section 4.2.3). */
static void derive_enhanced(struct reply *reply)
{
    static const struct {
        int code;
        const char *enhanced;
    } rows[] = {{421, "4.3.2"}, {450, "4.2.0"}, {451, "4.3.0"}, {452, "4.3.1"},
                {500, "5.5.2"}, {501, "5.5.4"}, {502, "5.5.1"}, {503, "5.5.1"},
                {504, "5.5.4"}, {530, "5.7.0"}, {551, "5.1.6"}, {552, "5.3.4"},
                {553, "5.1.3"}, {555, "5.5.4"}};
    size_t i;

    memcpy(reply->enhanced, "0.0.0", sizeof "0.0.0");
    reply->enhanced[0] = (char)('0' + reply->code / 100);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code == reply->code) {
            memcpy(reply->enhanced, rows[i].enhanced, sizeof "5.5.5");
        }
    }
}

/* Drops what is left of a UTF-8 sequence that was cut at the text's end. */
static void drop_cut_sequence(stralloc *text)
{
    while (text->len > 0 && (text->s[text->len - 1] & 0xC0) == 0x80) {
        text->len--;
    }
    if (text->len > 0 && (text->s[text->len - 1] & 0x80)) {
        text->len--;
    }
}

static void add_text(struct reply *reply, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len && reply->text.len < REPLY_TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text[i];
        text_add_byte(&reply->text, c < ' ' || c == 127 ? ' ' : text[i]);
    }
    if (i < len && (text[i] & 0xC0) == 0x80) {
        drop_cut_sequence(&reply->text);
    }
}

int reply_take_line(struct reply *reply, const char *line, size_t len)
{
    int is_last = len <= 3 || line[3] != '-';
    int code;
    size_t enhanced;

    if (len < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
        !is_digit(line[2]) || (len > 3 && line[3] != ' ' && line[3] != '-')) {
        return -1;
    }
    code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (++reply->lines > REPLY_LINES_MAX || (reply->code && reply->code != code)) {
        return -1;
    }
    enhanced = len > 4 ? enhanced_length(line + 4, len - 4, line[0]) : 0;
    if (!reply->code) {
        reply->code = code;
        add_text(reply, line, 3);
        if (enhanced) {
            memcpy(reply->enhanced, line + 4, enhanced);
            reply->enhanced[enhanced] = '\0';
            reply->has_enhanced = 1;
        } else {
            derive_enhanced(reply);
        }
    } else if (enhanced) { /* said once is enough */
        line += enhanced;
        len -= enhanced;
    }
    if (len > 4 && reply->text.len < REPLY_TEXT_MAX) {
        text_add_byte(&reply->text, ' ');
        add_text(reply, line + 4 + (line[4] == ' '), len - 4 - (line[4] == ' '));
    }
    text_string(&reply->text);
    return is_last;
}

char reply_status(const struct reply *reply)
{
    return reply->code / 100 == 2 ? 'K' : reply->code / 100 == 5 ? 'D' : 'Z';
}

void reply_fit_rcpt(struct reply *reply)
{
    if (reply->code == 552 && !reply->has_enhanced) {
        memcpy(reply->enhanced, "5.2.2", sizeof "5.2.2");
    }
}

int reply_is_too_many(const struct reply *reply)
{
    return (reply->code == 452 || reply->code == 552) &&
           (!reply->has_enhanced || strcmp(reply->enhanced + 1, ".5.3") == 0);
}

void reply_free(struct reply *reply)
{
    text_free(&reply->text);
}

#include "reply.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

void reply_begin(struct reply *reply)
{
    reply->code = 0;
    reply->lines = 0;
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

static void add_text(struct reply *reply, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len && reply->text.len < REPLY_TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text[i];
        text_add_byte(&reply->text, c < ' ' || c == 127 ? ' ' : text[i]);
    }
}

int reply_take_line(struct reply *reply, const char *line, size_t len)
{
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
        } else {
            snprintf(reply->enhanced, sizeof reply->enhanced, "%c.0.0", line[0]);
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
    return len > 3 && line[3] == '-' ? 0 : 1;
}

char reply_status(const struct reply *reply)
{
    return reply->code / 100 == 2 ? 'K' : reply->code / 100 == 5 ? 'D' : 'Z';
}

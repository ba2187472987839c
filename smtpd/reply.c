#include "reply.h"

#include <string.h>

/* Where the text begins at the latest; enhanced codes have ten characters at most. */
#define HEAD_END 32

struct reply reply_none(void)
{
    return (struct reply){0};
}

struct reply reply_make(int code, const char *enhanced, const char *text)
{
    return (struct reply){.code = code, .enhanced = enhanced, .text = text};
}

struct reply reply_close(int code, const char *enhanced, const char *text)
{
    return (struct reply){
        .code = code, .enhanced = enhanced, .text = text, .is_last = 1};
}

static void make_printable(char *bytes, size_t len, int is_utf8_allowed)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < ' ' || c == 127 || (c > 127 && !is_utf8_allowed)) {
            bytes[i] = '?';
        }
    }
}

static void add_line(struct reply_writer *writer, const char *line, size_t len,
                     clock_ms deadline)
{
    if (writer->used + len > sizeof writer->buffer) {
        reply_flush(writer, deadline);
    }
    if (writer->state == LINE_OK) {
        memcpy(writer->buffer + writer->used, line, len);
        writer->used += len;
    }
}

/* Code and enhanced code. Not by snprintf, whose cost is felt where a session is little
 * more than its replies. */
static size_t add_head(char *line, const struct reply *reply, int is_final)
{
    const char *enhanced = reply->enhanced ? reply->enhanced : "";
    size_t len = 0;

    line[len++] = (char)('0' + reply->code / 100);
    line[len++] = (char)('0' + reply->code / 10 % 10);
    line[len++] = (char)('0' + reply->code % 10);
    line[len++] = is_final ? ' ' : '-';
    while (*enhanced && len < HEAD_END - 1) {
        line[len++] = *enhanced++;
    }
    if (reply->enhanced) {
        line[len++] = ' ';
    }
    return len;
}

void reply_add(struct reply_writer *writer, const struct reply *reply,
               int is_utf8_allowed, clock_ms deadline)
{
    const char *text = reply->text;

    for (;;) {
        size_t text_len = strcspn(text, "\n");
        int is_final = text[text_len] == 0;
        char line[REPLY_LINE_MAX + 2];
        size_t len = add_head(line, reply, is_final);
        size_t room = REPLY_LINE_MAX - len;

        memcpy(line + len, text, text_len < room ? text_len : room);
        make_printable(line + len, text_len < room ? text_len : room, is_utf8_allowed);
        len += text_len < room ? text_len : room;
        line[len++] = '\r';
        line[len++] = '\n';
        add_line(writer, line, len, deadline);
        if (is_final) {
            break;
        }
        text += text_len + 1;
    }
}

enum line_result reply_flush(struct reply_writer *writer, clock_ms deadline)
{
    if (writer->state == LINE_OK && writer->used > 0) {
        writer->state = line_write(writer->fd, writer->buffer, writer->used, deadline);
        writer->used = 0;
    }
    return writer->state;
}

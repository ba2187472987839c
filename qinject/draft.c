#include "draft.h"

#include "header.h"
#include "text.h"

#include <string.h>

static const char *const dropped[] = {"Bcc", "Resent-Bcc", "Return-Path",
                                      "Content-Length"};

/* RFC 5322 ftext and a colon. */
static int is_field_start(const stralloc *line)
{
    size_t i = 0;

    while (i < line->len && line->s[i] > ' ' && line->s[i] < 127 && line->s[i] != ':') {
        i++;
    }
    if (i == 0) {
        return 0;
    }
    while (i < line->len && (line->s[i] == ' ' || line->s[i] == '\t')) {
        i++;
    }
    return i < line->len && line->s[i] == ':';
}

static void collect(stralloc *out, const char *value, size_t len)
{
    text_add_bytes(out, value, len);
    text_add_byte(out, ',');
}

static void note_field(struct draft *draft, const char *field, size_t len)
{
    static const char *const recipients[] = {"To", "Cc", "Bcc"};
    static const char *const resent[] = {"Resent-To", "Resent-Cc", "Resent-Bcc"};
    const char *value;
    size_t value_len, i;

    for (i = 0; i < 3; i++) {
        if (header_field_is(field, len, recipients[i], &value, &value_len)) {
            collect(&draft->to, value, value_len);
        } else if (header_field_is(field, len, resent[i], &value, &value_len)) {
            collect(&draft->resent, value, value_len);
        }
    }
    draft->has_resent |= text_equal_nocase(field, len < 7 ? len : 7, "Resent-", 7);
    draft->has_date |= header_field_is(field, len, "Date", &value, &value_len);
    draft->has_from |= header_field_is(field, len, "From", &value, &value_len);
    draft->has_message_id |=
        header_field_is(field, len, "Message-ID", &value, &value_len);
}

/* Takes one whole field, with its folded lines. */
static void take_field(struct draft *draft, const stralloc *field)
{
    const char *value;
    size_t value_len, i;

    if (field->len == 0) {
        return;
    }
    note_field(draft, field->s, field->len);
    for (i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        if (header_field_is(field->s, field->len, dropped[i], &value, &value_len)) {
            return;
        }
    }
    text_add_bytes(&draft->header, field->s, field->len);
    if (field->s[field->len - 1] != '\n') {
        text_add_byte(&draft->header, '\n');
    }
}

/* One line of the header section: 1, or 0 where the section has ended. */
static int take_line(struct draft *draft, stralloc *field, const stralloc *line,
                     int is_first)
{
    if (line->s[0] == '\n') {
        return 0;
    }
    if (field->len > 0 && (line->s[0] == ' ' || line->s[0] == '\t')) {
        text_add_bytes(field, line->s, line->len);
        return 1;
    }
    if (is_first && line->len > 5 && memcmp(line->s, "From ", 5) == 0) {
        return 1;
    }
    if (!is_field_start(line)) {
        text_add_bytes(&draft->first, line->s, line->len);
        return 0;
    }
    take_field(draft, field);
    text_clear(field);
    text_add_bytes(field, line->s, line->len);
    return 1;
}

enum draft_result draft_read(struct draft *draft, struct input *input)
{
    stralloc line = STRALLOC_ZERO, field = STRALLOC_ZERO;
    enum draft_result result = DRAFT_OK;
    int is_first = 1, was_inside = 0;

    while (input_next(input, &line)) {
        if (was_inside) { /* the rest of an over-long line belongs to its field */
            text_add_bytes(&field, line.s, line.len);
        } else if (!take_line(draft, &field, &line, is_first)) {
            break;
        }
        was_inside = input->is_inside;
        is_first = 0;
        if (draft->header.len + field.len > DRAFT_HEADER_MAX) {
            result = DRAFT_TOO_LONG;
            break;
        }
    }
    take_field(draft, &field);
    text_free(&line);
    text_free(&field);
    return input->has_error ? DRAFT_ERROR : result;
}

void draft_free(struct draft *draft)
{
    text_free(&draft->header);
    text_free(&draft->first);
    text_free(&draft->to);
    text_free(&draft->resent);
}

#include "draft.h"

#include "header.h"
#include "text.h"

#include <string.h>

static const char *const dropped[] = {"Bcc", "Resent-Bcc", "Return-Path",
                                      "Content-Length"};

/* RFC 5322 ftext and a colon. */
static int is_field_start(const char *line, size_t len)
{
    size_t i = 0;

    while (i < len && line[i] > ' ' && line[i] < 127 && line[i] != ':') {
        i++;
    }
    if (i == 0) {
        return 0;
    }
    while (i < len && (line[i] == ' ' || line[i] == '\t')) {
        i++;
    }
    return i < len && line[i] == ':';
}

static void collect(stralloc *out, const char *value, size_t len, char end)
{
    text_add_bytes(out, value, len);
    text_add_byte(out, end);
}

static void note_authors(struct draft *draft, const char *field, size_t len)
{
    static const char *const names[] = {"From", "Sender", "Resent-From",
                                        "Resent-Sender"};
    const char *value;
    size_t value_len, i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (header_field_is(field, len, names[i], &value, &value_len)) {
            collect(&draft->authors, value, value_len, 0);
            draft->from_count += i == 0;
        }
    }
}

static void note_field(struct draft *draft, const char *field, size_t len)
{
    static const char *const recipients[] = {"To", "Cc", "Bcc"};
    static const char *const resent[] = {"Resent-To", "Resent-Cc", "Resent-Bcc"};
    const char *value;
    size_t value_len, i;

    for (i = 0; i < 3; i++) {
        if (header_field_is(field, len, recipients[i], &value, &value_len)) {
            collect(&draft->to, value, value_len, ',');
        } else if (header_field_is(field, len, resent[i], &value, &value_len)) {
            collect(&draft->resent, value, value_len, ',');
        }
    }
    draft->has_resent |= text_equal_nocase(field, len < 7 ? len : 7, "Resent-", 7);
    draft->has_date |= header_field_is(field, len, "Date", &value, &value_len);
    draft->has_message_id |=
        header_field_is(field, len, "Message-ID", &value, &value_len);
    note_authors(draft, field, len);
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

int draft_take_line(struct draft *draft, const char *line, size_t len)
{
    int is_first = !draft->has_begun;

    draft->has_begun = 1;
    if (line[0] == '\n') {
        return 0;
    }
    if (draft->field.len > 0 && (line[0] == ' ' || line[0] == '\t')) {
        text_add_bytes(&draft->field, line, len);
        return 1;
    }
    if (!is_field_start(line, len)) {
        if (is_first && len > 5 && memcmp(line, "From ", 5) == 0) {
            return 1;
        }
        text_add_bytes(&draft->first, line, len);
        return 0;
    }
    draft_end(draft);
    text_add_bytes(&draft->field, line, len);
    return 1;
}

void draft_end(struct draft *draft)
{
    take_field(draft, &draft->field);
    text_clear(&draft->field);
}

enum draft_result draft_read(struct draft *draft, struct input *input)
{
    stralloc line = STRALLOC_ZERO;
    enum draft_result result = DRAFT_OK;
    int was_inside = 0;

    while (input_next(input, &line)) {
        if (was_inside) { /* the rest of an over-long line belongs to its field */
            text_add_bytes(&draft->field, line.s, line.len);
        } else if (!draft_take_line(draft, line.s, line.len)) {
            break;
        }
        was_inside = input->is_inside;
        if (draft->header.len + draft->field.len > DRAFT_HEADER_MAX) {
            result = DRAFT_TOO_LONG;
            break;
        }
    }
    draft_end(draft);
    text_free(&line);
    return input->has_error ? DRAFT_ERROR : result;
}

void draft_complete(const struct draft *draft, const struct completion *completion,
                    stralloc *out)
{
    text_add_bytes(out, draft->header.s, draft->header.len);
    if (draft->from_count == 0) {
        text_add_format(out, "From: %s\n", completion->from);
    }
    if (!draft->has_date) {
        text_add_format(out, "Date: %s\n", completion->date);
    }
    if (!draft->has_message_id) {
        text_add_format(out, "Message-ID: <%s@%s>\n", completion->id, completion->host);
    }
    text_add_byte(out, '\n');
}

void draft_free(struct draft *draft)
{
    text_free(&draft->header);
    text_free(&draft->first);
    text_free(&draft->to);
    text_free(&draft->resent);
    text_free(&draft->authors);
    text_free(&draft->field);
}

#include "../../qremote/reply.h"
#include "check.h"
#include "text.h"

#include <stdio.h>

/* Lines are parted by '|'. */
static int parse(struct reply *reply, const char *lines)
{
    int result = 0;

    reply_begin(reply);
    while (result == 0) {
        size_t len = strcspn(lines, "|");
        result = reply_take_line(reply, lines, len);
        if (!lines[len]) {
            break;
        }
        lines += len + 1;
    }
    return result;
}

static void test_replies(void)
{
    static const struct {
        const char *lines;
        int result, code, has_enhanced;
        const char *enhanced, *text;
    } rows[] = {
        {"250 ok", 1, 250, 0, "2.0.0", "250 ok"},
        {"250", 1, 250, 0, "2.0.0", "250"},
        {"250 ", 1, 250, 0, "2.0.0", "250"},
        {"250 2.1.5 fine", 1, 250, 1, "2.1.5", "250 2.1.5 fine"},
        {"550 5.1.1", 1, 550, 1, "5.1.1", "550 5.1.1"},
        {"550 5.123.456 x", 1, 550, 1, "5.123.456", "550 5.123.456 x"},
        {"550 5.1234.1 x", 1, 550, 0, "5.0.0", "550 5.1234.1 x"},
        {"550 4.1.1 wrong class", 1, 550, 0, "5.0.0", "550 4.1.1 wrong class"},
        {"550 5.1.1x", 1, 550, 0, "5.0.0", "550 5.1.1x"},
        {"550 5.1 x", 1, 550, 0, "5.0.0", "550 5.1 x"},
        {"550 5..1 x", 1, 550, 0, "5.0.0", "550 5..1 x"},
        {"421 bye", 1, 421, 0, "4.3.2", "421 bye"},
        {"452 full", 1, 452, 0, "4.3.1", "452 full"},
        {"553 odd", 1, 553, 0, "5.1.3", "553 odd"},
        {"354 go", 1, 354, 0, "3.0.0", "354 go"},
        {"250-one|250-two|250 three", 1, 250, 0, "2.0.0", "250 one two three"},
        {"550-5.1.1 no|550 5.1.1 user", 1, 550, 1, "5.1.1", "550 5.1.1 no user"},
        {"550-5.1.1 a|550-5.1.1 b|550 5.1.1 c", 1, 550, 1, "5.1.1", "550 5.1.1 a b c"},
        {"550-5.1.1 a|550-5.1.1 b", 0, 550, 1, "5.1.1", "550 5.1.1 a b"},
        {"550-5.1.1|550-5.1.1|550 5.1.1", 1, 550, 1, "5.1.1", "550 5.1.1"},
        {"250-one", 0, 250, 0, "2.0.0", "250 one"},
        {"550 a\tb\001c\177", 1, 550, 0, "5.0.0", "550 a b c "},
        {"", -1, 0, 0, "", NULL},
        {"25", -1, 0, 0, "", NULL},
        {"150 x", -1, 0, 0, "", NULL},
        {"650 x", -1, 0, 0, "", NULL},
        {"25x x", -1, 0, 0, "", NULL},
        {"2500 x", -1, 0, 0, "", NULL},
        {"250:x", -1, 0, 0, "", NULL},
        {"250-one|550 two", -1, 250, 0, "2.0.0", NULL},
        {"250-one|hello", -1, 250, 0, "2.0.0", NULL},
    };
    struct reply reply = {0};
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(parse(&reply, rows[i].lines), rows[i].result);
        CHECK_NUMBER(reply.code, rows[i].code);
        CHECK_NUMBER(reply.has_enhanced, rows[i].has_enhanced);
        CHECK_STRING(reply.enhanced, rows[i].enhanced);
        if (rows[i].text) {
            CHECK_STRING(reply.text.s, rows[i].text);
        }
    }
    reply_free(&reply);
}

static void test_meaning(void)
{
    static const struct {
        const char *line;
        char status;
        int is_too_many;
    } rows[] = {
        {"250 ok", 'K', 0},         {"251 ok", 'K', 0},
        {"354 go", 'Z', 0},         {"450 busy", 'Z', 0},
        {"550 no", 'D', 0},         {"452 too many", 'Z', 1},
        {"452 4.5.3 many", 'Z', 1}, {"452 4.2.2 full", 'Z', 0},
        {"552 too many", 'D', 1},   {"552 5.5.3 many", 'D', 1},
        {"552 5.2.2 full", 'D', 0}, {"450 4.5.3 many", 'Z', 0},
    };
    struct reply reply = {0};
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(parse(&reply, rows[i].line), 1);
        CHECK_NUMBER(reply_status(&reply), rows[i].status);
        CHECK_NUMBER(reply_is_too_many(&reply), rows[i].is_too_many);
    }
    reply_free(&reply);
}

static void test_rcpt(void)
{
    static const struct {
        const char *line, *elsewhere, *at_rcpt;
    } rows[] = {
        {"552 full", "5.3.4", "5.2.2"},
        {"552 5.3.4 too long", "5.3.4", "5.3.4"},
        {"552 5.5.3 many", "5.5.3", "5.5.3"},
        {"452 full", "4.3.1", "4.3.1"},
    };
    struct reply reply = {0};
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(parse(&reply, rows[i].line), 1);
        CHECK_STRING(reply.enhanced, rows[i].elsewhere);
        reply_fit_rcpt(&reply);
        CHECK_STRING(reply.enhanced, rows[i].at_rcpt);
        CHECK_NUMBER(reply_is_too_many(&reply), i != 1);
    }
    reply_free(&reply);
}

/* However much a server says, the text is bounded, and no UTF-8 is cut in two. */
static void test_bounds(void)
{
    struct reply reply = {0};
    stralloc line = STRALLOC_ZERO;
    size_t shift;
    int i;

    for (i = 1; i <= REPLY_LINES_MAX; i++) {
        CHECK_NUMBER(reply_take_line(&reply, "250-more and more and more", 26), 0);
    }
    CHECK(reply.text.len <= REPLY_TEXT_MAX + 1);
    CHECK_NUMBER(reply_take_line(&reply, "250 end", 7), -1);
    for (shift = 0; shift < 3; shift++) {
        text_set_string(&line, "550 ");
        text_add_bytes(&line, "xyz", shift);
        for (i = 0; i < 300; i++) {
            text_add_string(&line, "\xe2\x82\xac");
        }
        reply_begin(&reply);
        CHECK_NUMBER(reply_take_line(&reply, line.s, line.len), 1);
        CHECK(reply.text.len <= REPLY_TEXT_MAX && reply.text.len > REPLY_TEXT_MAX - 3);
        CHECK_NUMBER((reply.text.len - 4 - shift) % 3, 0);
    }
    /* A NUL in a line is a byte like others. */
    reply_begin(&reply);
    CHECK_NUMBER(reply_take_line(&reply, "250 a\0b", 7), 1);
    CHECK_STRING(reply.text.s, "250 a b");
    text_free(&line);
    reply_free(&reply);
}

int main(void)
{
    test_replies();
    test_meaning();
    test_rcpt();
    test_bounds();
    return check_report();
}

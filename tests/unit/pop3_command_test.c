#include "../../pop3d/pop3_command.h"
#include "check.h"

static enum pop3_event on_any(void *session, const struct pop3_command *command)
{
    (void)session;
    (void)command;
    return POP3_NEXT;
}

static const struct pop3_row rows[] = {
    {"NOOP", SHAPE_NONE, on_any},       {"PASS", SHAPE_TEXT, on_any},
    {"AUTH", SHAPE_MAY_TEXT, on_any},   {"RETR", SHAPE_NUMBER, on_any},
    {"LIST", SHAPE_MAY_NUMBER, on_any}, {"TOP", SHAPE_TWO_NUMBERS, on_any},
    {NULL, SHAPE_NONE, NULL},
};

struct expectation {
    const char *line;
    enum pop3_parse result;
    const char *text; /* NULL: not looked at */
    unsigned long long number, second;
};

static const struct expectation table[] = {
    {"NOOP", POP3_PARSED, "", 0, 0},
    {"noop", POP3_PARSED, "", 0, 0},
    {"NoOp  ", POP3_PARSED, NULL, 0, 0},
    {"NOOP 1", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"NOOPS", POP3_UNKNOWN, NULL, 0, 0},
    {"NOO", POP3_UNKNOWN, NULL, 0, 0},
    {"", POP3_UNKNOWN, NULL, 0, 0},
    {" NOOP", POP3_UNKNOWN, NULL, 0, 0},
    {"NOOP\t", POP3_UNKNOWN, NULL, 0, 0},
    {"PASS  two  blanks ", POP3_PARSED, " two  blanks ", 0, 0},
    {"PASS ", POP3_PARSED, "", 0, 0},
    {"PASS", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"AUTH", POP3_PARSED, "", 0, 0},
    {"auth plain =", POP3_PARSED, "plain =", 0, 0},
    {"RETR 1", POP3_PARSED, "1", 1, 0},
    {"RETR 0", POP3_PARSED, "0", 0, 0},
    {"RETR   007 ", POP3_PARSED, NULL, 7, 0},
    {"RETR 18446744073709551615", POP3_PARSED, NULL, 18446744073709551615ULL, 0},
    {"RETR 18446744073709551616", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR ", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR -1", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR +1", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR 1a", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR 0x1", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"RETR 1 2", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"LIST", POP3_PARSED, NULL, 0, 0},
    {"LIST ", POP3_PARSED, NULL, 0, 0},
    {"LIST 12", POP3_PARSED, NULL, 12, 0},
    {"LIST x", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"TOP 1 0", POP3_PARSED, NULL, 1, 0},
    {"TOP 3  14", POP3_PARSED, NULL, 3, 14},
    {"TOP 1", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"TOP 1 -1", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
    {"TOP 1 2 3", POP3_WRONG_ARGUMENTS, NULL, 0, 0},
};

static void check_row(const struct expectation *row)
{
    struct pop3_command command;
    char line[128];
    enum pop3_parse result;

    snprintf(line, sizeof line, "%s", row->line);
    result = pop3_command_parse(rows, line, strlen(line), &command);
    if (result != row->result) {
        printf("line \"%s\":\n", row->line);
    }
    CHECK_NUMBER(result, row->result);
    if (result == POP3_PARSED && row->result == POP3_PARSED) {
        CHECK_NUMBER(command.number, row->number);
        CHECK_NUMBER(command.second, row->second);
        if (row->text) {
            CHECK_STRING(command.text, row->text);
            CHECK_NUMBER(command.text_len, strlen(row->text));
        }
    }
}

int main(void)
{
    struct pop3_command command;
    char bare[] = "LIST ", given[] = "LIST 3";
    size_t i;

    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        check_row(&table[i]);
    }
    pop3_command_parse(rows, bare, strlen(bare), &command);
    CHECK_NUMBER(command.has_argument, 0);
    pop3_command_parse(rows, given, strlen(given), &command);
    CHECK_NUMBER(command.has_argument, 1);
    CHECK_STRING(command.row->keyword, "LIST");
    return check_report();
}

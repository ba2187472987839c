#include "pop3_command.h"

#include "text.h"

#include <limits.h>
#include <string.h>

static const struct pop3_row *find_row(const struct pop3_row *rows, const char *keyword,
                                       size_t len)
{
    while (rows->keyword &&
           !text_equal_nocase(rows->keyword, strlen(rows->keyword), keyword, len)) {
        rows++;
    }
    return rows->keyword ? rows : NULL;
}

/* Takes the next decimal number from *AT and blanks after it; -1 where there is none.
 */
static int take_number(const char **at, unsigned long long *out)
{
    size_t len = strspn(*at, "0123456789");

    if (len == 0 || text_parse_number(*at, len, ULLONG_MAX, out) < 0) {
        return -1;
    }
    *at += len;
    if (**at && **at != ' ') {
        return -1;
    }
    *at += strspn(*at, " ");
    return 0;
}

static int take_numbers(struct pop3_command *command, int count)
{
    const char *at = command->text + strspn(command->text, " ");

    if (take_number(&at, &command->number) < 0 ||
        (count == 2 && take_number(&at, &command->second) < 0)) {
        return -1;
    }
    return *at ? -1 : 0;
}

static int take_arguments(struct pop3_command *command)
{
    int is_blank = command->text[strspn(command->text, " ")] == 0;

    switch (command->row->shape) {
    case SHAPE_NONE:
        return is_blank ? 0 : -1;
    case SHAPE_TEXT:
        return command->has_argument ? 0 : -1;
    case SHAPE_MAY_NUMBER:
        command->has_argument = !is_blank;
        return is_blank ? 0 : take_numbers(command, 1);
    case SHAPE_NUMBER:
        return take_numbers(command, 1);
    case SHAPE_TWO_NUMBERS:
        return take_numbers(command, 2);
    default:
        return 0;
    }
}

enum pop3_parse pop3_command_parse(const struct pop3_row *rows, char *line, size_t len,
                                   struct pop3_command *out)
{
    const char *space = memchr(line, ' ', len);
    size_t keyword_len = space ? (size_t)(space - line) : len;

    memset(out, 0, sizeof *out);
    out->row = find_row(rows, line, keyword_len);
    if (!out->row) {
        return POP3_UNKNOWN;
    }
    out->has_argument = space != NULL;
    out->text = line + keyword_len + out->has_argument;
    out->text_len = len - keyword_len - (size_t)out->has_argument;
    return take_arguments(out) == 0 ? POP3_PARSED : POP3_WRONG_ARGUMENTS;
}

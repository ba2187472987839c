#include "day.h"

#include "policy.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Fields by which rows are sorted, and how many of them are the same in one domain, one
 * policy and one detail. The policy's own order is that of what the report says of it.
 */
static const enum day_field order[] = {DAY_DOMAIN, DAY_POLICY, DAY_RESULT, DAY_HOST,
                                       DAY_IP,     DAY_SOURCE, DAY_TEXT};
enum { OF_DOMAIN = 1, OF_POLICY = 2, OF_DETAIL = sizeof order / sizeof *order };

static int compare(const struct day_row *a, const struct day_row *b, size_t fields)
{
    size_t i;

    for (i = 0; i < fields; i++) {
        const char *one = a->line.fields[order[i]];
        const char *two = b->line.fields[order[i]];
        int result =
            order[i] == DAY_POLICY ? policy_compare(one, two) : strcmp(one, two);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    return compare(a, b, OF_DETAIL);
}

static void add_row(struct day *day, size_t *room, const struct day_line *line)
{
    if (day->count == *room) {
        *room = *room ? *room * 2 : 64;
        day->rows = memory_resize(day->rows, *room * sizeof *day->rows);
    }
    day->rows[day->count] = (struct day_row){*line, day->count};
    day->count++;
}

void day_parse(struct day *day, char *bytes, size_t len)
{
    size_t room = 0, at = 0;

    *day = (struct day){.bytes = bytes};
    while (at < len) {
        const char *lf = memchr(bytes + at, '\n', len - at);
        size_t line_len = lf ? (size_t)(lf - bytes) - at : len - at;
        struct day_line line;
        if (lf && day_line_parse(bytes + at, line_len, &line) == 0) {
            add_row(day, &room, &line);
        } else {
            day->damaged += line_len > 0;
        }
        at += line_len + 1;
    }
    if (day->count > 0) {
        qsort(day->rows, day->count, sizeof *day->rows, compare_rows);
    }
}

void day_free(struct day *day)
{
    free(day->rows);
    free(day->bytes);
    *day = (struct day){.bytes = NULL};
}

static size_t find_end(const struct day *day, size_t first, size_t fields)
{
    size_t end = first + 1;

    while (end < day->count &&
           compare(day->rows + first, day->rows + end, fields) == 0) {
        end++;
    }
    return end;
}

size_t day_domain_end(const struct day *day, size_t first)
{
    return find_end(day, first, OF_DOMAIN);
}

size_t day_policy_end(const struct day *day, size_t first)
{
    return find_end(day, first, OF_POLICY);
}

size_t day_detail_end(const struct day *day, size_t first)
{
    return find_end(day, first, OF_DETAIL);
}

const char *day_reports(const struct day *day, size_t first, size_t end)
{
    size_t i, last = first;

    for (i = first; i < end; i++) {
        if (day->rows[i].position > day->rows[last].position) {
            last = i;
        }
    }
    return day->rows[last].line.fields[DAY_REPORTS];
}

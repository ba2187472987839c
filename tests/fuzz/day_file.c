/* A day's file of results of TLS, to the JSON of its reports. The input is lines whose
 * check sums are put right, but for those that begin with '!'; each report is JSON in
 * UTF-8 with its brackets in order, and the counts of all lines that were taken are in
 * one of them. fuzz-options: -max_len=600 */
#include "../../tlsreport/report.h"
#include "fuzz.h"
#include "table.h"
#include "text.h"

static void add_lines(struct fuzz_input *input, stralloc *file)
{
    while (input->left > 0) {
        size_t len;
        const char *line = fuzz_until(input, '\n', &len);
        if (len > 0 && *line == '!') {
            text_add_bytes(file, line + 1, len - 1);
            text_add_byte(file, '\n');
        } else {
            day_line_add(file, 1 + len % 3, line, len);
        }
    }
}

/* Strings are skipped; outside of them brackets nest. */
static void check_json(const char *at, size_t len)
{
    char open[16];
    size_t depth = 0, i;
    int is_text = 0;

    for (i = 0; i < len; i++) {
        REQUIRE((unsigned char)at[i] >= ' ' && at[i] != 127);
        if (is_text && at[i] == '\\') {
            i++;
        } else if (is_text) {
            is_text = at[i] != '"';
        } else if (at[i] == '{' || at[i] == '[') {
            REQUIRE(depth < sizeof open);
            open[depth++] = at[i] == '{' ? '}' : ']';
        } else if (at[i] == '}' || at[i] == ']') {
            REQUIRE(depth > 0 && open[--depth] == at[i]);
        } else {
            is_text = at[i] == '"';
        }
    }
    REQUIRE(depth == 0 && !is_text && len > 2 && *at == '{');
}

static void check_report_of(const struct report *report)
{
    static stralloc out;

    text_clear(&out);
    report_write(report, &out);
    check_json(out.s, out.len);
    report_file_name(report, "json.gz", &out);
    REQUIRE(out.len <= 255 && !strchr(out.s, '/') && *out.s != '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    stralloc file = STRALLOC_ZERO;
    struct report report;
    struct day day;
    size_t first;

    add_lines(&input, &file);
    day_parse(&day, memory_copy_bytes(file.len ? file.s : "", file.len), file.len);
    report_begin(&report, table_standard(), &day, 20781);
    for (first = 0; first < day.count; first = report.end) {
        report_set_domain(&report, first);
        REQUIRE(report.end > first && report.end <= day.count && *report.domain);
        check_report_of(&report);
    }
    report_free(&report);
    day_free(&day);
    text_free(&file);
    return 0;
}

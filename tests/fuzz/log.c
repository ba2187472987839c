/* The log: whatever a peer says is one line of printable ASCII, in which what it said
 * can't be taken for another field.
 * fuzz-options: -max_len=256 */
#include "log.h"

#include "fake.h"
#include "fuzz.h"

/* The length of one value as it stands in the line. */
static size_t value_length(const char *at)
{
    size_t len = 0;

    if (*at != '"') {
        return strcspn(at, " \n");
    }
    for (len = 1; at[len] != '"'; len++) {
        REQUIRE(at[len] != '\n' && at[len]);
        len += at[len] == '\\';
    }
    return len + 1;
}

static void check_line(const struct log_line *line, size_t len)
{
    const char *field = strstr(line->bytes, " one=");
    size_t i;

    for (i = 0; i < line->len - 1; i++) {
        REQUIRE(line->bytes[i] >= ' ' && line->bytes[i] <= '~');
    }
    REQUIRE(line->len <= LOG_LINE_MAX);
    if (len * 8 < LOG_LINE_MAX / 2) { /* nothing was cut: both fields are there */
        REQUIRE(field);
        field += 5 + value_length(field + 5);
        REQUIRE(strncmp(field, " two=", 5) == 0);
        field += 5 + value_length(field + 5);
        REQUIRE(strncmp(field, " three=3\n", 9) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    size_t len;
    const char *first = fuzz_until(&input, '\xff', &len);
    struct log_line line;

    fake_begin("", 0);
    log_begin(&line, LOG_LEVEL_INFO, "event");
    log_bytes(&line, "one", first, len);
    log_bytes(&line, "two", input.at, input.left);
    log_number(&line, "three", 3);
    log_end(&line);
    line.bytes[line.len < LOG_LINE_MAX ? line.len : LOG_LINE_MAX - 1] = '\0';
    check_line(&line, size);
    REQUIRE(fake.log_lines == 1);
    fake_end();
    return 0;
}

/* The line reader: lines are the same however the bytes come, and none holds CR, LF or
 * NUL. First byte: pace; second: bare LFs allowed, exact reading, limit.
 * fuzz-options: -max_len=160 */
#include "linereader.h"

#include "fake.h"
#include "fuzz.h"

#define LINES_MAX 200
#define BUFFER_SIZE 32

struct seen {
    enum line_result result;
    size_t len;
    char bytes[BUFFER_SIZE];
};

static size_t read_lines(struct seen *seen, unsigned how)
{
    struct line_reader reader;
    size_t count = 0, limit = 1 + how / 4 % 28;

    line_reader_open(&reader, FAKE_SOCKET, BUFFER_SIZE);
    do {
        char *line;
        size_t len;
        seen[count].result =
            how & 1 ? line_read_exactly(&reader, limit, CLOCK_NEVER, &line, &len)
                    : line_read(&reader, limit, how & 2, CLOCK_NEVER, &line, &len);
        seen[count].len = 0;
        if (seen[count].result == LINE_OK) {
            REQUIRE(len <= limit && line[len] == '\0' && strlen(line) == len);
            REQUIRE(!memchr(line, '\n', len) && !memchr(line, '\r', len));
            memcpy(seen[count].bytes, line, len);
            seen[count].len = len;
        }
        REQUIRE(!(how & 1) ||
                (seen[count].result >= LINE_END && seen[count].result <= LINE_ERROR) ||
                reader.start == reader.end);
    } while (seen[count].result != LINE_END && seen[count++].result != LINE_TIMEOUT &&
             count < LINES_MAX);
    line_reader_close(&reader);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole[LINES_MAX + 1], pieces[LINES_MAX + 1];
    struct fuzz_input input = fuzz_open(data, size);
    unsigned pace = fuzz_byte(&input), how = fuzz_byte(&input);
    size_t count, i;

    fake_begin(input.at, input.left);
    count = read_lines(whole, how);
    fake_begin(input.at, input.left);
    fake_choose(pace & 127);
    REQUIRE(read_lines(pieces, how) == count);
    for (i = 0; i < count; i++) {
        REQUIRE(pieces[i].result == whole[i].result && pieces[i].len == whole[i].len);
        REQUIRE(memcmp(pieces[i].bytes, whole[i].bytes, whole[i].len) == 0);
    }
    fake_end();
    return 0;
}

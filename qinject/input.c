#include "input.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE 65536

void input_open(struct input *input, int fd, int ends_at_dot)
{
    *input = (struct input){
        .fd = fd, .ends_at_dot = ends_at_dot, .buffer = memory_get(BUFFER_SIZE)};
}

void input_close(struct input *input)
{
    free(input->buffer);
    input->buffer = NULL;
}

/* Makes room and reads more; 0 where the buffer is full or the input has ended. */
static int read_more(struct input *input)
{
    ssize_t got;

    if (input->start > 0) {
        memmove(input->buffer, input->buffer + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    if (input->end == BUFFER_SIZE || input->saw_end) {
        return 0;
    }
    do {
        got = read(input->fd, input->buffer + input->end, BUFFER_SIZE - input->end);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        input->saw_end = 1;
        input->has_error = got < 0 ? errno : 0;
        return 0;
    }
    input->end += (size_t)got;
    return 1;
}

/* How many bytes the next piece has: up to its LF, or all that can be had at once. A CR
 * at the very end of a full buffer is left for the next piece, as its LF may follow. */
static size_t find_piece(struct input *input)
{
    size_t looked_at = 0;
    size_t len;

    for (;;) {
        char *from = input->buffer + input->start + looked_at;
        char *lf = memchr(from, '\n', input->end - input->start - looked_at);
        if (lf) {
            return (size_t)(lf - input->buffer) + 1 - input->start;
        }
        looked_at = input->end - input->start;
        if (!read_more(input)) {
            break;
        }
    }
    len = input->end - input->start;
    if (len > 1 && !input->saw_end && input->buffer[input->end - 1] == '\r') {
        len--;
    }
    return len;
}

int input_next(struct input *input, stralloc *line)
{
    size_t len = find_piece(input);
    const char *piece = input->buffer + input->start;
    int is_whole_line;

    text_clear(line);
    if (len == 0 || input->has_error) {
        return 0;
    }
    input->start += len;
    text_add_bytes(line, piece, len);
    if (len > 1 && piece[len - 1] == '\n' && piece[len - 2] == '\r') {
        line->s[len - 2] = '\n';
        line->len--;
    }
    is_whole_line = !input->is_inside;
    input->is_inside = piece[len - 1] != '\n';
    if (input->ends_at_dot && is_whole_line && line->s[0] == '.' &&
        (line->len == 1 || (line->len == 2 && line->s[1] == '\n'))) {
        input->saw_end = 1;
        input->start = input->end;
        return 0;
    }
    return 1;
}

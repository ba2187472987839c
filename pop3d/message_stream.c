#include "message_stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void message_stream_open(struct message_stream *stream,
                         struct pop3_connection *connection, unsigned long long lines)
{
    memset(stream, 0, sizeof *stream);
    stream->connection = connection;
    stream->lines = lines;
}

/* An empty line ends the header; after it, lines are counted. */
static void count_line(struct message_stream *stream, int is_empty)
{
    if (stream->is_in_body) {
        stream->lines -= stream->lines != MESSAGE_WHOLE;
    } else {
        stream->is_in_body = is_empty;
    }
    stream->is_over = stream->is_in_body && stream->lines == 0;
}

/* One that was held back, and is no part of a line's end. */
static void add_cr(struct message_stream *stream)
{
    pop3_add(stream->connection, "\r", 1);
    stream->is_in_line = 1;
}

void message_stream_add(struct message_stream *stream, const char *bytes, size_t len)
{
    const char *end = bytes + len;

    while (bytes < end && !stream->is_over) {
        const char *lf = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *stop = lf ? lf : end;

        if (stream->has_cr && bytes != lf) {
            add_cr(stream);
        }
        stream->has_cr = 0;
        if (stop > bytes && stop[-1] == '\r') {
            stop--;
            stream->has_cr = !lf;
        }
        if (!stream->is_in_line && *bytes == '.') {
            pop3_add(stream->connection, ".", 1);
        }
        pop3_add(stream->connection, bytes, (size_t)(stop - bytes));
        stream->is_in_line = stream->is_in_line || stop > bytes;
        if (lf) {
            pop3_add(stream->connection, "\r\n", 2);
            count_line(stream, !stream->is_in_line);
            stream->is_in_line = 0;
        }
        bytes = lf ? lf + 1 : end;
    }
}

void message_stream_end(struct message_stream *stream)
{
    if (stream->has_cr) {
        add_cr(stream);
    }
    if (stream->is_in_line) {
        pop3_add(stream->connection, "\r\n", 2);
    }
    pop3_add(stream->connection, ".\r\n", 3);
}

int message_send(struct pop3_connection *connection, int fd, unsigned long long lines)
{
    static char buffer[POP3_OUTPUT_SIZE];
    struct message_stream stream;

    message_stream_open(&stream, connection, lines);
    while (!stream.is_over && connection->trouble == LINE_OK) {
        ssize_t got = read(fd, buffer, sizeof buffer);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        message_stream_add(&stream, buffer, (size_t)got);
    }
    message_stream_end(&stream);
    return 0;
}

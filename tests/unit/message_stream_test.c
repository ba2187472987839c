#include "../../pop3d/message_stream.h"
#include "check.h"
#include "text.h"

static struct pop3_connection connection;

struct expectation {
    const char *message;
    unsigned long long lines;
    const char *sent;
};

static const struct expectation table[] = {
    {"", MESSAGE_WHOLE, ".\r\n"},
    {"a", MESSAGE_WHOLE, "a\r\n.\r\n"},
    {"a\n", MESSAGE_WHOLE, "a\r\n.\r\n"},
    {"\n", MESSAGE_WHOLE, "\r\n.\r\n"},
    {".\n", MESSAGE_WHOLE, "..\r\n.\r\n"},
    {".", MESSAGE_WHOLE, "..\r\n.\r\n"},
    {"..\n.a\nb.\n", MESSAGE_WHOLE, "...\r\n..a\r\nb.\r\n.\r\n"},
    {"h: 1\n\nb1\n.b2\nb3", MESSAGE_WHOLE, "h: 1\r\n\r\nb1\r\n..b2\r\nb3\r\n.\r\n"},
    {"h: 1\n\nb1\nb2\n", 0, "h: 1\r\n\r\n.\r\n"},
    {"h: 1\n\nb1\nb2\n", 1, "h: 1\r\n\r\nb1\r\n.\r\n"},
    {"h: 1\n\nb1\nb2\n", 2, "h: 1\r\n\r\nb1\r\nb2\r\n.\r\n"},
    {"h: 1\n\nb1\nb2", 2, "h: 1\r\n\r\nb1\r\nb2\r\n.\r\n"},
    {"h: 1\n\nb1\nb2\n", 99, "h: 1\r\n\r\nb1\r\nb2\r\n.\r\n"},
    {"h: 1\n\n\n\nb\n", 2, "h: 1\r\n\r\n\r\n\r\n.\r\n"},
    {"h: 1\nh: 2\n", 0, "h: 1\r\nh: 2\r\n.\r\n"},
    {"\nb1\nb2\n", 1, "\r\nb1\r\n.\r\n"},
    {"", 0, ".\r\n"},
    {"h: 1\r\n\r\n.b1\r\nb2\r\n", 1, "h: 1\r\n\r\n..b1\r\n.\r\n"},
    {"h: 1\r\n\r\nb1\r\n", 0, "h: 1\r\n\r\n.\r\n"},
    {"a\rb\r\r\n\r.\n\r", MESSAGE_WHOLE, "a\rb\r\r\n\r.\r\n\r\r\n.\r\n"},
};

/* Fed in pieces of every size, the outcome is the same. */
static void check_row(const struct expectation *row)
{
    size_t len = strlen(row->message), piece;

    for (piece = 1; piece <= len + 1; piece++) {
        struct message_stream stream;
        size_t at;

        connection.used = 0;
        message_stream_open(&stream, &connection, row->lines);
        for (at = 0; at < len; at += piece) {
            size_t part = len - at < piece ? len - at : piece;
            message_stream_add(&stream, row->message + at, part);
        }
        message_stream_end(&stream);
        connection.output[connection.used] = 0;
        CHECK_STRING(connection.output, row->sent);
    }
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        check_row(&table[i]);
    }
    return check_report();
}

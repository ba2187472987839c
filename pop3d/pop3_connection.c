#include "pop3_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 512
#define READ_BUFFER_SIZE 8192
#define DRAIN_SECONDS 2

void pop3_open(struct pop3_connection *connection, int reads_exactly,
               long long timeout_seconds)
{
    const int on = 1;

    signal(SIGPIPE, SIG_IGN);
    /* Not a TCP socket: nothing to switch. */
    (void)setsockopt(1, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    line_reader_open(&connection->reader, 0, READ_BUFFER_SIZE);
    connection->reads_exactly = reads_exactly;
    connection->timeout = timeout_seconds;
    connection->deadline = CLOCK_NEVER;
    connection->trouble = LINE_OK;
    connection->used = 0;
}

int pop3_flush(struct pop3_connection *connection)
{
    if (connection->trouble == LINE_OK && connection->used > 0) {
        connection->trouble = line_write(1, connection->output, connection->used,
                                         clock_deadline(connection->timeout));
        connection->sent += connection->used;
    }
    connection->used = 0;
    return connection->trouble == LINE_OK ? 0 : -1;
}

void pop3_add(struct pop3_connection *connection, const char *bytes, size_t len)
{
    while (len > 0 && connection->trouble == LINE_OK) {
        size_t room = POP3_OUTPUT_SIZE - connection->used;
        size_t part = len < room ? len : room;

        memcpy(connection->output + connection->used, bytes, part);
        connection->used += part;
        bytes += part;
        len -= part;
        if (connection->used == POP3_OUTPUT_SIZE) {
            pop3_flush(connection);
        }
    }
}

void pop3_add_number(struct pop3_connection *connection, uint64_t number)
{
    char digits[20];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    pop3_add(connection, digits + start, sizeof digits - start);
}

void pop3_add_format(struct pop3_connection *connection, const char *format, ...)
{
    char text[ANSWER_MAX];
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len > 0) {
        pop3_add(connection, text,
                 (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    }
}

enum pop3_event pop3_ok(struct pop3_connection *connection, const char *text)
{
    pop3_add_format(connection, "+OK %s\r\n", text);
    return POP3_NEXT;
}

enum pop3_event pop3_error(struct pop3_connection *connection, const char *text)
{
    pop3_add_format(connection, "-ERR %s\r\n", text);
    return POP3_NEXT;
}

enum line_result pop3_read(struct pop3_connection *connection, char **line, size_t *len)
{
    clock_ms deadline;

    if (!line_reader_has_input(&connection->reader) && pop3_flush(connection) < 0) {
        return connection->trouble;
    }
    deadline = clock_sooner(clock_deadline(connection->timeout), connection->deadline);
    if (connection->reads_exactly) {
        return line_read_exactly(&connection->reader, POP3_LINE_MAX, deadline, line,
                                 len);
    }
    return line_read(&connection->reader, POP3_LINE_MAX, 0, deadline, line, len);
}

static enum pop3_event handle_line(struct pop3_connection *connection,
                                   const struct pop3_row *rows, void *session,
                                   char *line, size_t len)
{
    struct pop3_command command;

    switch (pop3_command_parse(rows, line, len, &command)) {
    case POP3_PARSED:
        return command.row->handle(session, &command);
    case POP3_WRONG_ARGUMENTS:
        return pop3_error(connection, "wrong arguments");
    default:
        return pop3_error(connection, "no such command in this state");
    }
}

static enum pop3_event handle_fault(struct pop3_connection *connection,
                                    enum line_result fault)
{
    switch (fault) {
    case LINE_LONG:
        return pop3_error(connection, "line too long");
    case LINE_BARE_LF:
    case LINE_BARE_CR:
    case LINE_NUL:
        return pop3_error(connection, "lines end in CRLF, and hold no CR, LF or NUL");
    case LINE_END:
        pop3_flush(connection);
        break;
    default:
        break;
    }
    connection->trouble = fault;
    return POP3_LOST;
}

/* A close with input unread resets the connection, and the client may lose the last
 * answers: ends our side first, and throws away what comes for a moment. */
static void drain(struct pop3_connection *connection)
{
    struct line_reader *reader = &connection->reader;
    clock_ms deadline = clock_deadline(DRAIN_SECONDS);

    if (!line_reader_has_input(reader) || shutdown(1, SHUT_WR) < 0) {
        return;
    }
    do {
        reader->start = reader->end;
    } while (line_reader_fill(reader, deadline) == LINE_OK);
}

enum pop3_event pop3_run(struct pop3_connection *connection,
                         const struct pop3_row *rows, void *session)
{
    enum pop3_event event = POP3_NEXT;

    while (event == POP3_NEXT) {
        char *line = NULL;
        size_t len = 0;
        enum line_result result = pop3_read(connection, &line, &len);

        event = result == LINE_OK ? handle_line(connection, rows, session, line, len)
                                  : handle_fault(connection, result);
        if (event == POP3_NEXT && connection->trouble != LINE_OK) {
            event = POP3_LOST;
        }
        connection->commands++;
        if (event == POP3_NEXT && connection->commands == connection->command_max) {
            pop3_error(connection, "too many commands");
            event = POP3_CLOSE;
        }
    }
    if (event == POP3_CLOSE) {
        if (pop3_flush(connection) < 0) {
            return POP3_LOST;
        }
        drain(connection);
    }
    return event;
}

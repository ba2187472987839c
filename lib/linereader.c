#include "linereader.h"

#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void line_reader_use(struct line_reader *reader, int fd, char *buffer, size_t size)
{
    *reader = (struct line_reader){.fd = fd, .buffer = buffer, .size = size};
}

void line_reader_open(struct line_reader *reader, int fd, size_t size)
{
    line_reader_use(reader, fd, memory_get(size), size);
}

void line_reader_close(struct line_reader *reader)
{
    free(reader->buffer);
    reader->buffer = NULL;
    reader->size = reader->start = reader->end = 0;
}

static enum line_result wait_for(int fd, short events, clock_ms deadline)
{
    struct pollfd poller = {.fd = fd, .events = events};

    for (;;) {
        int ready = poll(&poller, 1, clock_poll_timeout(deadline));
        if (ready > 0) {
            return LINE_OK;
        }
        if (ready == 0) {
            return LINE_TIMEOUT;
        }
        if (errno != EINTR) {
            return LINE_ERROR;
        }
    }
}

/* Reads more behind what is there; the caller made sure that there is room. */
static enum line_result read_more(struct line_reader *reader, clock_ms deadline)
{
    for (;;) {
        enum line_result waited;
        ssize_t got;
        if (reader->saw_end) {
            return LINE_END;
        }
        waited = wait_for(reader->fd, POLLIN, deadline);
        if (waited != LINE_OK) {
            return waited;
        }
        got =
            read(reader->fd, reader->buffer + reader->end, reader->size - reader->end);
        if (got > 0) {
            reader->end += (size_t)got;
            reader->most = reader->end > reader->most ? reader->end : reader->most;
            return LINE_OK;
        }
        if (got == 0) {
            reader->saw_end = 1;
        } else if (errno != EINTR && errno != EAGAIN) {
            return LINE_ERROR;
        }
    }
}

static void make_room(struct line_reader *reader)
{
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start,
                reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
}

enum line_result line_reader_fill(struct line_reader *reader, clock_ms deadline)
{
    if (reader->start < reader->end) {
        return LINE_OK;
    }
    reader->start = reader->end = 0;
    return read_more(reader, deadline);
}

/* What a line of LEN bytes, without its line end, is worth. */
static enum line_result judge(const char *line, size_t len, size_t limit)
{
    const char *cr;

    if (memchr(line, '\0', len)) {
        return LINE_NUL;
    }
    if (memchr(line, '\n', len)) {
        return LINE_BARE_LF;
    }
    cr = memchr(line, '\r', len);
    if (cr) {
        return LINE_BARE_CR;
    }
    return len > limit ? LINE_LONG : LINE_OK;
}

/* Finds the line's end at or after *FROM: 1 with *END at its LF, or 0 with *FROM moved
 * on. A bare LF ends a line only where that is allowed. */
static int find_end(const struct line_reader *reader, int is_lf_allowed, size_t *from,
                    size_t *end)
{
    while (*from < reader->end) {
        const char *lf = memchr(reader->buffer + *from, '\n', reader->end - *from);
        size_t at;
        if (!lf) {
            break;
        }
        at = (size_t)(lf - reader->buffer);
        if (is_lf_allowed || (at > reader->start && lf[-1] == '\r')) {
            *end = at;
            return 1;
        }
        *from = at + 1;
    }
    *from = reader->end;
    return 0;
}

/* Takes the line that ends with the LF at END out of the buffer. */
static enum line_result take_line(struct line_reader *reader, size_t end, size_t limit,
                                  char **line, size_t *len)
{
    size_t stop = end;

    if (stop > reader->start && reader->buffer[stop - 1] == '\r') {
        stop--;
    }
    *line = reader->buffer + reader->start;
    *len = stop - reader->start;
    reader->start = end + 1;
    reader->buffer[stop] = '\0';
    return judge(*line, *len, limit);
}

/* Drops bytes up to the end of an over-long line. A last CR is kept: its LF may come.
 */
static enum line_result drop_line(struct line_reader *reader, int is_lf_allowed,
                                  clock_ms deadline)
{
    for (;;) {
        size_t from = reader->start, end;
        enum line_result result;
        if (find_end(reader, is_lf_allowed, &from, &end)) {
            reader->start = end + 1;
            return LINE_LONG;
        }
        if (reader->end > reader->start && reader->buffer[reader->end - 1] == '\r') {
            reader->buffer[0] = '\r';
            reader->end = 1;
        } else {
            reader->end = 0;
        }
        reader->start = 0;
        result = read_more(reader, deadline);
        if (result != LINE_OK) {
            return result;
        }
    }
}

enum line_result line_read(struct line_reader *reader, size_t limit, int is_lf_allowed,
                           clock_ms deadline, char **line, size_t *len)
{
    size_t from = reader->start, end;

    *line = NULL;
    *len = 0;
    for (;;) {
        enum line_result result;
        if (find_end(reader, is_lf_allowed, &from, &end)) {
            return take_line(reader, end, limit, line, len);
        }
        if (reader->end - reader->start >= reader->size) {
            return drop_line(reader, is_lf_allowed, deadline);
        }
        from -= reader->start;
        make_room(reader);
        result = read_more(reader, deadline);
        if (result != LINE_OK) {
            return result;
        }
        /* An LF just read may belong to the CR before it. */
        if (from > 0 && reader->buffer[from - 1] == '\r') {
            from--;
        }
    }
}

/* Reads up to the LF at most: 1 where it was read, 0 where more is to come. */
static int read_up_to_lf(struct line_reader *reader, enum line_result *result)
{
    char *at = reader->buffer + reader->end;
    size_t room = reader->size - reader->end;
    ssize_t got = recv(reader->fd, at, room, MSG_PEEK);

    if (got > 0) {
        const char *lf = memchr(at, '\n', (size_t)got);
        got = read(reader->fd, at, lf ? (size_t)(lf - at) + 1 : (size_t)got);
    } else if (got < 0 && errno == ENOTSOCK) {
        got = read(reader->fd, at, 1);
    }
    if (got > 0) {
        reader->end += (size_t)got;
        return at[got - 1] == '\n';
    }
    if (got == 0) {
        reader->saw_end = 1;
        *result = LINE_END;
    } else if (errno != EINTR && errno != EAGAIN) {
        *result = LINE_ERROR;
    }
    return 0;
}

enum line_result line_read_exactly(struct line_reader *reader, size_t limit,
                                   clock_ms deadline, char **line, size_t *len)
{
    int is_dropping = 0;

    *line = NULL;
    *len = 0;
    reader->start = reader->end = 0;
    for (;;) {
        enum line_result result = wait_for(reader->fd, POLLIN, deadline);
        int has_lf;
        if (result != LINE_OK) {
            return result;
        }
        if (reader->end == reader->size) { /* over-long: keep a last CR at most */
            is_dropping = 1;
            reader->buffer[0] = reader->buffer[reader->end - 1];
            reader->end = 1;
        }
        has_lf = read_up_to_lf(reader, &result);
        if (result != LINE_OK) {
            return result;
        }
        if (has_lf && reader->end > 1 && reader->buffer[reader->end - 2] == '\r') {
            result = take_line(reader, reader->end - 1, limit, line, len);
            reader->start = reader->end = 0;
            return is_dropping ? LINE_LONG : result;
        }
    }
}

void line_reader_wipe(struct line_reader *reader)
{
    make_room(reader);
    if (reader->most > reader->end) {
        explicit_bzero(reader->buffer + reader->end, reader->most - reader->end);
    }
    reader->most = reader->end;
}

int line_reader_has_input(struct line_reader *reader)
{
    struct pollfd poller = {.fd = reader->fd, .events = POLLIN};

    return reader->start < reader->end || poll(&poller, 1, 0) > 0;
}

enum line_result line_write(int fd, const char *bytes, size_t len, clock_ms deadline)
{
    int is_socket = 1;

    while (len > 0) {
        ssize_t wrote =
            is_socket ? send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;
        if (wrote < 0 && (!is_socket || errno == ENOTSOCK || errno == EAGAIN)) {
            enum line_result result;
            is_socket = is_socket && errno == EAGAIN;
            result = wait_for(fd, POLLOUT, deadline);
            if (result != LINE_OK) {
                return result;
            }
            if (is_socket) {
                continue;
            }
            wrote = write(fd, bytes, len);
        }
        if (wrote > 0) {
            bytes += wrote;
            len -= (size_t)wrote;
        } else if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
            return LINE_ERROR;
        }
    }
    return LINE_OK;
}

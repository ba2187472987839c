/* qmqpd: the door for local users who may not write the queue: QMQP on a UNIX socket.
 *
 * User: pombo-in with the group pombo-submit; whoever called pombo up in the quick
 * start. fd 0, 1: the connection. fd 2: the log. Environment: POMBO_DIR (lib/paths.h),
 * TMPDIR. Files: etc/tables.cdb (settings), queue/tmp and queue/new. Exit codes: 0
 * answered, 99 the client was too slow, 111 the connection broke. */
#include "clock.h"
#include "exitcode.h"
#include "linereader.h"
#include "log.h"
#include "qmqp.h"
#include "settings.h"
#include "spool.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_SECONDS 300
#define ADDRESS_FIELD_MAX 2000

struct session {
    struct line_reader reader;
    struct tables tables;
    struct envelope envelope;
    clock_ms deadline;
    unsigned long long left; /* of the outer netstring */
    int spool;
    long uid; /* -1 where the kernel does not tell */
};

/* What is to be answered: 'K', 'Z', 'D' and a text; or no answer, as the client is
 * gone. */
struct verdict {
    char letter; /* 0: gone */
    const char *text;
};

static const struct verdict gone = {0, NULL};
static const struct verdict nonsense = {'D', "not QMQP (#5.5.2)"};

static int read_byte(struct session *session, char *byte)
{
    if (line_reader_fill(&session->reader, session->deadline) != LINE_OK) {
        return -1;
    }
    *byte = session->reader.buffer[session->reader.start++];
    return 0;
}

/* Reads "LENGTH:". Returns 1; 0 for nonsense; -1 where the client is gone. */
static int read_length(struct session *session, unsigned long long *length,
                       int is_inner)
{
    char digits[24], byte;
    size_t len = 0;

    while (len < sizeof digits) {
        if (is_inner && session->left-- == 0) {
            return 0;
        }
        if (read_byte(session, &byte) < 0) {
            return -1;
        }
        if (byte == ':') {
            return text_parse_number(digits, len, 1ULL << 40, length) == 0;
        }
        digits[len++] = byte;
    }
    return 0;
}

/* The ',' behind a netstring. As read_length. */
static int read_comma(struct session *session, int is_inner)
{
    char byte;

    if (is_inner && session->left-- == 0) {
        return 0;
    }
    if (read_byte(session, &byte) < 0) {
        return -1;
    }
    return byte == ',';
}

/* Copies the message to the spool. */
static struct verdict take_message(struct session *session, unsigned long long length)
{
    struct line_reader *reader = &session->reader;

    while (length > 0) {
        size_t part;
        if (line_reader_fill(reader, session->deadline) != LINE_OK) {
            return gone;
        }
        part = reader->end - reader->start;
        part = part > length ? (size_t)length : part;
        if (spool_write(session->spool, reader->buffer + reader->start, part) < 0) {
            log_failure("spool", (char *)0);
            return (struct verdict){'Z', "cannot keep the message (#4.3.0)"};
        }
        reader->start += part;
        length -= part;
    }
    return (struct verdict){'K', NULL};
}

/* Reads one address's netstring. As read_length. */
static int read_address(struct session *session, char field[ADDRESS_FIELD_MAX],
                        size_t *len)
{
    unsigned long long length;
    size_t i;
    int result = read_length(session, &length, 1);

    if (result <= 0) {
        return result;
    }
    if (length > ADDRESS_FIELD_MAX || length > session->left) {
        return 0;
    }
    session->left -= length;
    for (i = 0; i < length; i++) {
        if (read_byte(session, &field[i]) < 0) {
            return -1;
        }
    }
    *len = (size_t)length;
    return read_comma(session, 1);
}

static struct verdict take_addresses(struct session *session)
{
    char field[ADDRESS_FIELD_MAX];
    long long limit = setting_number(&session->tables, SET_recipients_limit);
    size_t len;
    int result = read_address(session, field, &len);

    if (result > 0 && qmqp_take_sender(&session->envelope, field, len) < 0) {
        return (struct verdict){'D', "the sender's address is wrong (#5.1.7)"};
    }
    while (result > 0 && session->left > 0) {
        result = read_address(session, field, &len);
        if (result > 0 && qmqp_take_recipient(&session->envelope, field, len) < 0) {
            return (struct verdict){'D', "a recipient's address is wrong (#5.1.3)"};
        }
        if ((long long)session->envelope.recipient_count > limit) {
            return (struct verdict){'D', "too many recipients (#5.5.3)"};
        }
    }
    if (result <= 0) {
        return result < 0 ? gone : nonsense;
    }
    return session->envelope.recipient_count > 0
               ? (struct verdict){'K', NULL}
               : (struct verdict){'D', "no recipients (#5.5.4)"};
}

/* Reads the whole of the client's netstring. */
static struct verdict take_request(struct session *session)
{
    unsigned long long outer, length;
    long long limit = setting_number(&session->tables, SET_size_limit);
    struct verdict verdict;
    int result = read_length(session, &outer, 0);

    if (result > 0) {
        session->left = outer;
        result = read_length(session, &length, 1);
    }
    if (result <= 0) {
        return result < 0 ? gone : nonsense;
    }
    if (length > session->left) {
        return nonsense;
    }
    if (length > (unsigned long long)limit) {
        return (struct verdict){'D', "the message is too large (#5.3.4)"};
    }
    session->left -= length;
    verdict = take_message(session, length);
    if (verdict.letter != 'K') {
        return verdict;
    }
    result = read_comma(session, 1);
    if (result <= 0) {
        return result < 0 ? gone : nonsense;
    }
    verdict = take_addresses(session);
    if (verdict.letter == 'K' && (result = read_comma(session, 0)) <= 0) {
        return result < 0 ? gone : nonsense;
    }
    return verdict;
}

static void add_received(struct session *session, const char *id, stralloc *out)
{
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, session->envelope.arrival);
    text_add_format(out,
                    "Received: from uid %ld (local) by %s with QMQP id %s;\n\t%s\n",
                    session->uid, setting_host_name(&session->tables), id, date);
}

/* Copies the spooled message. */
static int copy_message(struct session *session, struct queue_writer *writer)
{
    char block[16384];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(session->spool, block, sizeof block, at)) > 0) {
        if (queue_write(writer, block, (size_t)got) < 0) {
            return -1;
        }
        at += got;
    }
    return got < 0 ? -1 : 0;
}

static struct verdict queue_message(struct session *session, char text[100])
{
    struct queue_writer writer = {.fd = -1};
    stralloc received = STRALLOC_ZERO;
    int result;

    session->envelope.arrival = time(NULL);
    text_add_format(&session->envelope.brought_by, "uid %ld", session->uid);
    result =
        queue_new_name(writer.name) < 0 ? -1 : queue_begin(&writer, &session->envelope);
    if (result == 0) {
        add_received(session, writer.name, &received);
        if (queue_write(&writer, received.s, received.len) < 0 ||
            copy_message(session, &writer) < 0) {
            queue_abort(&writer);
            result = -1;
        } else {
            result = queue_commit(&writer);
        }
    }
    text_free(&received);
    if (result < 0) {
        log_failure("queue", (char *)0);
        return (struct verdict){'Z', "cannot queue the message (#4.3.0)"};
    }
    snprintf(text, 100, "queued as %s", writer.name);
    return (struct verdict){'K', text};
}

static void log_verdict(struct session *session, const struct verdict *verdict)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, verdict->letter == 'K' ? "accepted" : "refused");
    log_number(&line, "uid", session->uid);
    log_string(&line, "from", text_string(&session->envelope.sender));
    log_number(&line, "recipients", (long long)session->envelope.recipient_count);
    log_string(&line, "text", verdict->text);
    log_end(&line);
}

static void answer(struct session *session, const struct verdict *verdict)
{
    char bytes[200];
    int len = snprintf(bytes, sizeof bytes, "%zu:%c%s,", strlen(verdict->text) + 1,
                       verdict->letter, verdict->text);

    log_verdict(session, verdict);
    /* Where the answer can't be written the client knows nothing, and may try again. */
    if (line_write(1, bytes, (size_t)len, session->deadline) != LINE_OK) {
        log_event(LOG_LEVEL_WARNING, "unanswered", (char *)0);
    }
}

static long get_uid(void)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    return getsockopt(0, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 ? (long)peer.uid
                                                                    : -1;
}

int main(void)
{
    struct session session = {.deadline = clock_deadline(WAIT_SECONDS),
                              .uid = get_uid()};
    struct verdict verdict;
    char text[100];

    log_open("qmqpd");
    signal(SIGPIPE, SIG_IGN);
    if (tables_open(&session.tables) < 0) {
        session.tables.is_open = 0; /* the settings' defaults will do */
    }
    line_reader_open(&session.reader, 0, 16384);
    session.spool = spool_open();
    verdict = session.spool < 0
                  ? (struct verdict){'Z', "cannot keep the message (#4.3.0)"}
                  : take_request(&session);
    if (verdict.letter == 'K') {
        verdict = queue_message(&session, text);
    }
    if (verdict.letter) {
        answer(&session, &verdict);
    }
    line_reader_close(&session.reader);
    tables_close(&session.tables);
    envelope_free(&session.envelope);
    if (!verdict.letter) {
        return clock_poll_timeout(session.deadline) == 0 ? EXITCODE_TIMEOUT
                                                         : EXITCODE_TEMPORARY;
    }
    return EXITCODE_DONE;
}

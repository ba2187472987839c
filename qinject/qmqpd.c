/* qmqpd: the door for local users who may not write the queue: QMQP on a UNIX socket.
 *
 * User: pombo-in with the group pombo-submit; whoever called pombo up in the quick
 * start. fd 0, 1: the connection. fd 2: the log. Environment: POMBO_DIR (lib/paths.h),
 * TMPDIR. Files: etc/tables.cdb (settings), queue/tmp and queue/new. Exit codes: 0
 * answered, 99 the client was too slow, 111 the connection broke. */
#include "clock.h"
#include "exitcode.h"
#include "header.h"
#include "log.h"
#include "request.h"
#include "settings.h"
#include "spool.h"
#include "text.h"
#include "walls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_SECONDS 300
#define TEXT_SIZE 100      /* of an answer */
#define HEADER_MAX 262144  /* bytes in which TLS-Required is looked for */
#define UID_OF_NOBODY (-1) /* not on this machine */
#define UID_UNKNOWN (-2)   /* no telling, just now */

struct session {
    struct request request;
    struct tables tables;
    struct envelope envelope;
    char id[QUEUE_NAME_SIZE]; /* the queued message's; "" where none was */
    long uid;                 /* or one of UID_ */
};

static void add_received(struct session *session, const char *id, stralloc *out)
{
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, session->envelope.arrival);
    text_add_format(out, "Received: (from uid %ld)\n\tby %s with QMQP id %s; %s\n",
                    session->uid, setting_host_name(&session->tables), id, date);
}

/* Copies the spooled message; HEADER gets its start, with all of the header section. */
static int copy_message(struct session *session, struct queue_writer *writer,
                        stralloc *header)
{
    char block[16384];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(session->request.spool, block, sizeof block, at)) > 0) {
        if (queue_write(writer, block, (size_t)got) < 0) {
            return -1;
        }
        at += got;
        if (header->len < HEADER_MAX &&
            header_section_length(header->s, header->len) == header->len) {
            text_add_bytes(header, block, (size_t)got);
        }
    }
    return got < 0 ? -1 : 0;
}

/* Writes all of the message. 0 or -1. */
static int write_message(struct session *session, struct queue_writer *writer)
{
    stralloc received = STRALLOC_ZERO, header = STRALLOC_ZERO;
    int result = -1;

    add_received(session, writer->name, &received);
    if (queue_write(writer, received.s, received.len) == 0 &&
        copy_message(session, writer, &header) == 0) {
        result = 0;
    }
    if (header_is_tls_optional(header.s, header.len)) {
        queue_set_tls_optional(writer);
    }
    text_free(&received);
    text_free(&header);
    return result;
}

static struct verdict queue_message(struct session *session, char text[TEXT_SIZE])
{
    struct queue_writer writer = {.fd = -1};
    int result;

    session->envelope.arrival = time(NULL);
    text_add_format(&session->envelope.brought_by, "uid %ld", session->uid);
    result =
        queue_new_name(writer.name) < 0 ? -1 : queue_begin(&writer, &session->envelope);
    if (result == 0) {
        if (write_message(session, &writer) < 0) {
            queue_abort(&writer);
            result = -1;
        } else {
            result = queue_commit(&writer);
        }
    }
    if (result < 0) {
        log_failure("queue", (char *)0);
        return (struct verdict){'Z', "cannot queue the message (#4.3.0)"};
    }
    memcpy(session->id, writer.name, sizeof session->id);
    snprintf(text, TEXT_SIZE, "queued as %s", writer.name);
    return (struct verdict){'K', text};
}

static void log_verdict(struct session *session, const struct verdict *verdict)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, verdict->letter == 'K' ? "accepted" : "refused");
    if (session->id[0]) {
        log_string(&line, "id", session->id);
    }
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
    if (line_write(1, bytes, (size_t)len, session->request.deadline) != LINE_OK) {
        log_event(LOG_LEVEL_WARNING, "unanswered", (char *)0);
    }
}

/* The peer's uid. A connection from elsewhere has none, and would make an open relay.
 */
static long get_uid(void)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    struct ucred peer;
    socklen_t address_len = sizeof address, len = sizeof peer;

    if (getsockname(0, (struct sockaddr *)&address, &address_len) < 0) {
        return errno == ENOTSOCK ? UID_OF_NOBODY : UID_UNKNOWN;
    }
    if (address.ss_family != AF_UNIX) {
        return UID_OF_NOBODY;
    }
    if (getsockopt(0, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
        return UID_UNKNOWN;
    }
    return (long)peer.uid;
}

static struct verdict serve(struct session *session, char text[TEXT_SIZE])
{
    long long space = queue_free_space();
    struct verdict verdict;

    if (session->uid == UID_UNKNOWN) {
        return (struct verdict){'Z', "cannot tell who asks (#4.3.0)"};
    }
    if (session->uid < 0) {
        return (struct verdict){'D', "for users of this machine alone (#5.7.1)"};
    }
    if (space >= 0 && space < setting_number(&session->tables, SET_free_space)) {
        return (struct verdict){'Z', "the queue's disk is full (#4.3.1)"};
    }
    session->request.spool = spool_open();
    if (session->request.spool < 0) {
        log_failure("spool", (char *)0);
        return (struct verdict){'Z', "cannot keep the message (#4.3.0)"};
    }
    verdict = request_take(&session->request);
    return verdict.letter == 'K' ? queue_message(session, text) : verdict;
}

static void open_session(struct session *session)
{
    session->uid = get_uid();
    session->request.deadline = clock_deadline(WAIT_SECONDS);
    session->request.tables = &session->tables;
    session->request.envelope = &session->envelope;
    session->request.spool = -1;
    if (tables_open(&session->tables) < 0) {
        session->tables.is_open = 0; /* the settings' defaults will do */
    }
    line_reader_open(&session->request.reader, 0, 16384);
}

int main(void)
{
    struct session session = {0};
    struct verdict verdict;
    char text[TEXT_SIZE];

    log_open("qmqpd");
    signal(SIGPIPE, SIG_IGN);
    open_session(&session);
    walls_enter(WALLS_QMQPD, NULL);
    verdict = serve(&session, text);
    if (verdict.letter) {
        answer(&session, &verdict);
    }
    line_reader_close(&session.request.reader);
    tables_close(&session.tables);
    envelope_free(&session.envelope);
    if (!verdict.letter) {
        log_event(LOG_LEVEL_WARNING, "gone", (char *)0);
        return clock_poll_timeout(session.request.deadline) == 0 ? EXITCODE_TIMEOUT
                                                                 : EXITCODE_TEMPORARY;
    }
    return EXITCODE_DONE;
}

#include "session.h"

#include "log.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPLY_LINE_MAX 4096
#define QUIT_SECONDS 5

static const char *describe(enum line_result result)
{
    switch (result) {
    case LINE_TIMEOUT:
        return "did not answer in time";
    case LINE_LONG:
        return "sent a line too long for SMTP";
    case LINE_ERROR:
        return errno == ECONNRESET ? "reset the connection" : "broke the connection";
    default:
        return "closed the connection";
    }
}

int session_write(struct session *session, const char *bytes, size_t len,
                  long long seconds)
{
    enum line_result result =
        line_write(session->fd, bytes, len, clock_deadline(seconds));

    if (result == LINE_OK) {
        return 0;
    }
    session->trouble = describe(result);
    return -1;
}

/* Reads one reply; each line but the first goes to EACH (if any) behind its code. */
static int read_reply(struct session *session, long long seconds,
                      void (*each)(struct capabilities *, const char *, size_t))
{
    clock_ms deadline = clock_deadline(seconds);
    int result = 0;

    reply_begin(&session->reply);
    while (result == 0) {
        char *line;
        size_t len;
        enum line_result read =
            line_read(&session->reader, REPLY_LINE_MAX, 1, deadline, &line, &len);
        if (read == LINE_END || read == LINE_TIMEOUT || read == LINE_ERROR ||
            read == LINE_LONG) {
            reply_begin(&session->reply);
            session->trouble = describe(read);
            return -1;
        }
        if (each && session->reply.lines > 0 && len > 4) {
            each(&session->capabilities, line + 4, len - 4);
        }
        result = reply_take_line(&session->reply, line, len);
    }
    if (result < 0) {
        reply_begin(&session->reply);
        session->trouble = "sent what is no SMTP reply";
        return -1;
    }
    return 0;
}

int session_read(struct session *session, long long seconds)
{
    return read_reply(session, seconds, NULL);
}

int session_is_ending(const struct session *session)
{
    return session->fd < 0 || session->reply.code == 421;
}

int session_is_stale(struct session *session)
{
    return session->fd >= 0 && line_reader_has_input(&session->reader);
}

static int hello(struct session *session)
{
    long long seconds = setting_number(session->tables, SET_remote_command_timeout);
    stralloc line = STRALLOC_ZERO;
    const char *name = setting_host_name(session->tables);
    int result;

    session->capabilities = (struct capabilities){0};
    text_add_format(&line, "EHLO %s\r\n", name);
    result = session_write(session, line.s, line.len, seconds) < 0
                 ? -1
                 : read_reply(session, seconds, capability_take_line);
    if (result == 0 && session->reply.code / 100 == 5) {
        session->capabilities = (struct capabilities){0};
        text_clear(&line);
        text_add_format(&line, "HELO %s\r\n", name);
        result = session_write(session, line.s, line.len, seconds) < 0
                     ? -1
                     : session_read(session, seconds);
    }
    text_free(&line);
    return result;
}

/* What went wrong with a host, for the log and for qsend. */
static void note_failure(struct session *session, char *reason, size_t size)
{
    char address[NET_ADDRESS_TEXT_SIZE];
    const char *name = session->host->name;

    net_address_literal(&session->host->address, address);
    if (session->reply.code) {
        snprintf(reason, size, "%s %s said: %s", name, address, session->reply.text.s);
    } else {
        snprintf(reason, size, "%s %s %s", name, address, session->trouble);
    }
    log_event(LOG_LEVEL_INFO, "unreachable", "host", name, "address", address, "text",
              reason, (char *)0);
}

/* 1: greeted and answered. */
static int greet(struct session *session)
{
    return session_read(session, setting_number(session->tables,
                                                SET_remote_greeting_timeout)) == 0 &&
           session->reply.code == 220 && hello(session) == 0 &&
           session->reply.code == 250;
}

static int open_one(struct session *session, const struct host *host, char *reason,
                    size_t size)
{
    session->host = host;
    session->mails = 0;
    session->trouble = "said nothing";
    session->needs_reset = 0;
    reply_begin(&session->reply);
    session->fd =
        host_connect(host, setting_number(session->tables, SET_remote_connect_timeout));
    if (session->fd < 0) {
        session->trouble = errno == ECONNREFUSED ? "refuses the connection"
                           : errno == ETIMEDOUT  ? "does not answer"
                                                 : "can't be reached";
        note_failure(session, reason, size);
        return -1;
    }
    line_reader_open(&session->reader, session->fd, REPLY_LINE_MAX + 2);
    if (greet(session)) {
        return 0;
    }
    note_failure(session, reason, size);
    session_close(session, session->reply.code != 0 && session->reply.code != 421);
    return -1;
}

int session_open(struct session *session, const struct hosts *hosts, char *reason,
                 size_t size)
{
    clock_ms deadline = clock_deadline(SESSION_OPEN_SECONDS);
    size_t i;

    for (i = 0; i < hosts->count && i < SESSION_HOSTS_MAX; i++) {
        if (i > 0 && clock_poll_timeout(deadline) == 0) {
            break;
        }
        if (open_one(session, &hosts->list[i], reason, size) == 0) {
            return 0;
        }
    }
    return -1;
}

void session_close(struct session *session, int is_polite)
{
    if (session->fd < 0) {
        return;
    }
    if (is_polite && session_write(session, "QUIT\r\n", 6, QUIT_SECONDS) == 0) {
        (void)session_read(session, QUIT_SECONDS); /* nothing hangs on the answer */
    }
    line_reader_close(&session->reader);
    close(session->fd);
    session->fd = -1;
}

/* One SMTP session with a server: connection, greeting, commands and replies. */
#ifndef QREMOTE_SESSION_H
#define QREMOTE_SESSION_H

#include "capability.h"
#include "hosts.h"
#include "linereader.h"
#include "reply.h"
#include "tables.h"

struct session {
    const struct tables *tables;
    int fd; /* -1: none */
    const struct host *host;
    struct line_reader reader;
    struct capabilities capabilities;
    struct reply reply; /* the last one */
    unsigned long long transactions;
    int needs_reset; /* a transaction was left half way */
};

/* Tries the hosts in order until one greets us with 220 and takes EHLO or HELO. 0; or
 * -1: REASON (SIZE bytes) says what the last of them did. */
int session_open(struct session *session, const struct hosts *hosts, char *reason,
                 size_t size);
/* Writes commands. 0, or -1: the connection is of no use any more. */
int session_write(struct session *session, const char *bytes, size_t len,
                  long long seconds);
/* Reads one reply into session->reply, waiting SECONDS at most for each line. 0, or -1:
 * lost, late, or no SMTP. A reply 421 is a reply, but ends the session: see
 * session_is_over. */
int session_read(struct session *session, long long seconds);
int session_is_over(const struct session *session);
/* Says QUIT where that makes sense, and closes. */
void session_close(struct session *session, int is_polite);

#endif

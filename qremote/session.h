/* One SMTP session with a server: connection, greeting, commands and replies. */
#ifndef QREMOTE_SESSION_H
#define QREMOTE_SESSION_H

#include "capability.h"
#include "hosts.h"
#include "linereader.h"
#include "outcome.h"
#include "relay_password.h"
#include "reply.h"
#include "tables.h"
#include "tls_door.h"

struct session {
    const struct tables *tables;
    const struct relay_password *secret; /* to log in with; NULL: no log-in */
    int fd;                              /* -1: none */
    const struct host *host;
    struct line_reader reader;
    struct capabilities capabilities;
    struct reply reply;  /* the last one */
    const char *trouble; /* what ended the connection, "closed the connection" */
    char tls_trouble[REPLY_TEXT_MAX + 60]; /* room for one with TLS or the log-in, */
    const char *tls_code; /* ... whose enhanced status code this is; NULL: neither */
    char auth_code[12];   /* room for that of the log-in */
    int is_auth_trouble;  /* it was the log-in */
    int is_barred;        /* this user, by a host; the others know no better */
    struct tls_state tls;
    struct outcome outcome;   /* of TLS in this connection, for reports */
    unsigned long long mails; /* MAIL commands so far */
    int needs_reset;          /* a transaction was left half way */
};

#define SESSION_READER_SIZE 4098

/* Why no host could be used. */
struct session_failure {
    char text[600];
    char code[12]; /* the enhanced status code where it was for TLS or the log-in, else
                      empty */
    /* What weighs most is told: a doubt goes before what is final, as another host or
     * another day may be better. */
    enum { FAILURE_NONE, FAILURE_FINAL, FAILURE_PLAIN, FAILURE_TLS } weight;
};

/* Tries the hosts in order until one greets us with 220, takes EHLO or HELO, does
 * what the policy of TLS asks, and lets us log in where there is a secret; after
 * SESSION_HOSTS_MAX of them, or SESSION_OPEN_SECONDS, no further one is tried. 0; or
 * -1: FAILURE says what the last of them did, but one that was refused for TLS or the
 * log-in goes before others. Once a host has called the password wrong, no further one
 * is asked. FAILURE_FINAL: all hosts were looked at, and none can have what the message
 * demands. */
#define SESSION_HOSTS_MAX 20
#define SESSION_OPEN_SECONDS 900
int session_open(struct session *session, const struct hosts *hosts,
                 struct session_failure *failure);
/* Notes why TLS makes a host one not to be used. TEXT is copied. */
void session_set_tls_trouble(struct session *session, const char *code,
                             const char *text);
/* The same of the log-in; CODE is copied too. */
void session_set_auth_trouble(struct session *session, const char *code,
                              const char *text);
/* Writes commands. 0, or -1: the connection is of no use any more (see trouble). */
int session_write(struct session *session, const char *bytes, size_t len,
                  long long seconds);
/* Reads one reply into session->reply, waiting SECONDS at most for the whole of it. 0,
 * or -1: lost, late, or no SMTP (see trouble). 421 is a reply, but ends the session. */
int session_read(struct session *session, long long seconds);
/* The same; of a reply 334 (RFC 4954) CHALLENGE becomes the text, else empty. */
int session_read_challenge(struct session *session, long long seconds,
                           stralloc *challenge);
int session_is_ending(const struct session *session);
/* 1 where the server has said something unasked, or has closed: a session that waited
 * for mail is then of no use. */
int session_is_stale(struct session *session);
/* Says QUIT where that makes sense, and closes. */
void session_close(struct session *session, int is_polite);

#endif

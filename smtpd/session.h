/* One SMTP session, and inside it the transaction. The handlers of commands (hello.h,
 * envelope_commands.h, message.h, inquiry.h) return replies; session.c alone writes
 * them, logs them and counts errors. */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include "../qinject/submission.h"
#include "allowance.h"
#include "command.h"
#include "data.h"
#include "exitcode.h"
#include "header_hold.h"
#include "limits.h"
#include "linereader.h"
#include "netaddress.h"
#include "reply.h"
#include "settings.h"
#include "tls_door.h"

#include <skalibs/stralloc.h>

enum stage {
    STAGE_START,  /* before HELO or EHLO */
    STAGE_HELLO,  /* no transaction */
    STAGE_MAIL,   /* after MAIL, no recipient yet */
    STAGE_RCPT,   /* with at least one recipient */
    STAGE_CHUNKS, /* after a first BDAT */
    STAGE_COUNT
};

#define SESSION_INPUT 65536 /* bytes that are read at once */

/* What is known of the transaction. The zero constant is the state without one; the
 * strings of its envelope lie in session->envelope. */
struct transaction {
    int is_smtputf8;
    int has_refused_recipients;
    unsigned long long announced_size; /* SIZE= of MAIL */
    struct data_parser data;
    int queue_error; /* errno of the queue's first failure */
    int is_over_size;
    unsigned long long space_seen; /* octets of the message when space was looked at */
    struct reply chunk_fault; /* why the first chunk was refused, and so are the rest */
};

struct session {
    struct line_reader reader;  /* fd 0 */
    struct reply_writer writer; /* fd 1 */
    struct tables tables;
    struct limits limits;
    clock_ms deadline; /* of the whole session */
    struct net_address peer, local;
    char peer_text[NET_ADDRESS_TEXT_SIZE]; /* "unknown" where not known */
    stralloc peer_host; /* the peer's name, looked up and verified; may be empty */
    const char *host_name;
    int is_host_doubtful; /* the look-up of the peer's name failed for now */
    int may_relay;        /* its errors don't count, and repairs hold for it */
    int is_submission;    /* smtpd -s: set by the caller before session_open */
    int is_refused;       /* greeted with 554: only QUIT is left */
    int is_over;
    enum exitcode exitcode;

    struct tls_state tls;
    int is_tls_possible; /* tlsd's door is there, or is said to be */
    int tls_door;        /* between 220 and the handshake's end; -1 otherwise */

    enum stage stage;
    int is_esmtp;
    stralloc helo; /* as given, made safe */
    stralloc user; /* who has logged in: a canonical address; empty: nobody */
    long long auth_failures;
    struct allowance allowance; /* opened by the caller in the submission service */
    unsigned long long command_count, error_count, message_count;

    struct transaction transaction;
    struct envelope envelope;
    struct submission submission;
    struct header_hold hold; /* in the submission service */

    struct command command; /* the present one */
    stralloc text;          /* for replies made at run time */
};

/* Reads environment, socket and settings; SESSION was zeroed and its tables opened. */
void session_open(struct session *session);
void session_close(struct session *session);

/* Bounds what the kernel keeps of replies that the client does not read. */
void session_bound_send_buffer(void);
/* Drops the transaction: what RSET does. */
void session_reset_transaction(struct session *session);
/* 1 where a password may be sent: inside TLS, from this machine, or as the settings
 * have it. */
int session_may_log_in(const struct session *session);
/* 1 where the client has sent more than the present command. */
int session_has_input(struct session *session);
/* SECONDS from now, or the session's end if that is nearer. */
clock_ms session_deadline(const struct session *session, long long seconds);
/* Writes what was gathered, before a wait. -1 where that failed: a client that has got
 * no answer may wait for it, and is not waited for. */
int session_flush(struct session *session);
/* The reply where the wait for input ended with RESULT, and the session with it;
 * none where nobody is there to read it. WHERE is for the log. */
struct reply session_lost(struct session *session, enum line_result result,
                          const char *where);
/* A text for a reply; it lives until the next one. */
const char *session_format(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Starts a line in the log about the peer. */
struct log_line;
void session_log_begin(const struct session *session, struct log_line *line,
                       const char *event);

#endif

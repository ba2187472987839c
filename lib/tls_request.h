/* The door to tlsc, run/tlsc: who speaks to a server hands the server's socket in and
 * gets plaintext back (lib/tls_door.h is the same for clients). Links no OpenSSL.
 *
 * One SOCK_STREAM connection a session. The asker sends one packet of the fields
 *     client NAME CHECK LIST SECONDS    and one descriptor, the server's socket
 * tlsc answers READY and LF: it can do what is asked. The asker may still go away. When
 * the server has said that it begins (220), the asker sends GO and LF, and tlsc shakes
 * hands within SECONDS. Then comes one more line,
 *     OK PROTOCOL CIPHER BITS NAME verified=HOW [KEY=VALUE]...
 * (bindings as in lib/tls_door.h, and fault=FAULT result=RESULT with '_' for blanks)
 * and from there on the connection is the plaintext side of the session. Instead of
 * either line may come NO RESULT TEXT and the end; RESULT is one of lib/tls_result.h,
 * "none" where the failure is not the server's. */
#ifndef LIB_TLS_REQUEST_H
#define LIB_TLS_REQUEST_H

#include "clock.h"
#include "packet.h"
#include "tls_door.h"
#include "tls_result.h"

enum tls_check {
    TLS_CHECK_NONE,  /* LIST is empty; HOW is "none" */
    TLS_CHECK_NAMES, /* parted by commas; .NAME: all below it; [ADDRESS]; "names" */
    TLS_CHECK_TRY,   /* the same, but the session goes on where that fails: "names", or
                        "untrusted", with FAULT */
    TLS_CHECK_FINGERPRINT, /* SHA-256 digests in hexadecimal, parted by commas;
                              "fingerprint" */
    TLS_CHECK_DANE,        /* names, and four words for each TLSA record (qsend/dane.h);
                              "dane-ta", "dane-ee", or "unusable": none of the records
                              is of use, and nothing was checked (RFC 7672 section 2.2) */
    TLS_CHECKS
};

struct tls_request {
    const char *name; /* to ask for (SNI); empty: none */
    enum tls_check check;
    const char *list;
    long long seconds;
    int server; /* the socket; of what was parsed: -1 until it is there */
};

#define TLS_REQUEST_SECONDS_MAX 600

/* Hands SERVER's socket in, and waits for READY. The connection to the door, or -1: the
 * socket is as it was, and WHY says what lacks. */
int tls_request_ask(const char *path, const struct tls_request *request,
                    clock_ms deadline, char why[TLS_TEXT_MAX]);
/* Says GO, and waits for the handshake's end. 0: DOOR carries plaintext; -1: the
 * session is over, and WHY and RESULT tell. */
int tls_request_go(int door, struct tls_state *out, clock_ms deadline,
                   char why[TLS_TEXT_MAX], enum tls_result *result);
/* Takes a line NO RESULT TEXT apart; the text of one that is none says so. Pure. */
enum tls_result tls_request_refusal(const char *line, char why[TLS_TEXT_MAX]);

/* The other side: takes a packet that came apart; OUT points into it. 0, or -1 where it
 * is none. Pure. */
int tls_request_parse(struct packet *packet, struct tls_request *out);

#endif

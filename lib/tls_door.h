/* The door to tlsd, run/tls: who serves a client hands the client's socket in and gets
 * plaintext back. Knows nothing of TLS itself, and links no OpenSSL.
 *
 * One SOCK_STREAM connection a session. The asker sends one packet (lib/packet.h) of
 * the fields
 *     server SERVICE PEER    and one descriptor, the client's socket
 * tlsd answers READY and LF as soon as it has all it needs, and waits for the client's
 * first byte; an asker that owes the client a word (220, +OK) says it then. After the
 * handshake comes one more line,
 *     OK PROTOCOL CIPHER BITS SNI [KEY=VALUE]...    (SNI is -- where the client sent
 * none) and from there on the connection itself is the plaintext side of the session.
 * Instead of either line may come NO TEXT and the end. The packet of the one field
 * "list" and no descriptor is answered by a line for each certificate in force
 * (tls/store.h), and the end; that of the field "refused" by one for each pair that is
 * there and not taken. */
#ifndef LIB_TLS_DOOR_H
#define LIB_TLS_DOOR_H

#include "clock.h"
#include "tls_result.h"

#include <stddef.h>
#include <sys/types.h>

#define TLS_LINE_MAX 1024 /* with its LF */
#define TLS_NAME_MAX 255
#define TLS_TEXT_MAX 160

/* What is known of a session's TLS; the zero constant is a session without. The last
 * two are hexadecimal, and empty where there is no such thing. */
struct tls_state {
    int is_active;
    int bits;
    char protocol[16]; /* "TLSv1.3" */
    char cipher[64];
    char sni[TLS_NAME_MAX + 1]; /* the name that the client asked for; may be empty */
    char exporter[65];          /* tls-exporter, RFC 9266 */
    char end_point[129];        /* tls-server-end-point, RFC 5929 */
    char verified[16];          /* how a server was verified (tls_request.h) */
    char fault[TLS_TEXT_MAX];   /* ... and why it was not, */
    enum tls_result result;     /* ... in the words of reports */
};

/* Takes a line of the door apart (LEN bytes, without its LF): 0, or -1 where it is no
 * OK line. Pure. */
int tls_state_parse(const char *line, size_t len, struct tls_state *out);
/* The state of a session that another has put into TLS before it started us: from
 * TLS_PROTOCOL, TLS_CIPHER, TLS_BITS, TLS_SNI, TLS_EXPORTER and TLS_END_POINT. */
void tls_state_from_environment(struct tls_state *out);

/* Whether clients are to be offered TLS, by the setting tls: where that is auto,
 * run/tls is looked for. */
struct tables;
int tls_is_offered(const struct tables *tables);
/* Whether that may become so while the tables stay. */
int tls_may_be_offered(const struct tables *tables);

/* Reads one line, and not one byte more. Its length without the LF, NUL-terminated in
 * OUT; -1 with errno (ETIMEDOUT; EPROTO: too long; ECONNRESET: the end came first). */
ssize_t tls_door_read_line(int door, char out[TLS_LINE_MAX], clock_ms deadline);

/* Hands CLIENT in for SERVICE (smtp, submission, pop3) with the text of the peer's
 * address, and waits for READY. The connection to the door, or -1: CLIENT is as it was,
 * and WHY says what lacks. */
int tls_door_ask(const char *path, const char *service, const char *peer, int client,
                 clock_ms deadline, char why[TLS_TEXT_MAX]);
/* Waits for the handshake's end. 0: DOOR carries plaintext; -1: the session is over,
 * and WHY tells. */
int tls_door_wait(int door, struct tls_state *out, clock_ms deadline,
                  char why[TLS_TEXT_MAX]);

#define TLS_SERVICE_MAX 15

enum tls_question_kind { TLS_QUESTION_SERVER, TLS_QUESTION_LIST, TLS_QUESTION_REFUSED };

struct tls_question {
    enum tls_question_kind kind;
    int client;                        /* a stream socket; -1 where there is none */
    char service[TLS_SERVICE_MAX + 1]; /* small letters and digits */
    char peer[64];
};

/* The other side: receives a question on DOOR. 0, or -1 with errno (EPROTO: not a
 * question as it should be; ETIMEDOUT), and no descriptor is left open. */
int tls_door_receive(int door, struct tls_question *out, clock_ms deadline);
/* Takes a packet of LEN bytes apart, whose fields end in NUL; CLIENT is the descriptor
 * that came along or -1. 0 or -1. Pure. */
int tls_question_parse(const char *bytes, size_t len, int client,
                       struct tls_question *out);

#endif

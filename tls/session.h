/* One TLS session, in the process that was forked for it. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "clock.h"
#include "store.h"
#include "tls_door.h"

#include <openssl/ssl.h>

struct session_settings {
    long long handshake_seconds;
    int oldest; /* version of TLS on port 25: TLS1_2_VERSION ... */
};

/* Answers the question that comes on DOOR, the asker's connection, and carries the
 * session to its end. The process has nothing else to do; its exit code. */
int session_serve_door(int door, SSL_CTX *context, const struct store *store,
                       const struct session_settings *settings);

/* The same without a question: CLIENT is the client's socket, and PLAIN the plaintext
 * side, which gets the OK line too. */
int session_serve(int client, int plain, const struct tls_question *question,
                  SSL_CTX *context, const struct session_settings *settings);

#endif

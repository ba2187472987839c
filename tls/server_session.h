/* One TLS session with a server, in the process that was forked for it. */
#ifndef TLS_SERVER_SESSION_H
#define TLS_SERVER_SESSION_H

#include <openssl/ssl.h>

/* Answers the request that comes on DOOR, the asker's connection, and carries the
 * session to its end. The process has nothing else to do; its exit code. */
int server_session_run(int door, SSL_CTX *context);

#endif

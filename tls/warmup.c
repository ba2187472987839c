#include "warmup.h"

#include <openssl/err.h>

#define STEPS_MOST 10
#define WORD "warm"

/* The two ends talk through a pair of buffers. */
static int connect_ends(SSL *server, SSL *client)
{
    BIO *server_end = NULL, *client_end = NULL;

    if (BIO_new_bio_pair(&server_end, 0, &client_end, 0) != 1) {
        return -1;
    }
    SSL_set_bio(server, server_end, server_end);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    return 0;
}

static void talk(SSL *server, SSL *client)
{
    char word[sizeof WORD];
    int i;

    for (i = 0; i < STEPS_MOST; i++) {
        int is_client_done = SSL_do_handshake(client) == 1;
        if (SSL_do_handshake(server) == 1 && is_client_done) {
            break;
        }
    }
    if (SSL_write(client, WORD, sizeof WORD) > 0 &&
        SSL_read(server, word, sizeof word) > 0 &&
        SSL_write(server, WORD, sizeof WORD) > 0) {
        (void)SSL_read(client, word, sizeof word);
    }
}

/* One session; with the ticket of OLD where there is one. Returns its own. */
static SSL_SESSION *run(SSL_CTX *server_context, SSL_CTX *client_context, int version,
                        SSL_SESSION *old)
{
    SSL *server = SSL_new(server_context);
    SSL *client = SSL_new(client_context);
    SSL_SESSION *kept = NULL;

    if (server && client && SSL_set_max_proto_version(client, version) == 1 &&
        (!old || SSL_set_session(client, old) == 1) &&
        connect_ends(server, client) == 0) {
        talk(server, client);
        SSL_shutdown(server);
        SSL_shutdown(client);
        kept = SSL_get1_session(client);
    }
    SSL_free(server);
    SSL_free(client);
    return kept;
}

void warmup_run(SSL_CTX *server)
{
    static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    size_t i;

    for (i = 0; client && i < sizeof versions / sizeof *versions; i++) {
        SSL_SESSION *first = run(server, client, versions[i], NULL);
        SSL_SESSION_free(run(server, client, versions[i], first));
        SSL_SESSION_free(first);
    }
    SSL_CTX_free(client);
    ERR_clear_error();
}

#include "context.h"

#include "choice.h"
#include "tickets.h"

#include <openssl/err.h>

#define SESSION_SECONDS (6 * 3600L)

/* Of TLS 1.2; those of 1.3 are all good. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK"
/* Versions before 1.2 know no authenticated encryption; and their handshakes are signed
 * with MD5 and SHA-1, which OpenSSL allows at level 0 alone. */
#define OLD_CIPHERS                                                                    \
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:kRSA+AES:!aNULL:!eNULL:!PSK:!SRP:@"         \
    "SECLEVEL=0"

/* Called when the client's hello is there. */
static int choose_certificate(SSL *ssl, void *data)
{
    const struct store *store = data;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    return choice_give(store, ssl, name) == 0;
}

static int configure(SSL_CTX *context, const struct store *store)
{
    static const unsigned char id[] = "pombo";
    union {
        const struct store *in;
        void *out;
    } kept = {.in = store};

    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    /* Each session is a process of its own: only tickets outlive it. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1); /* a record in one read instead of two */
    SSL_CTX_set_timeout(context, SESSION_SECONDS);
    SSL_CTX_set_cert_cb(context, choose_certificate, kept.out);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(context, CIPHERS) == 1 &&
                   SSL_CTX_set_num_tickets(context, 1) == 1 &&
                   SSL_CTX_set_session_id_context(context, id, sizeof id - 1) == 1
               ? 0
               : -1;
}

SSL_CTX *context_make(const struct store *store)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context && (configure(context, store) < 0 || tickets_attach(context) < 0 ||
                    tickets_rotate() < 0)) {
        SSL_CTX_free(context);
        context = NULL;
    }
    return context;
}

int context_allow_old(SSL *ssl, int oldest)
{
    return SSL_set_min_proto_version(ssl, oldest) == 1 &&
                   SSL_set_cipher_list(ssl, OLD_CIPHERS) == 1
               ? 0
               : -1;
}

#include "session_line.h"

#include "binding.h"
#include "certname.h"
#include "text.h"
#include "tickets.h"

/* A resumed session shows no certificate: it is that of the first one which counts. */
static void add_binding(SSL *ssl, stralloc *out)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t len = 0;

    if (!SSL_session_reused(ssl)) {
        len = binding_hash(SSL_get_certificate(ssl), hash);
    } else {
        len = tickets_get_hash(ssl, hash);
    }
    binding_add(ssl, hash, len, out);
}

void session_line_make(SSL *ssl, stralloc *out)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    text_add_format(out, "OK %s %s %d %s", SSL_get_version(ssl),
                    SSL_get_cipher_name(ssl), SSL_get_cipher_bits(ssl, NULL),
                    name && certname_is_plain(name) ? name : "--");
    add_binding(ssl, out);
    text_add_byte(out, '\n');
}

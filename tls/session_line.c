#include "session_line.h"

#include "binding.h"
#include "certname.h"
#include "text.h"

void session_line_make(SSL *ssl, stralloc *out)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    text_add_format(out, "OK %s %s %d %s", SSL_get_version(ssl),
                    SSL_get_cipher_name(ssl), SSL_get_cipher_bits(ssl, NULL),
                    name && certname_is_plain(name) ? name : "--");
    binding_add(ssl, SSL_get_certificate(ssl), out);
    text_add_byte(out, '\n');
}

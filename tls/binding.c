#include "binding.h"

#include "text.h"

#define EXPORTER_SIZE 32

static void add_hex(stralloc *out, const char *key, const unsigned char *bytes,
                    size_t len)
{
    size_t i;

    text_add_format(out, " %s=", key);
    for (i = 0; i < len; i++) {
        text_add_format(out, "%02x", bytes[i]);
    }
}

/* Without the extended master secret, two sessions of TLS 1.2 can have the same. */
static void add_exporter(SSL *ssl, stralloc *out)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    static const unsigned char no_context[1];
    unsigned char bytes[EXPORTER_SIZE];

    if ((SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1) &&
        SSL_export_keying_material(ssl, bytes, sizeof bytes, label, sizeof label - 1,
                                   no_context, 0, 1) == 1) {
        add_hex(out, "exporter", bytes, sizeof bytes);
    }
}

/* By its signature's algorithm, or SHA-256 where that is an old one or none. */
size_t binding_hash(X509 *certificate, unsigned char hash[EVP_MAX_MD_SIZE])
{
    const EVP_MD *digest = EVP_sha256();
    unsigned len;
    int nid;

    if (!certificate) {
        return 0;
    }
    if (X509_get_signature_info(certificate, &nid, NULL, NULL, NULL) == 1 &&
        nid != NID_undef && nid != NID_md5 && nid != NID_sha1 &&
        EVP_get_digestbynid(nid)) {
        digest = EVP_get_digestbynid(nid);
    }
    return X509_digest(certificate, digest, hash, &len) == 1 ? len : 0;
}

void binding_add(SSL *ssl, const unsigned char *hash, size_t len, stralloc *out)
{
    add_exporter(ssl, out);
    if (len > 0) {
        add_hex(out, "end-point", hash, len);
    }
}

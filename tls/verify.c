#include "verify.h"

#include "text.h"
#include "tlsa.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of TLS 1.2. Where nobody is verified a server with an old key is better than plain
 * text. */
#define CIPHERS "HIGH:!aNULL:!eNULL:!PSK:!SRP:!DSS:!SHA1+kRSA"
#define LEVEL_VERIFIED 2
#define LEVEL_ANY 1

/* Certificate usages (RFC 7218). */
enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };

#define DIGEST_SIZE 32

/* Wildcards stand for a whole first label; a subject without alternative names has none
 * (RFC 9525 section 6.3), but with DANE, where its common name may count (RFC 7672
 * section 3.2.3). */
#define DANE_NAME_FLAGS X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
#define NAME_FLAGS (DANE_NAME_FLAGS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

SSL_CTX *verify_make_context(const char *folder)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context) {
        return NULL;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS) != 1 ||
        SSL_CTX_dane_enable(context) != 1 ||
        (*folder && SSL_CTX_load_verify_dir(context, folder) != 1)) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

/* NAME, or [ADDRESS]. 0, or -1. */
static int add_name(SSL *ssl, char *name, int is_first)
{
    size_t len = strlen(name);

    if (len > 2 && name[0] == '[' && name[len - 1] == ']') {
        char *address = name + (strncmp(name, "[IPv6:", 6) == 0 ? 6 : 1);
        name[len - 1] = '\0';
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address) == 1 ? 0
                                                                                : -1;
    }
    return (is_first ? SSL_set1_host(ssl, name) : SSL_add1_host(ssl, name)) == 1 ? 0
                                                                                 : -1;
}

/* LIST is parted by commas, and written to. */
static int add_names(SSL *ssl, char *list, unsigned flags)
{
    int is_first = 1;
    char *name;

    SSL_set_hostflags(ssl, flags);
    while ((name = strsep(&list, ","))) {
        if (!*name || add_name(ssl, name, is_first) < 0) {
            return -1;
        }
        is_first = 0;
    }
    return 0;
}

/* 1: of use; 0: not; -1: no memory, or no record. */
static int add_record(SSL *ssl, char **words)
{
    static struct tlsa record;

    if (tlsa_next(words, &record) < 0) {
        return -1;
    }
    /* With SMTP nobody has agreed on CAs, so 0 and 1 are of no use (RFC 7672 section
     * 3.1.3). */
    if ((record.usage != USAGE_DANE_TA && record.usage != USAGE_DANE_EE) ||
        record.len == 0) {
        return 0;
    }
    return SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching,
                             record.data, record.len);
}

/* A certificate that matches a record of usage 3 needs neither the right name nor a day
 * that is not past (RFC 7672 section 3.1.1). */
static int prepare_dane(struct verify *verify, SSL *ssl, char *list)
{
    char *names = strsep(&list, " ");

    verify->records = VERIFY_UNUSABLE;
    if (SSL_dane_enable(ssl, NULL) != 1 || add_names(ssl, names, DANE_NAME_FLAGS) < 0) {
        return -1;
    }
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    while (list) {
        int result = add_record(ssl, &list);
        if (result < 0) {
            return -1;
        }
        verify->records = result > 0 ? VERIFY_USABLE : verify->records;
    }
    return 0;
}

static int prepare_check(struct verify *verify, SSL *ssl, char *list)
{
    switch (verify->request->check) {
    case TLS_CHECK_NAMES:
    case TLS_CHECK_TRY:
        return add_names(ssl, list, NAME_FLAGS);
    case TLS_CHECK_DANE:
        return prepare_dane(verify, ssl, list);
    default:
        return 0;
    }
}

int verify_prepare(struct verify *verify, SSL *ssl, const struct tls_request *request)
{
    char *list = memory_copy_string(request->list);
    int result, is_checked;

    *verify = (struct verify){.request = request, .records = VERIFY_NO_RECORDS};
    result = prepare_check(verify, ssl, list);
    is_checked = request->check == TLS_CHECK_NAMES || verify->records == VERIFY_USABLE;
    SSL_set_verify(ssl, is_checked ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    SSL_set_security_level(ssl, is_checked ? LEVEL_VERIFIED : LEVEL_ANY);
    if (result == 0 && *request->name &&
        SSL_set_tlsext_host_name(ssl, request->name) != 1) {
        result = -1;
    }
    free(list);
    return result;
}

static void write_hex(char out[2 * DIGEST_SIZE + 1], const unsigned char *bytes)
{
    size_t i;

    for (i = 0; i < DIGEST_SIZE; i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

/* The digest of the public key, with its algorithm. 0, or -1. */
static int digest_key(const X509 *certificate, unsigned char out[DIGEST_SIZE])
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    int result =
        len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    return result ? 0 : -1;
}

static int check_fingerprint(const SSL *ssl, const char *list, char why[TLS_TEXT_MAX])
{
    const X509 *certificate = SSL_get0_peer_certificate(ssl);
    unsigned char digest[DIGEST_SIZE];
    char whole[2 * DIGEST_SIZE + 1], key[2 * DIGEST_SIZE + 1];

    if (!certificate || X509_digest(certificate, EVP_sha256(), digest, NULL) != 1) {
        snprintf(why, TLS_TEXT_MAX, "the server has no certificate");
        return -1;
    }
    write_hex(whole, digest);
    if (digest_key(certificate, digest) < 0) {
        snprintf(why, TLS_TEXT_MAX, "the certificate's key can't be read");
        return -1;
    }
    write_hex(key, digest);
    if (strstr(list, whole) || strstr(list, key)) {
        return 0;
    }
    snprintf(why, TLS_TEXT_MAX, "the certificate is another one: fingerprint %s",
             whole);
    return -1;
}

static const char *name_match(SSL *ssl)
{
    uint8_t usage = 0;

    SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL);
    return usage == USAGE_DANE_TA ? "dane-ta" : "dane-ee";
}

/* The handshake went on whatever came of the check. */
static const char *judge_trial(const SSL *ssl, char why[TLS_TEXT_MAX])
{
    long result = SSL_get_verify_result(ssl);

    if (result == X509_V_OK && SSL_get0_peer_certificate(ssl)) {
        return "names";
    }
    snprintf(why, TLS_TEXT_MAX, "%s",
             result == X509_V_OK ? "the server has no certificate"
                                 : X509_verify_cert_error_string(result));
    return "untrusted";
}

const char *verify_finish(const struct verify *verify, SSL *ssl, char why[TLS_TEXT_MAX])
{
    why[0] = '\0';
    switch (verify->request->check) {
    case TLS_CHECK_NONE:
        return "none";
    case TLS_CHECK_TRY:
        return judge_trial(ssl, why);
    case TLS_CHECK_FINGERPRINT:
        return check_fingerprint(ssl, verify->request->list, why) < 0 ? NULL
                                                                      : "fingerprint";
    default:
        break;
    }
    if (verify->records == VERIFY_UNUSABLE) {
        return "unusable";
    }
    /* A handshake that got here was verified; nothing hangs on that being so. */
    if (SSL_get_verify_result(ssl) != X509_V_OK || !SSL_get0_peer_certificate(ssl)) {
        snprintf(why, TLS_TEXT_MAX, "the server was not verified");
        return NULL;
    }
    if (verify->records == VERIFY_NO_RECORDS) {
        return "names";
    }
    if (SSL_get0_dane_authority(ssl, NULL, NULL) < 0) {
        snprintf(why, TLS_TEXT_MAX, "no TLSA record matches");
        return NULL;
    }
    return name_match(ssl);
}

/* RFC 8460 section 4.3.1. */
static enum tls_result judge(long result)
{
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return TLS_RESULT_HOST_MISMATCH;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return TLS_RESULT_EXPIRED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_CERT_REVOKED:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return TLS_RESULT_NOT_TRUSTED;
    default:
        return TLS_RESULT_FAILED;
    }
}

enum tls_result verify_result(const SSL *ssl)
{
    return judge(SSL_get_verify_result(ssl));
}

enum tls_result verify_explain(const SSL *ssl, char why[TLS_TEXT_MAX])
{
    long result = SSL_get_verify_result(ssl);

    if (SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE || result == X509_V_OK) {
        return TLS_RESULT_NONE;
    }
    snprintf(why, TLS_TEXT_MAX, "the certificate is refused: %s",
             X509_verify_cert_error_string(result));
    return judge(result);
}

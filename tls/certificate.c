#include "certificate.h"

#include "certname.h"
#include "handshake.h"
#include "text.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_FILE "fullchain.pem"
#define KEY_FILE "privkey.pem"
#define FILE_MOST (1 << 20) /* no certificate is as large as that */
#define NAMES_MOST 1000

static int look(const char *folder, const char *name, struct file_stamp *stamp)
{
    stralloc path = STRALLOC_ZERO;
    struct stat status;
    int result;

    text_add_format(&path, "%s/%s", folder, name);
    result = stat(text_string(&path), &status);
    text_free(&path);
    if (result < 0) {
        return -1;
    }
    *stamp = (struct file_stamp){status.st_dev, status.st_ino, status.st_size,
                                 status.st_ctim};
    return 0;
}

int certificate_look(const char *folder, struct certificate_stamp *stamp,
                     const char **which)
{
    const char *unused;
    const char **name = which ? which : &unused;

    memset(stamp, 0, sizeof *stamp);
    *name = CHAIN_FILE;
    if (look(folder, CHAIN_FILE, &stamp->chain) < 0) {
        return -1;
    }
    *name = KEY_FILE;
    return look(folder, KEY_FILE, &stamp->key);
}

static int is_same_file(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

int certificate_stamp_equal(const struct certificate_stamp *a,
                            const struct certificate_stamp *b)
{
    return is_same_file(&a->chain, &b->chain) && is_same_file(&a->key, &b->key);
}

/* Nobody is there to type one. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *data)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)data;
    return -1;
}

static int tell(char error[CERTIFICATE_ERROR_SIZE], const char *folder,
                const char *name, const char *text)
{
    snprintf(error, CERTIFICATE_ERROR_SIZE, "%.300s/%s: %.150s", folder, name, text);
    return -1;
}

/* The same with what OpenSSL, or errno, says. */
static int tell_failure(char error[CERTIFICATE_ERROR_SIZE], const char *folder,
                        const char *name)
{
    char text[TLS_ERROR_SIZE];

    return tell(error, folder, name, tls_error_text(text));
}

static BIO *open_file(const char *folder, const char *name)
{
    stralloc path = STRALLOC_ZERO;
    BIO *file;

    text_add_format(&path, "%s/%s", folder, name);
    ERR_clear_error();
    errno = 0;
    file = BIO_new_file(text_string(&path), "r");
    if (!file && errno) {
        ERR_clear_error(); /* errno says it more plainly */
    }
    text_free(&path);
    return file;
}

static int read_chain(struct certificate *to, const char *folder,
                      char error[CERTIFICATE_ERROR_SIZE])
{
    BIO *file = open_file(folder, CHAIN_FILE);
    X509 *next;

    if (!file) {
        return tell_failure(error, folder, CHAIN_FILE);
    }
    to->leaf = PEM_read_bio_X509_AUX(file, NULL, refuse_passphrase, NULL);
    while (to->leaf &&
           (next = PEM_read_bio_X509(file, NULL, refuse_passphrase, NULL))) {
        if (!sk_X509_push(to->chain, next)) {
            X509_free(next);
            break;
        }
    }
    BIO_free(file);
    if (!to->leaf) {
        return tell(error, folder, CHAIN_FILE, "no certificate in PEM form");
    }
    /* The end of the file is found by an error; others are errors. */
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return tell_failure(error, folder, CHAIN_FILE);
    }
    ERR_clear_error();
    return 0;
}

static int read_key(struct certificate *to, const char *folder,
                    char error[CERTIFICATE_ERROR_SIZE])
{
    BIO *file = open_file(folder, KEY_FILE);

    if (!file) {
        return tell_failure(error, folder, KEY_FILE);
    }
    to->key = PEM_read_bio_PrivateKey(file, NULL, refuse_passphrase, NULL);
    BIO_free(file);
    if (!to->key) {
        return tell(error, folder, KEY_FILE,
                    "no private key in PEM form, or one under a passphrase");
    }
    to->type = EVP_PKEY_get_base_id(to->key);
    ERR_clear_error();
    return 0;
}

/* A context that takes the pair shows that they match and are strong enough. */
static int check_pair(const struct certificate *pair, const char *folder,
                      char error[CERTIFICATE_ERROR_SIZE])
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    int result = 0;

    ERR_clear_error();
    if (!context ||
        SSL_CTX_use_cert_and_key(context, pair->leaf, pair->key, pair->chain, 1) != 1) {
        result = tell_failure(error, folder, CHAIN_FILE " and " KEY_FILE);
    }
    SSL_CTX_free(context);
    return result;
}

static int add_name(struct certificate *to, const ASN1_STRING *string)
{
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, string);
    const char *name = (const char *)text;

    if (len > 0 && strlen(name) == (size_t)len && to->name_count < NAMES_MOST &&
        certname_is_plain(strncmp(name, "*.", 2) == 0 ? name + 2 : name)) {
        to->names = memory_resize(to->names, (to->name_count + 1) * sizeof *to->names);
        to->names[to->name_count++] = memory_copy_string(name);
    }
    OPENSSL_free(text);
    return len > 0;
}

/* The names of hosts: from subjectAltName, or the common name where that is not there.
 */
static void read_names(struct certificate *to)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(to->leaf, NID_subject_alt_name, NULL, NULL);
    const X509_NAME *subject = X509_get_subject_name(to->leaf);
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS) {
            add_name(to, name->d.dNSName);
        }
    }
    i = names ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (i >= 0) {
        add_name(to, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    }
    GENERAL_NAMES_free(names);
}

static time_t read_time(const ASN1_TIME *from)
{
    struct tm tm;

    return ASN1_TIME_to_tm(from, &tm) == 1 ? timegm(&tm) : 0;
}

struct certificate *certificate_load(const char *folder, const char *name,
                                     const struct certificate_stamp *stamp,
                                     char error[CERTIFICATE_ERROR_SIZE])
{
    struct certificate *new = memory_get(sizeof *new);

    *new = (struct certificate){
        .name = memory_copy_string(name), .stamp = *stamp, .chain = sk_X509_new_null()};
    if (!new->chain || stamp->chain.size > FILE_MOST || stamp->key.size > FILE_MOST) {
        tell(error, folder, CHAIN_FILE " and " KEY_FILE, "too large");
    } else if (read_chain(new, folder, error) == 0 &&
               read_key(new, folder, error) == 0 &&
               check_pair(new, folder, error) == 0) {
        read_names(new);
        new->not_before = read_time(X509_get0_notBefore(new->leaf));
        new->not_after = read_time(X509_get0_notAfter(new->leaf));
        return new;
    }
    certificate_free(new);
    return NULL;
}

void certificate_warm(const struct certificate *certificate)
{
    static const unsigned char text[32];
    unsigned char *signature = NULL;
    size_t len = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context &&
        EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, certificate->key,
                              NULL) == 1 &&
        EVP_DigestSign(context, NULL, &len, text, sizeof text) == 1) {
        signature = OPENSSL_malloc(len);
    }
    if (signature) {
        (void)EVP_DigestSign(context, signature, &len, text, sizeof text);
    }
    OPENSSL_free(signature);
    EVP_MD_CTX_free(context);
    ERR_clear_error();
}

void certificate_free(struct certificate *certificate)
{
    size_t i;

    if (!certificate) {
        return;
    }
    X509_free(certificate->leaf);
    sk_X509_pop_free(certificate->chain, X509_free);
    EVP_PKEY_free(certificate->key);
    for (i = 0; i < certificate->name_count; i++) {
        free(certificate->names[i]);
    }
    free(certificate->names);
    free(certificate->name);
    free(certificate);
}

int certificate_is_valid(const struct certificate *certificate, time_t now)
{
    return certificate->not_before <= now && certificate->not_after > now;
}

int certificate_match(const struct certificate *certificate, const char *name)
{
    int best = 0;
    size_t i;

    for (i = 0; i < certificate->name_count && best < 2; i++) {
        int match = certname_match(certificate->names[i], name);
        best = match > best ? match : best;
    }
    return best;
}

void certificate_describe_key(const struct certificate *certificate, char *out,
                              size_t size)
{
    const char *type = EVP_PKEY_get0_type_name(certificate->key);

    snprintf(out, size, "%s-%d", type ? type : "unknown",
             EVP_PKEY_get_bits(certificate->key));
}

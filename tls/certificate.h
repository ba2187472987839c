/* A certificate with its key: one folder below etc/tls, with fullchain.pem (the
 * certificate, then those between it and the root) and privkey.pem. */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include <openssl/ssl.h>
#include <sys/stat.h>
#include <time.h>

#define CERTIFICATE_ERROR_SIZE 512

/* What tells that a file is another, or was changed. */
struct file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct certificate_stamp {
    struct file_stamp chain, key;
};

struct certificate {
    char *name; /* of the folder */
    struct certificate_stamp stamp;
    X509 *leaf;
    STACK_OF(X509) * chain; /* may be empty */
    EVP_PKEY *key;
    int type;     /* of the key: EVP_PKEY_RSA, EVP_PKEY_EC ... */
    char **names; /* as the certificate has them, "*.example.org" too */
    size_t name_count;
    time_t not_before, not_after;
};

/* Looks at both files in FOLDER. 0, or -1 with errno, and WHICH (if not NULL) is the
 * file's name. */
int certificate_look(const char *folder, struct certificate_stamp *stamp,
                     const char **which);
int certificate_stamp_equal(const struct certificate_stamp *a,
                            const struct certificate_stamp *b);

/* Reads the pair in FOLDER, which is called NAME, and checks that they belong together
 * and are good enough for TLS 1.2. NULL, and ERROR is one line that names the file. */
struct certificate *certificate_load(const char *folder, const char *name,
                                     const struct certificate_stamp *stamp,
                                     char error[CERTIFICATE_ERROR_SIZE]);
/* Signs something, for what OpenSSL keeps with a key: of RSA the numbers that it
 * reckons with, and those that blind it, which take as long as a signature to be made
 * and are others after each. What fails fails later too, and is told then. */
void certificate_warm(const struct certificate *certificate);
void certificate_free(struct certificate *certificate);

/* Whether NOW lies between its first and its last day. */
int certificate_is_valid(const struct certificate *certificate, time_t now);
/* How well it serves NAME: certname_match of its best name. */
int certificate_match(const struct certificate *certificate, const char *name);
/* "RSA-2048", "EC-256" ... */
void certificate_describe_key(const struct certificate *certificate, char *out,
                              size_t size);

#endif

/* SCRAM-SHA-256 (RFC 5802, RFC 7677): the keys that are stored for a user, and the
 * messages of both sides, taken apart. Pure; the exchange itself is checkpw's, and the
 * client's is scram_client.h's. */
#ifndef LIB_SCRAM_H
#define LIB_SCRAM_H

#include "sha256.h"

#include <skalibs/stralloc.h>

#include <stddef.h>

#define SCRAM_MECHANISM "SCRAM-SHA-256"
/* RFC 7677 section 4 asks for 4096 at least and speaks of 15,000. */
#define SCRAM_ITERATIONS 15000UL
#define SCRAM_ITERATIONS_MAX 10000000UL
#define SCRAM_SALT_SIZE 16 /* of ours */
#define SCRAM_SALT_MAX 64
#define SCRAM_KEYS_TEXT_MAX 256
#define SCRAM_USER_MAX 512
#define SCRAM_NONCE_MAX 128
#define SCRAM_BINDING_MAX 32

struct scram_keys {
    unsigned long iterations;
    size_t salt_len;
    unsigned char salt[SCRAM_SALT_MAX];
    unsigned char stored[SHA256_SIZE], server[SHA256_SIZE];
};

/* The keys of PASSWORD, with salt and iterations as they stand in KEYS. */
void scram_keys_make(struct scram_keys *keys, const char *password, size_t len);
/* As text: SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY, in base64 each; the form
 * that PostgreSQL uses too. Appends. */
void scram_keys_format(const struct scram_keys *keys, stralloc *out);
/* 0, or -1 where TEXT is no such thing. */
int scram_keys_parse(const char *text, struct scram_keys *out);
/* 1 where both client and server mean the same bytes by PASSWORD, without the
 * preparation of RFC 4013: printable ASCII. */
int scram_password_is_plain(const char *password, size_t len);

/* "n,,n=user,r=nonce" */
struct scram_first {
    char flag;                           /* n, y or p */
    char binding[SCRAM_BINDING_MAX + 1]; /* with p: the kind of channel binding */
    size_t header_len;                   /* of "n,,"; the bare message is behind it */
    char user[SCRAM_USER_MAX + 1];       /* =2C and =3D decoded */
    const char *nonce;                   /* in the message */
    size_t nonce_len;
};
/* 0, or -1: not such a message, an extension that must be known ("m="), or another
 * authorization identity than the user (A-Z and a-z are the same). */
int scram_first_parse(const char *message, size_t len, struct scram_first *out);

/* "c=biws,r=nonce,p=proof" */
struct scram_final {
    const char *binding; /* in base64, in the message */
    size_t binding_len;
    const char *nonce;
    size_t nonce_len;
    size_t unproven_len; /* of what stands before ",p=" */
    unsigned char proof[SHA256_SIZE];
};
int scram_final_parse(const char *message, size_t len, struct scram_final *out);

/* The server's "r=nonce,s=salt,i=4096" */
struct scram_challenge {
    const char *nonce; /* in the message */
    size_t nonce_len;
    size_t salt_len;
    unsigned char salt[SCRAM_SALT_MAX];
    unsigned long iterations; /* any number but 0, up to SCRAM_ITERATIONS_MAX + 1 */
};
/* 0, or -1: not such a message, or an extension that must be known ("m="). */
int scram_challenge_parse(const char *message, size_t len, struct scram_challenge *out);
/* The server's "v=signature", or -1. */
int scram_verifier_parse(const char *message, size_t len,
                         unsigned char out[SHA256_SIZE]);

#endif

/* What came of TLS with a server, in the words of RFC 8460 section 4.3, as they go from
 * tlsc through qremote and qsend into reports. */
#ifndef LIB_TLS_RESULT_H
#define LIB_TLS_RESULT_H

enum tls_result {
    TLS_RESULT_NONE, /* nothing that the server has a part in, and none's to report */
    TLS_RESULT_OK,   /* TLS as the policy wants it */
    TLS_RESULT_NO_STARTTLS,
    TLS_RESULT_HOST_MISMATCH,
    TLS_RESULT_EXPIRED,
    TLS_RESULT_NOT_TRUSTED,
    TLS_RESULT_FAILED, /* any other failure */
    TLS_RESULT_TLSA_INVALID,
    TLS_RESULT_DNSSEC_INVALID,
    TLS_RESULT_DANE_REQUIRED,
    TLS_RESULT_STS_FETCH,
    TLS_RESULT_STS_POLICY,
    TLS_RESULT_STS_WEBPKI,
    TLS_RESULTS
};
/* "none", "ok", "starttls-not-supported" ... */
extern const char *const tls_result_names[TLS_RESULTS];

/* What is called NAME; TLS_RESULTS where nothing is. */
enum tls_result tls_result_find(const char *name);

#endif

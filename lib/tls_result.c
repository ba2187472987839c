#include "tls_result.h"

#include <string.h>

const char *const tls_result_names[TLS_RESULTS] = {
    [TLS_RESULT_NONE] = "none",
    [TLS_RESULT_OK] = "ok",
    [TLS_RESULT_NO_STARTTLS] = "starttls-not-supported",
    [TLS_RESULT_HOST_MISMATCH] = "certificate-host-mismatch",
    [TLS_RESULT_EXPIRED] = "certificate-expired",
    [TLS_RESULT_NOT_TRUSTED] = "certificate-not-trusted",
    [TLS_RESULT_FAILED] = "validation-failure",
    [TLS_RESULT_TLSA_INVALID] = "tlsa-invalid",
    [TLS_RESULT_DNSSEC_INVALID] = "dnssec-invalid",
    [TLS_RESULT_DANE_REQUIRED] = "dane-required",
    [TLS_RESULT_STS_FETCH] = "sts-policy-fetch-error",
    [TLS_RESULT_STS_POLICY] = "sts-policy-invalid",
    [TLS_RESULT_STS_WEBPKI] = "sts-webpki-invalid",
};

enum tls_result tls_result_find(const char *name)
{
    int i;

    for (i = 0; i < TLS_RESULTS && strcmp(name, tls_result_names[i]) != 0; i++) {
    }
    return (enum tls_result)i;
}

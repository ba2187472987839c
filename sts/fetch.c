#include "fetch.h"

#include "text.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct transfer {
    stralloc *text;
    char host[300]; /* mta-sts.DOMAIN */
    int is_too_long;
};

int fetch_open(void)
{
    /* The machine's openssl.cnf is for others. */
    return OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 &&
                   curl_global_init(CURL_GLOBAL_SSL) == CURLE_OK
               ? 0
               : -1;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    size_t len = size * count;

    if (len > STS_TEXT_MAX - transfer->text->len) {
        transfer->is_too_long = 1;
        return 0;
    }
    text_add_bytes(transfer->text, bytes, len);
    return len;
}

/* The host's name must be among the certificate's alternative names: libcurl would take
 * the subject's where there are none (section 3.3). */
static CURLcode set_name(CURL *curl, void *context, void *data)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
    const struct transfer *transfer = data;

    (void)curl;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(param, transfer->host, 0) == 1
               ? CURLE_OK
               : CURLE_OUT_OF_MEMORY;
}

static int set_limits(CURL *curl, const struct fetch *fetch)
{
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") ||
           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ||
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) ||
           curl_easy_setopt(curl, CURLOPT_PROXY, "") ||
           curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) ||
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) ||
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, fetch->milliseconds) ||
           curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)STS_TEXT_MAX);
}

static int set_verification(CURL *curl, const struct fetch *fetch,
                            struct transfer *transfer)
{
    return curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ||
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) ||
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) ||
           curl_easy_setopt(curl, CURLOPT_CAINFO, NULL) ||
           curl_easy_setopt(curl, CURLOPT_CAPATH, fetch->authorities) ||
           curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, transfer) ||
           curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, set_name);
}

static int set_target(CURL *curl, const char *url, struct curl_slist *addresses,
                      struct transfer *transfer)
{
    return curl_easy_setopt(curl, CURLOPT_URL, url) ||
           curl_easy_setopt(curl, CURLOPT_RESOLVE, addresses) ||
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "pombo") ||
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) ||
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
}

/* text/plain, with any parameters. */
static int is_plain_text(const char *type)
{
    size_t len = type ? strcspn(type, "; \t") : 0;

    return len == 10 && strncasecmp(type, "text/plain", 10) == 0;
}

static enum tls_result judge_answer(CURL *curl, char why[STS_FETCH_WHY_MAX])
{
    const char *type = NULL;
    long code = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (code != 200) {
        snprintf(why, STS_FETCH_WHY_MAX, "the server says %ld, not 200", code);
        return TLS_RESULT_STS_FETCH;
    }
    if (!is_plain_text(type)) {
        snprintf(why, STS_FETCH_WHY_MAX, "the Content-Type is %.100s, not text/plain",
                 type ? type : "missing");
        return TLS_RESULT_STS_FETCH;
    }
    return TLS_RESULT_OK;
}

static enum tls_result judge_failure(CURLcode code, const struct transfer *transfer,
                                     const char *text, char why[STS_FETCH_WHY_MAX])
{
    int is_too_long = transfer->is_too_long || code == CURLE_FILESIZE_EXCEEDED;

    snprintf(why, STS_FETCH_WHY_MAX, "%s",
             is_too_long ? "the policy is longer than 64 KB"
             : *text     ? text
                         : curl_easy_strerror(code));
    return code == CURLE_PEER_FAILED_VERIFICATION ? TLS_RESULT_STS_WEBPKI
                                                  : TLS_RESULT_STS_FETCH;
}

static enum tls_result run(CURL *curl, const struct fetch *fetch,
                           struct transfer *transfer, char why[STS_FETCH_WHY_MAX])
{
    char text[CURL_ERROR_SIZE] = "";
    char url[400], resolved[2048];
    struct curl_slist *addresses;
    CURLcode code = CURLE_OUT_OF_MEMORY;

    snprintf(url, sizeof url, "https://%s:%u/.well-known/mta-sts.txt", transfer->host,
             fetch->port);
    snprintf(resolved, sizeof resolved, "%s:%u:%s", transfer->host, fetch->port,
             fetch->addresses);
    addresses = curl_slist_append(NULL, resolved);
    if (addresses && !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text) &&
        !set_limits(curl, fetch) && !set_verification(curl, fetch, transfer) &&
        !set_target(curl, url, addresses, transfer)) {
        code = curl_easy_perform(curl);
    }
    curl_slist_free_all(addresses);
    return code == CURLE_OK ? judge_answer(curl, why)
                            : judge_failure(code, transfer, text, why);
}

enum tls_result fetch_run(const struct fetch *fetch, stralloc *out,
                          char why[STS_FETCH_WHY_MAX])
{
    struct transfer transfer = {.text = out};
    CURL *curl = curl_easy_init();
    enum tls_result result;

    text_clear(out);
    snprintf(transfer.host, sizeof transfer.host, "mta-sts.%s", fetch->domain);
    if (!curl) {
        snprintf(why, STS_FETCH_WHY_MAX, "no memory");
        return TLS_RESULT_STS_FETCH;
    }
    result = run(curl, fetch, &transfer, why);
    curl_easy_cleanup(curl);
    return result;
}

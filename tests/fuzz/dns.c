/* Answers of name servers, from the question to qmx's list of exchangers. First byte: 0
 * mx_find, 1 mx_find_host, 2 smtpd's look-up of a client's name; 4 more for the first
 * two with TLSA records; then answers, parted by 0xff 0xff: each the number of answers
 * of a DNS message (the highest bit: authenticated) and what follows the question.
 * fuzz-options: -max_len=512 */
#include "../../qsend/dane.h"
#include "../../qsend/mx.h"
#include "../../smtpd/hostname.h"
#include "../../smtpd/nameserver.h"
#include "../../sts/cache.h"
#include "../../sts/request.h"
#include "address.h"
#include "fuzz.h"
#include "table.h"
#include "text.h"
#include "tls_policy.h"

#include <arpa/nameser.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <resolv.h>

static struct fuzz_input answers;

/* The next answer of the input: its length, or -1 with an error as in h_errno. */
static int next_answer(const char *name, int type, unsigned char *answer, int size,
                       int *error)
{
    static const unsigned char header[12] = {0x12, 0x34, 0x81, 0x80, 0, 0};
    const char *start = answers.at;
    size_t len = 0;

    REQUIRE(strlen(name) < NS_MAXDNAME && type > 0 && size >= 4096);
    while (len < answers.left && !(len + 1 < answers.left && start[len] == '\xff' &&
                                   start[len + 1] == '\xff')) {
        len++;
    }
    if (answers.left == 0) {
        *error = TRY_AGAIN;
        return -1;
    }
    answers.at += len + 2 > answers.left ? answers.left : len + 2;
    answers.left -= len + 2 > answers.left ? answers.left : len + 2;
    if (len < 2) {
        *error = len ? HOST_NOT_FOUND : NO_DATA;
        return -1;
    }
    memcpy(answer, header, sizeof header);
    answer[7] = start[0] & 0x7f;         /* records in the answer section */
    answer[3] |= (start[0] & 0x80) >> 2; /* AD */
    memset(answer + 8, 0, 4);
    memcpy(answer + 12, start + 1, len - 1);
    return (int)(12 + len - 1);
}

/* In place of the resolver. */
int __wrap_res_nquery(res_state state, const char *name, int class, int type,
                      unsigned char *answer, int size);
int __wrap_res_nquery(res_state state, const char *name, int class, int type,
                      unsigned char *answer, int size)
{
    (void)class;
    return next_answer(name, type, answer, size, &state->res_h_errno);
}
enum nameserver_result __wrap_nameserver_ask(const char *server, const char *name,
                                             int type, unsigned char *answer, int size,
                                             int *len);
enum nameserver_result __wrap_nameserver_ask(const char *server, const char *name,
                                             int type, unsigned char *answer, int size,
                                             int *len)
{
    int error = 0;

    (void)server;
    *len = next_answer(name, type, answer, size, &error);
    return *len >= 0            ? NAMESERVER_ANSWER
           : error == TRY_AGAIN ? NAMESERVER_TEMPORARY
                                : NAMESERVER_NONE;
}
int __wrap_res_ninit(res_state state);
int __wrap_res_ninit(res_state state)
{
    memset(state, 0, sizeof *state);
    state->nscount = 1;
    state->nsaddr_list[0].sin_family = AF_INET;
    state->nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return 0;
}
void __wrap_res_nclose(res_state state);
void __wrap_res_nclose(res_state state)
{
    (void)state;
}
/* This machine has no addresses. */
int __wrap_getifaddrs(struct ifaddrs **list);
int __wrap_getifaddrs(struct ifaddrs **list)
{
    *list = NULL;
    return 0;
}
void __wrap_freeifaddrs(struct ifaddrs *list);
void __wrap_freeifaddrs(struct ifaddrs *list)
{
    (void)list;
}

/* The policy that is kept. */
int __wrap_sts_cache_read(const char *domain, long long now, struct sts_entry *entry);
int __wrap_sts_cache_read(const char *domain, long long now, struct sts_entry *entry)
{
    static const char text[] = "version: STSv1\nmode: enforce\nmax_age: 86400\n"
                               "mx: *.far.example\nmx: mx.example\n";

    REQUIRE(strcmp(domain, "far.example") == 0);
    *entry = (struct sts_entry){.id = "1",
                                .fetched = now,
                                .used = now,
                                .policy.patterns = entry->policy.patterns};
    REQUIRE(!sts_policy_parse(text, sizeof text - 1, &entry->policy));
    return 1;
}
/* Nobody fetches another. */
int __wrap_sts_request_ask(const char *path, const struct sts_request *request,
                           clock_ms deadline, char why[TLS_TEXT_MAX]);
int __wrap_sts_request_ask(const char *path, const struct sts_request *request,
                           clock_ms deadline, char why[TLS_TEXT_MAX])
{
    (void)path;
    (void)deadline;
    (void)why;
    REQUIRE(sts_cache_name_is_good(request->domain));
    REQUIRE(sts_id_is_good(request->id, strlen(request->id)));
    return 0;
}

/* "NAME[,NAME] U S M HEX ...", or what the policy says: only of hosts that have no word
 * of DANE's. */
static void check_dane(const char *dane)
{
    const char *sts = tls_policy_find_sts(dane);
    size_t words = 1;

    dane = sts ? sts : dane;
    if (strcmp(dane, TLS_STS_MISMATCH) == 0 || strcmp(dane, TLS_STS_UNKNOWN) == 0 ||
        strncmp(dane, TLS_STS_FAILED, sizeof TLS_STS_FAILED - 1) == 0) {
        return;
    }
    if (strncmp(dane, TLS_STS_ENFORCE, sizeof TLS_STS_ENFORCE - 1) == 0) {
        dane += sizeof TLS_STS_ENFORCE - 1;
        REQUIRE(strcmp(dane, "mx.example") == 0 ||
                (strlen(dane) > 12 && strcmp(strchr(dane, '.'), ".far.example") == 0));
        return;
    }

    REQUIRE(strlen(dane) <= DANE_FIELD_MAX && !fuzz_has_control(dane, strlen(dane)));
    if (dane_is_none(dane) || strcmp(dane, DANE_FAILED) == 0) {
        return;
    }
    REQUIRE(*dane != ' ' && !strstr(dane, "  "));
    for (; *dane; dane++) {
        words += *dane == ' ';
    }
    REQUIRE(words > 1 && words % 4 == 1);
}

static void check_answer(const struct mx_answer *answer)
{
    size_t i;

    REQUIRE(strchr("KZD", answer->status) && answer->status);
    REQUIRE(answer->count <= MX_HOSTS_MAX);
    REQUIRE(answer->ttl <= 86400);
    REQUIRE((answer->status == 'K') == (answer->count > 0));
    for (i = 0; i < answer->count; i++) {
        const struct mx_host *host = &answer->hosts[i];
        REQUIRE(memchr(host->name, 0, sizeof host->name));
        REQUIRE(!fuzz_has_control(host->name, strlen(host->name)));
        check_dane(host->dane);
        REQUIRE(i == 0 || host[-1].preference <= host->preference);
        REQUIRE(host->address.family == AF_INET || host->address.family == AF_INET6);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mx_answer answer;
    static stralloc name;
    struct net_address client;
    unsigned what, port;

    answers = fuzz_open(data, size);
    what = fuzz_byte(&answers);
    port = what & 4 ? 25 : 0;
    what = (what & 3) % 3;
    dns_open(table_standard());
    if (what == 2) {
        net_address_parse("192.0.2.9", &client);
        if (hostname_find(&client, "", &name) == HOSTNAME_FOUND) {
            REQUIRE(name.len > 0 && name.len < NS_MAXDNAME);
            REQUIRE(!fuzz_has_control(name.s, name.len));
        }
        return 0;
    }
    if (what == 0) {
        mx_find(table_standard(), "far.example", port, &answer);
    } else {
        mx_find_host("relay.far.example", port, &answer);
    }
    check_answer(&answer);
    return 0;
}

/* Answers of name servers, from the question to qmx's list of exchangers. First byte: 0
 * mx_find, 1 mx_find_host, 2 smtpd's look-up of a client's name; then answers, parted
 * by 0xff 0xff: each the flags and counts of a DNS message and what follows the
 * question. fuzz-options: -max_len=512 */
#include "../../qsend/mx.h"
#include "../../smtpd/hostname.h"
#include "../../smtpd/nameserver.h"
#include "address.h"
#include "fuzz.h"
#include "table.h"
#include "text.h"

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
    answer[7] = (unsigned char)start[0]; /* records in the answer section */
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
        REQUIRE(i == 0 || host[-1].preference <= host->preference);
        REQUIRE(host->address.family == AF_INET || host->address.family == AF_INET6);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mx_answer answer;
    static stralloc name;
    struct net_address client;
    unsigned what;

    answers = fuzz_open(data, size);
    what = fuzz_byte(&answers) % 3;
    if (what == 2) {
        net_address_parse("192.0.2.9", &client);
        if (hostname_find(&client, "", &name) == HOSTNAME_FOUND) {
            REQUIRE(name.len > 0 && name.len < NS_MAXDNAME);
            REQUIRE(!fuzz_has_control(name.s, name.len));
        }
        return 0;
    }
    if (what == 0) {
        mx_find(table_standard(), "far.example", &answer);
    } else {
        mx_find_host("relay.far.example", &answer);
    }
    check_answer(&answer);
    return 0;
}

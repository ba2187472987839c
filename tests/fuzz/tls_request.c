/* The doors of TLS: packets to tlsc, and the lines that come from the doors; policies.
 * First byte: 0 a packet, 1 a line, 2 a policy, 3 a packet "hosts" to qremote with its
 * plan for each host, 4 TLSA records. fuzz-options: -max_len=400 */
#include "tls_request.h"

#include "../../qremote/starttls.h"
#include "../../tls/tlsa.h"
#include "fuzz.h"
#include "text.h"
#include "tls_policy.h"

static struct packet packet;

static void set_packet(const struct fuzz_input *input)
{
    packet_clear(&packet);
    text_add_bytes(&packet.bytes, input->at, input->left);
    text_add_byte(&packet.bytes, '\0');
}

static void take_packet(const struct fuzz_input *input)
{
    struct tls_request request;

    set_packet(input);
    if (tls_request_parse(&packet, &request) == 0) {
        REQUIRE(strlen(request.name) <= TLS_NAME_MAX && request.check < TLS_CHECKS);
        REQUIRE(request.seconds > 0 && request.seconds <= TLS_REQUEST_SECONDS_MAX);
        REQUIRE((request.check == TLS_CHECK_NONE) == (*request.list == '\0'));
        REQUIRE(request.server == -1);
    }
}

static void take_line(const struct fuzz_input *input)
{
    struct tls_state state;

    if (tls_state_parse(input->at, input->left, &state) == 0) {
        REQUIRE(state.is_active && *state.protocol && *state.cipher);
        REQUIRE(!fuzz_has_control(state.protocol, strlen(state.protocol)));
        REQUIRE(!fuzz_has_control(state.verified, strlen(state.verified)));
    }
}

static void take_policy(const struct fuzz_input *input)
{
    char *text = memory_copy_bytes(input->at, input->left);
    struct tls_policy policy;

    if (tls_policy_parse_demand(text, &policy) == 0) {
        REQUIRE(policy.level < TLS_LEVELS && strlen(policy.list) < TLS_POLICY_MAX);
        REQUIRE(policy.level != TLS_FINGERPRINT || *policy.list);
    }
    free(text);
}

/* A message's demand is met, or the host gets nothing. */
static void check_demand(enum tls_demand demand, const struct starttls_plan *plan)
{
    REQUIRE(plan->need == STARTTLS_MUST || plan->need == STARTTLS_FORBIDDEN ||
            plan->need == STARTTLS_UNFIT);
    REQUIRE(demand == TLS_DEMAND_ENCRYPTED || plan->need != STARTTLS_MUST ||
            (plan->is_for_requiretls && plan->check != TLS_CHECK_NONE));
}

/* No host gets a weaker check than the policy says. */
static void check_plan(const struct tls_policy *policy, const struct host *host)
{
    struct starttls_plan plan;

    starttls_make_plan(policy, host, &plan);
    REQUIRE(strlen(plan.name) <= TLS_NAME_MAX);
    REQUIRE(!fuzz_has_control(plan.name, strlen(plan.name)) && !strchr(plan.name, ' '));
    REQUIRE(plan.is_at_once == (host->address.port == STARTTLS_AT_ONCE_PORT));
    REQUIRE(!plan.is_demanded || plan.need == STARTTLS_MUST);
    if (policy->demand != TLS_DEMAND_NONE) {
        check_demand(policy->demand, &plan);
    } else if (plan.is_at_once) {
        REQUIRE(plan.need >= STARTTLS_MUST);
        REQUIRE(plan.check == TLS_CHECK_NONE || plan.check == TLS_CHECK_TRY ||
                plan.is_demanded);
    } else if (policy->level == TLS_DANE) {
        const char *sts = tls_policy_find_sts(host->dane);
        int is_testing = sts && strncmp(sts, "mta-sts testing", 15) == 0;
        int is_enforced = sts && strncmp(sts, TLS_STS_ENFORCE, 16) == 0;
        int is_failed = sts && (strncmp(sts, TLS_STS_FAILED, 15) == 0 ||
                                strcmp(sts, TLS_STS_UNKNOWN) == 0);
        REQUIRE(plan.need != STARTTLS_MAY || is_testing || is_failed ||
                strcmp(host->dane, DANE_INSECURE) == 0 ||
                strcmp(host->dane, DANE_SIGNED) == 0);
        REQUIRE(plan.need != STARTTLS_NEVER);
        REQUIRE(plan.need != STARTTLS_MUST || plan.check == TLS_CHECK_DANE ||
                (plan.check == TLS_CHECK_NAMES && is_enforced && *plan.list));
        REQUIRE(plan.check != TLS_CHECK_TRY || (is_testing && *plan.list));
        REQUIRE((plan.need == STARTTLS_FORBIDDEN) == (plan.why != NULL));
    } else {
        REQUIRE((plan.need == STARTTLS_MUST) == (policy->level > TLS_DANE));
        REQUIRE((plan.check != TLS_CHECK_NONE) == (policy->level > TLS_ENCRYPT));
    }
}

static void take_hosts(const struct fuzz_input *input)
{
    struct hosts hosts;
    size_t i;

    set_packet(input);
    if (hosts_parse(&hosts, &packet) == 0) {
        for (i = 0; i < hosts.count; i++) {
            check_plan(&hosts.policy, &hosts.list[i]);
        }
    }
    hosts_free(&hosts);
}

/* What is taken is written again as it was. */
static void take_records(const struct fuzz_input *input)
{
    static struct tlsa record;
    static stralloc again;
    char *text = memory_copy_bytes(input->at, input->left);
    char *words = text;
    size_t i;

    while (words && tlsa_next(&words, &record) == 0) {
        REQUIRE(record.len <= TLSA_DATA_MAX);
        text_set_string(&again, record.len == 0 ? "-" : "");
        for (i = 0; i < record.len; i++) {
            text_add_format(&again, "%02x", record.data[i]);
        }
        REQUIRE(memmem(input->at, input->left, again.s, again.len));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const takers[])(const struct fuzz_input *) = {
        take_packet, take_line, take_policy, take_hosts, take_records};
    struct fuzz_input input = fuzz_open(data, size);
    unsigned which = fuzz_byte(&input) % 5;

    takers[which](&input);
    return 0;
}

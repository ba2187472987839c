/* MTA-STS: policies and records as they come from strangers, the files that they are
 * kept in, and questions to stsd. First byte: 0 a policy, 1 the text of a TXT record, 2
 * a file, 3 a packet. fuzz-options: -max_len=400 */
#include "../../sts/cache.h"
#include "../../sts/request.h"
#include "fuzz.h"
#include "text.h"

static int is_same(const stralloc *a, const stralloc *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->s, b->s, a->len) == 0);
}

/* What is taken is within its bounds, and its canonical text means the same. */
static void check_policy(const struct sts_policy *policy)
{
    static struct sts_policy again;
    static stralloc text;
    size_t at;

    REQUIRE(policy->mode < STS_MODES);
    REQUIRE(policy->max_age >= 0 && policy->max_age <= STS_AGE_MAX);
    REQUIRE(policy->mode == STS_NONE || policy->patterns.len > 0);
    for (at = 0; at < policy->patterns.len; at += strlen(policy->patterns.s + at) + 1) {
        const char *pattern = policy->patterns.s + at;
        const char *host = pattern + (pattern[0] == '*' ? 2 : 0);
        REQUIRE(*host && !strchr(host, '*') && strlen(host) <= 253);
        REQUIRE(sts_policy_lists(policy, host) || host != pattern);
    }
    text_clear(&text);
    sts_policy_write(&text, policy);
    REQUIRE(!sts_policy_parse(text.s, text.len, &again));
    REQUIRE(again.mode == policy->mode && again.max_age == policy->max_age &&
            is_same(&again.patterns, &policy->patterns));
}

static void take_policy(const struct fuzz_input *input)
{
    static struct sts_policy policy;

    if (!sts_policy_parse(input->at, input->left, &policy)) {
        check_policy(&policy);
    }
}

static void take_record(const struct fuzz_input *input)
{
    char id[STS_ID_MAX + 1];
    enum sts_record_kind kind = sts_record_parse(input->at, input->left, id);

    REQUIRE((kind == STS_RECORD_GOOD) == (id[0] != '\0'));
    REQUIRE(kind != STS_RECORD_GOOD || sts_id_is_good(id, strlen(id)));
}

static void take_file(const struct fuzz_input *input)
{
    static struct sts_entry entry, again;
    static stralloc text;

    if (sts_entry_parse(input->at, input->left, &entry) == 0) {
        check_policy(&entry.policy);
        REQUIRE(sts_id_is_good(entry.id, strlen(entry.id)));
        REQUIRE(entry.fetched >= 0 && entry.used >= 0);
        text_clear(&text);
        sts_entry_write(&text, &entry);
        REQUIRE(sts_entry_parse(text.s, text.len, &again) == 0);
        REQUIRE(strcmp(again.id, entry.id) == 0 && again.fetched == entry.fetched &&
                again.used == entry.used);
    }
}

static void take_packet(const struct fuzz_input *input)
{
    static struct packet packet;
    struct sts_request request;

    packet_clear(&packet);
    text_add_bytes(&packet.bytes, input->at, input->left);
    text_add_byte(&packet.bytes, '\0');
    if (sts_request_parse(&packet, &request) == 0) {
        REQUIRE(!strchr(request.domain, '/') && request.domain[0] != '.');
        REQUIRE(strlen(request.domain) <= 253 && strlen(request.id) <= STS_ID_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const takers[])(const struct fuzz_input *) = {
        take_policy, take_record, take_file, take_packet};
    struct fuzz_input input = fuzz_open(data, size);
    unsigned which = fuzz_byte(&input) % 4;

    takers[which](&input);
    return 0;
}

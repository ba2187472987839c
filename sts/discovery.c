#include "discovery.h"

#include "../qsend/dns.h"
#include "log.h"
#include "text.h"

#include <arpa/nameser.h>
#include <stdio.h>
#include <string.h>

/* That there is no record is no news for most domains: to look again within a minute,
 * as for other names, would be to look all exchangers up again. */
#define TTL_ABSENT 3600
#define TTL_TROUBLE 300

enum sts_discovery sts_discover(const char *domain, char id[STS_ID_MAX + 1],
                                unsigned long *ttl)
{
    static struct dns_answer answer;
    char name[DNS_NAME_SIZE + 10], one[STS_ID_MAX + 1];
    int is_faulty = 0, count = 0;
    stralloc text = STRALLOC_ZERO;
    enum dns_result result;
    size_t i;

    snprintf(name, sizeof name, "_mta-sts.%s", domain);
    result = dns_ask(name, ns_t_txt, &answer);
    *ttl = result == DNS_OK        ? answer.ttl
           : result == DNS_TROUBLE ? TTL_TROUBLE
                                   : TTL_ABSENT;
    for (i = 0; result == DNS_OK && i < answer.count; i++) {
        enum sts_record_kind kind =
            dns_join_strings(&answer.records[i], &text) < 0
                ? STS_RECORD_OTHER
                : sts_record_parse(text_string(&text), text.len, one);
        if (kind != STS_RECORD_OTHER) {
            count++;
            is_faulty |= kind == STS_RECORD_FAULTY;
            memcpy(id, one, sizeof one);
        }
    }
    text_free(&text);
    if (count > 1 || is_faulty) {
        log_event(LOG_LEVEL_WARNING, "sts-record", "domain", domain, "text",
                  is_faulty ? "the TXT record is faulty" : "there are several records",
                  (char *)0);
    }
    return result == DNS_TROUBLE      ? STS_UNKNOWN
           : count == 1 && !is_faulty ? STS_THERE
                                      : STS_ABSENT;
}

#include "dane.h"

#include "../tls/certname.h"
#include "log.h"
#include "text.h"

#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL_FAILED 60
#define USAGE_DANE_TA 2

static int compare_records(const void *a, const void *b)
{
    const struct dns_record *one = a;
    const struct dns_record *two = b;
    size_t least = one->data_len < two->data_len ? one->data_len : two->data_len;
    int order = memcmp(one->data, two->data, least);

    return order ? order
                 : (one->data_len > two->data_len) - (one->data_len < two->data_len);
}

static void add_record(stralloc *field, const struct dns_record *record)
{
    size_t i;

    text_add_format(field, " %u %u %u ", record->data[0], record->data[1],
                    record->data[2]);
    for (i = 3; i < record->data_len; i++) {
        text_add_format(field, "%02x", record->data[i]);
    }
    if (record->data_len == 3) {
        text_add_byte(field, '-');
    }
}

static void add_name(stralloc *field, const char *name, const char *first)
{
    if (strcmp(name, first) != 0) {
        text_add_byte(field, ',');
        text_add_string(field, name);
    }
}

/* A trust anchor's certificates have a name to be checked: the base domain, the
 * exchanger's or the domain's (RFC 7672 section 3.2.2). The last is left out where no
 * record needs it, as it parts domains with the same exchangers. */
static void set_records(stralloc *field, const struct dane_question *question,
                        const char *base, struct dns_answer *answer)
{
    int has_anchor = 0;
    size_t i;

    qsort(answer->records, answer->count, sizeof *answer->records, compare_records);
    for (i = 0; i < answer->count; i++) {
        has_anchor |= answer->records[i].data[0] == USAGE_DANE_TA;
    }
    text_set_string(field, base);
    add_name(field, question->exchanger, base);
    if (has_anchor && strcmp(question->domain, question->exchanger) != 0) {
        add_name(field, question->domain, base);
    }
    for (i = 0; i < answer->count; i++) {
        add_record(field, &answer->records[i]);
    }
}

static void set_failed(stralloc *field, const char *name, unsigned long *ttl)
{
    log_event(LOG_LEVEL_WARNING, "tlsa", "name", name, "text",
              "the look-up of TLSA records failed", (char *)0);
    text_set_string(field, DANE_FAILED);
    *ttl = *ttl > TTL_FAILED ? TTL_FAILED : *ttl;
}

/* Looks below BASE. 1 where that settles the matter; 0: no record there. */
static int look_below(stralloc *field, const struct dane_question *question,
                      const char *base, unsigned long *ttl)
{
    static struct dns_answer answer;
    char name[DNS_NAME_SIZE + 16];
    enum dns_result result;

    snprintf(name, sizeof name, "_%u._tcp.%s", question->port, base);
    result = dns_ask(name, ns_t_tlsa, &answer);
    if (result == DNS_OK && answer.is_secure) {
        set_records(field, question, base, &answer);
        *ttl = answer.ttl < *ttl ? answer.ttl : *ttl;
        if (field->len <= DANE_FIELD_MAX && answer.count < DNS_RECORDS_MAX &&
            certname_is_plain(base) && certname_is_plain(question->exchanger) &&
            certname_is_plain(question->domain)) {
            return 1;
        }
        result = DNS_TROUBLE;
    }
    if (result == DNS_TROUBLE) {
        set_failed(field, name, ttl);
        return 1;
    }
    return 0;
}

/* Where the alias's target is not signed the alias may be: then TLSA records of its own
 * name count (RFC 7672 section 2.2.2). */
static void look_at_alias(stralloc *field, const struct dane_question *question,
                          unsigned long *ttl)
{
    int is_secure;

    switch (dns_ask_alias(question->exchanger, &is_secure)) {
    case DNS_OK:
        if (is_secure) {
            look_below(field, question, question->exchanger, ttl);
        }
        break;
    case DNS_TROUBLE:
        set_failed(field, question->exchanger, ttl);
        break;
    default:
        break;
    }
}

int dane_is_none(const char *field)
{
    return strcmp(field, DANE_INSECURE) == 0 || strcmp(field, DANE_SIGNED) == 0;
}

void dane_find(stralloc *field, const struct dane_question *question,
               unsigned long *ttl)
{
    int is_alias = strcmp(question->canonical, question->exchanger) != 0;

    text_set_string(field, DANE_SIGNED);
    if (question->is_secure) {
        if (!look_below(field, question, question->canonical, ttl) && is_alias) {
            look_below(field, question, question->exchanger, ttl);
        }
    } else if (is_alias) {
        look_at_alias(field, question, ttl);
    }
    text_string(field);
}

#include "tls_sessions.h"

#include "address.h"
#include "destination.h"
#include "log.h"
#include "punycode.h"
#include "scheduler.h"
#include "text.h"
#include "tls_policy.h"

#include <stdlib.h>
#include <string.h>

struct outcome_of_tls {
    enum tls_result result;
    const char *policy; /* the destination's */
    char *host, *ip, *source, *text;
};

struct tls_session {
    const struct tls_domain *domains[TLS_SESSION_DOMAINS_MAX];
    size_t domain_count;
    struct outcome_of_tls outcomes[TLS_OUTCOMES_MAX];
    size_t outcome_count;
};

static struct tls_domain *find_domain(const struct destination *destination,
                                      const char *name)
{
    struct tls_domain *domain = destination->tls_domains;

    while (domain && strcmp(domain->name, name) != 0) {
        domain = domain->next;
    }
    return domain;
}

static void add_domain(struct destination *destination, const char *name,
                       const char *reports)
{
    size_t size = strlen(name) + 1;
    struct tls_domain *domain;

    if (destination->tls_domain_count == TLS_DOMAINS_MAX) {
        return;
    }
    domain = memory_get(sizeof *domain + size);
    domain->reports = memory_copy_string(reports);
    memcpy(domain->name, name, size);
    domain->next = destination->tls_domains;
    destination->tls_domains = domain;
    destination->tls_domain_count++;
}

void tls_sessions_note(struct destination *destination, const struct message *message,
                       size_t index, const char *reports)
{
    const char *name = address_domain(message->file.envelope.recipients[index].address);
    struct tls_domain *domain;

    reports = reports ? reports : "";
    if (!name || (!*reports && !destination->tls_domains)) {
        return;
    }
    domain = find_domain(destination, name);
    if (!domain && *reports) {
        add_domain(destination, name, reports);
    } else if (domain && strcmp(domain->reports, reports) != 0) {
        free(domain->reports);
        domain->reports = memory_copy_string(reports);
    }
}

/* A session that went well without the policy that there should have been is a failure
 * of the policy's (RFC 8460 section 4.3.2.2), and of no host's. */
static enum tls_result get_result(const struct outcome_of_tls *outcome)
{
    size_t len = strlen(TLS_STS_FAILED);
    enum tls_result failure = TLS_RESULTS;

    if (outcome->result == TLS_RESULT_OK &&
        strncmp(outcome->policy, TLS_STS_FAILED, len) == 0) {
        failure = tls_result_find(outcome->policy + len);
    }
    return failure == TLS_RESULTS ? outcome->result : failure;
}

static void count(struct scheduler *scheduler, const struct tls_domain *domain,
                  const struct outcome_of_tls *outcome)
{
    char name[256];
    int is_ok = outcome->result == TLS_RESULT_OK;
    enum tls_result result = get_result(outcome);
    struct day_line line = {.fields = {[DAY_DOMAIN] = name,
                                       [DAY_REPORTS] = domain->reports,
                                       [DAY_POLICY] = outcome->policy,
                                       [DAY_RESULT] = tls_result_names[result],
                                       [DAY_HOST] = is_ok ? "" : outcome->host,
                                       [DAY_IP] = is_ok ? "" : outcome->ip,
                                       [DAY_SOURCE] = is_ok ? "" : outcome->source,
                                       [DAY_TEXT] = is_ok ? "" : outcome->text}};

    if (*domain->reports &&
        punycode_encode_domain(domain->name, name, sizeof name) == 0) {
        text_lower(name, strlen(name));
        tls_counts_add(&scheduler->tls_counts, &line);
    }
}

static struct tls_session *get_session(struct worker *worker)
{
    if (!worker->tls_session) {
        worker->tls_session = memory_get(sizeof *worker->tls_session);
        memset(worker->tls_session, 0, sizeof *worker->tls_session);
    }
    return worker->tls_session;
}

static void join_domain(struct worker *worker, const struct tls_domain *domain)
{
    struct tls_session *session = get_session(worker);
    size_t i;

    for (i = 0; i < session->domain_count; i++) {
        if (session->domains[i] == domain) {
            return;
        }
    }
    if (session->domain_count == TLS_SESSION_DOMAINS_MAX) {
        return;
    }
    session->domains[session->domain_count++] = domain;
    for (i = 0; i < session->outcome_count; i++) {
        count(worker->pool->scheduler, domain, &session->outcomes[i]);
    }
}

void tls_sessions_add_job(struct worker *worker, const struct job *job)
{
    const struct destination *destination = worker->pool->owner;
    const char *last = "";
    size_t i;

    if (!destination->tls_domains || job->message->is_tls_report) {
        return;
    }
    for (i = 0; i < job->count; i++) {
        const char *name =
            address_domain(message_recipient(job->message, job->indexes[i])->address);
        const struct tls_domain *domain;
        if (name && strcmp(name, last) != 0) {
            domain = find_domain(destination, name);
            if (domain) {
                join_domain(worker, domain);
            }
            last = name;
        }
    }
}

/* That a host's name is authenticated, or that it can't be told whether there is a
 * policy, is nothing to report. */
static const char *reduce(const char *field)
{
    const char *sts = tls_policy_find_sts(field);

    if (sts && strcmp(sts, TLS_STS_UNKNOWN) == 0) {
        return tls_policy_is_signed(field) ? DANE_SIGNED : DANE_INSECURE;
    }
    return sts ? sts : field;
}

/* What the DNS said of the host; NULL where the destination has no such one. */
static const char *find_policy(const struct destination *destination, const char *name,
                               const char *ip)
{
    size_t i;

    for (i = 0; i < destination->host_count; i++) {
        if (strcmp(destination->hosts[i].name, name) == 0 &&
            strcmp(destination->hosts[i].ip, ip) == 0) {
            return reduce(destination->hosts[i].dane);
        }
    }
    return NULL;
}

void tls_sessions_take(struct worker *worker, struct packet *packet)
{
    struct tls_session *session = get_session(worker);
    const char *fields[5];
    const char *policy;
    enum tls_result result;
    struct outcome_of_tls *outcome;
    size_t i;

    for (i = 0; i < 5; i++) {
        fields[i] = packet_next(packet);
    }
    result = fields[4] ? tls_result_find(fields[0]) : TLS_RESULTS;
    policy = fields[4] ? find_policy(worker->pool->owner, fields[1], fields[2]) : NULL;
    if (result == TLS_RESULTS || result == TLS_RESULT_NONE || !policy) {
        log_event(LOG_LEVEL_WARNING, "bad-packet", "program", "qremote", (char *)0);
        return;
    }
    if (session->outcome_count == TLS_OUTCOMES_MAX) {
        return;
    }
    outcome = &session->outcomes[session->outcome_count++];
    *outcome = (struct outcome_of_tls){result,
                                       policy,
                                       memory_copy_string(fields[1]),
                                       memory_copy_string(fields[2]),
                                       memory_copy_string(fields[3]),
                                       memory_copy_string(fields[4])};
    for (i = 0; i < session->domain_count; i++) {
        count(worker->pool->scheduler, session->domains[i], outcome);
    }
}

void tls_sessions_end(struct worker *worker)
{
    struct tls_session *session = worker->tls_session;
    size_t i;

    for (i = 0; session && i < session->outcome_count; i++) {
        free(session->outcomes[i].host);
        free(session->outcomes[i].ip);
        free(session->outcomes[i].source);
        free(session->outcomes[i].text);
    }
    free(session);
    worker->tls_session = NULL;
}

void tls_sessions_free(struct destination *destination)
{
    struct tls_domain *domain;

    while ((domain = destination->tls_domains)) {
        destination->tls_domains = domain->next;
        free(domain->reports);
        free(domain);
    }
}

#include "starttls.h"

#include "log.h"
#include "paths.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DOOR_SECONDS 10
/* What tlsc may take longer than it was told. */
#define ANSWER_SECONDS 5

const char starttls_not_offered[] = "4.7.4", starttls_failed[] = "4.7.5",
           starttls_unfit[] = "5.7.30";

/* Letters, digits, hyphens, underscores and dots, as SNI wants them. */
static int is_plain(const char *name, size_t len)
{
    return len > 0 && len <= TLS_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") >= len;
}

static void set_name(struct starttls_plan *plan, const char *name, size_t len)
{
    plan->name[0] = '\0';
    if (is_plain(name, len)) {
        memcpy(plan->name, name, len);
        plan->name[len] = '\0';
    }
}

/* The records, and the name that they stand under, which is first (RFC 7672 section
 * 3.2.2). */
static void plan_dane(const char *dane, struct starttls_plan *plan)
{
    if (strcmp(dane, DANE_INSECURE) == 0 || strcmp(dane, DANE_SIGNED) == 0) {
        plan->need = STARTTLS_MAY;
    } else if (!strchr(dane, ' ')) {
        plan->need = STARTTLS_FORBIDDEN;
        plan->why = "the TLSA records can't be looked up";
        plan->result = TLS_RESULT_DNSSEC_INVALID;
    } else {
        plan->need = STARTTLS_MUST;
        plan->check = TLS_CHECK_DANE;
        plan->list = dane;
        set_name(plan, dane, strcspn(dane, ", "));
    }
}

/* Where FIELD begins with START: what follows; else NULL. */
static const char *skip(const char *field, const char *start)
{
    size_t len = strlen(start);

    return strncmp(field, start, len) == 0 ? field + len : NULL;
}

static int is_policy_missing(const char *field)
{
    return skip(field, TLS_STS_FAILED) || strcmp(field, TLS_STS_UNKNOWN) == 0;
}

/* The certificate has to be for the exchanger's name, which is asked for, too (RFC 8461
 * section 4.1). */
static void plan_sts(const char *field, struct starttls_plan *plan)
{
    const char *enforced = skip(field, TLS_STS_ENFORCE);
    const char *tried = skip(field, TLS_STS_TESTING);
    const char *name = enforced ? enforced : tried;

    if (name && is_plain(name, strlen(name))) {
        plan->need = enforced ? STARTTLS_MUST : STARTTLS_MAY;
        plan->check = enforced ? TLS_CHECK_NAMES : TLS_CHECK_TRY;
        plan->sts = enforced ? STARTTLS_ENFORCED : STARTTLS_TESTING;
        plan->list = name;
        set_name(plan, name, strlen(name));
    } else if (strcmp(field, TLS_STS_TESTING_MISMATCH) == 0) {
        plan->need = STARTTLS_MAY;
        plan->sts = STARTTLS_TESTING;
    } else if (is_policy_missing(field)) {
        plan->need = STARTTLS_MAY;
    } else { /* TLS_STS_MISMATCH, or what is no better */
        plan->need = STARTTLS_FORBIDDEN;
        plan->why = "MTA-STS policy does not list this exchanger";
        plan->result = TLS_RESULT_FAILED;
    }
}

/* A name that is authenticated by DNSSEC can be what a certificate by a CA has to be
 * for: REQUIRETLS needs no more (RFC 8689 section 4.2.1), and nothing else is to be
 * had.
 */
static void plan_certificate(struct starttls_plan *plan)
{
    if (plan->need == STARTTLS_MAY && plan->name[0]) {
        plan->need = STARTTLS_MUST;
        plan->check = TLS_CHECK_NAMES;
        plan->list = plan->name;
    }
}

/* What keeps REQUIRETLS from the host may be over soon. */
static void plan_wait(const char *field, struct starttls_plan *plan)
{
    const char *type = skip(field, TLS_STS_FAILED);
    enum tls_result result = type ? tls_result_find(type) : TLS_RESULTS;

    plan->need = STARTTLS_FORBIDDEN;
    plan->why = "the domain's MTA-STS policy can't be had, and the message demands a "
                "server that is authenticated (REQUIRETLS)";
    plan->result = result == TLS_RESULTS ? TLS_RESULT_NONE : result;
}

/* What is known of the host, and for whom that has to do. */
static void plan_host(const char *field, enum tls_demand demand,
                      struct starttls_plan *plan)
{
    const char *sts = tls_policy_find_sts(field);

    if (sts) {
        plan_sts(sts, plan);
    } else {
        plan_dane(field, plan);
    }
    if (demand == TLS_DEMAND_REQUIRETLS && tls_policy_is_signed(field)) {
        plan_certificate(plan);
    } else if (demand == TLS_DEMAND_REQUIRETLS && sts && is_policy_missing(sts)) {
        plan_wait(sts, plan);
    }
}

/* What the message demands, on top of what the destination and the administrator ask.
 */
static void plan_demand(enum tls_demand demand, struct starttls_plan *plan)
{
    int is_strict = demand == TLS_DEMAND_REQUIRETLS;

    plan->is_for_requiretls = is_strict;
    if (plan->need == STARTTLS_NEVER || (is_strict && plan->need == STARTTLS_MAY) ||
        (is_strict && plan->need == STARTTLS_MUST && plan->check == TLS_CHECK_NONE)) {
        plan->need = STARTTLS_UNFIT;
    } else if (plan->need == STARTTLS_MAY) {
        plan->need = STARTTLS_MUST;
    }
}

void starttls_make_plan(const struct tls_policy *policy, const struct host *host,
                        struct starttls_plan *plan)
{
    *plan = (struct starttls_plan){.need = STARTTLS_MUST, .list = ""};
    set_name(plan, host->name, strlen(host->name));
    switch (policy->level) {
    case TLS_NONE:
        plan->need = STARTTLS_NEVER;
        break;
    case TLS_MAY:
        plan->need = STARTTLS_MAY;
        break;
    case TLS_DANE:
        plan_host(host->dane, policy->demand, plan);
        break;
    case TLS_VERIFY:
        plan->check = TLS_CHECK_NAMES;
        plan->list = policy->list;
        break;
    case TLS_FINGERPRINT:
        plan->check = TLS_CHECK_FINGERPRINT;
        plan->list = policy->list;
        break;
    default:
        break;
    }
    if (policy->demand != TLS_DEMAND_NONE) {
        plan_demand(policy->demand, plan);
    }
    plan->is_demanded = plan->need == STARTTLS_MUST;
    plan->is_at_once = host->address.port == STARTTLS_AT_ONCE_PORT;
    if (plan->is_at_once && plan->need < STARTTLS_MUST) {
        plan->need = STARTTLS_MUST; /* the port's word: there is nothing else */
    }
}

int starttls_is_authenticated(const struct session *session)
{
    static const char *const hows[] = {"dane-ee", "dane-ta", "names", "fingerprint"};
    size_t i;

    for (i = 0; session->tls.is_active && i < sizeof hows / sizeof *hows; i++) {
        if (strcmp(session->tls.verified, hows[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static void log_line(const struct session *session, const char *event, const char *text)
{
    char address[NET_ADDRESS_TEXT_SIZE];

    net_address_literal(&session->host->address, address);
    log_event(LOG_LEVEL_WARNING, event, "host", session->host->name, "address", address,
              "text", text, (char *)0);
}

static void log_trouble(const struct session *session, const struct starttls_plan *plan,
                        const char *event, const char *text)
{
    char whole[sizeof session->tls_trouble];

    snprintf(whole, sizeof whole, "%s%s",
             plan->sts == STARTTLS_TESTING ? "MTA-STS (testing): " : "", text);
    log_line(session, event, whole);
}

static void refuse(struct session *session, const struct starttls_plan *plan,
                   const char *code, const char *text)
{
    char whole[sizeof session->tls_trouble];

    snprintf(whole, sizeof whole, "%s%s",
             plan->sts == STARTTLS_ENFORCED ? "MTA-STS: " : "", text);
    session_set_tls_trouble(session, code, whole);
}

/* TLS is not to be had: END where it may be done without. */
static enum starttls_end give_up(struct session *session,
                                 const struct starttls_plan *plan, const char *code,
                                 const char *text, enum starttls_end end)
{
    if (plan->need == STARTTLS_MAY) {
        log_trouble(session, plan, "tls-failed", text);
        return end;
    }
    refuse(session, plan, code, text);
    return STARTTLS_REFUSED;
}

static int open_door(const struct session *session, const struct starttls_plan *plan,
                     char why[TLS_TEXT_MAX])
{
    struct tls_request request = {
        .name = plan->name,
        .check = plan->check,
        .list = plan->list,
        .seconds = setting_number(session->tables, SET_remote_tls_timeout),
        .server = session->fd};
    stralloc path = STRALLOC_ZERO;
    int door = tls_request_ask(path_make(&path, PATH_RUN, "tlsc"), &request,
                               clock_deadline(DOOR_SECONDS), why);

    text_free(&path);
    return door;
}

/* 1 where something came behind the 220: somebody on the way wants it to be taken for
 * what is said within TLS (CVE-2021-38371 and its like). */
static int is_injected(const struct session *session)
{
    char byte;

    return session->reader.start < session->reader.end ||
           recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* The door's connection takes the place of the server's. */
static void take_over(struct session *session, const struct starttls_plan *plan,
                      int door)
{
    line_reader_close(&session->reader);
    close(session->fd);
    session->fd = door;
    line_reader_open(&session->reader, door, SESSION_READER_SIZE);
    session->capabilities = (struct capabilities){0};
    log_event(LOG_LEVEL_INFO, "tls", "host", session->host->name, "protocol",
              session->tls.protocol, "cipher", session->tls.cipher, "verified",
              session->tls.verified, (char *)0);
    if (*session->tls.fault) {
        log_trouble(session, plan, "tls-untrusted", session->tls.fault);
    }
}

/* What a policy asks and is not there is a fault of the destination's, though its mail
 * goes there: records none of which is of use, and what MTA-STS is testing. */
static void note_success(struct session *session, const struct starttls_plan *plan)
{
    const struct tls_state *tls = &session->tls;

    if (strcmp(tls->verified, "unusable") == 0) {
        outcome_set(&session->outcome, TLS_RESULT_TLSA_INVALID,
                    "none of the TLSA records is of use");
    } else if (*tls->fault) {
        outcome_set(&session->outcome, tls->result, tls->fault);
    } else if (plan->sts == STARTTLS_TESTING && plan->check == TLS_CHECK_NONE) {
        outcome_set(&session->outcome, TLS_RESULT_FAILED,
                    "MTA-STS policy does not list this exchanger");
    } else {
        outcome_set(&session->outcome, TLS_RESULT_OK, "");
    }
}

static enum starttls_end shake_hands(struct session *session,
                                     const struct starttls_plan *plan, int door)
{
    long long seconds =
        setting_number(session->tables, SET_remote_tls_timeout) + ANSWER_SECONDS;
    char why[TLS_TEXT_MAX];
    enum tls_result result;

    if (tls_request_go(door, &session->tls, clock_deadline(seconds), why, &result) <
        0) {
        outcome_set(&session->outcome, result, why);
        return give_up(session, plan, starttls_failed, why, STARTTLS_ANEW);
    }
    take_over(session, plan, door);
    note_success(session, plan);
    return STARTTLS_DONE;
}

/* Says STARTTLS. With a door that stays open only where the end is STARTTLS_DONE. */
static enum starttls_end start(struct session *session,
                               const struct starttls_plan *plan, int door)
{
    long long seconds = setting_number(session->tables, SET_remote_command_timeout);

    if (session_write(session, "STARTTLS\r\n", 10, seconds) < 0 ||
        session_read(session, seconds) < 0) {
        outcome_set(&session->outcome, TLS_RESULT_FAILED, session->trouble);
        return give_up(session, plan, starttls_failed, session->trouble, STARTTLS_ANEW);
    }
    if (session->reply.code != 220) {
        outcome_set(&session->outcome, TLS_RESULT_NO_STARTTLS, session->reply.text.s);
        return give_up(session, plan, starttls_not_offered, session->reply.text.s,
                       session_is_ending(session) ? STARTTLS_ANEW : STARTTLS_PLAIN);
    }
    if (is_injected(session)) {
        refuse(session, plan, starttls_failed,
               "sent more behind the answer to STARTTLS");
        outcome_set(&session->outcome, TLS_RESULT_FAILED,
                    "sent more behind the answer to STARTTLS");
        return STARTTLS_REFUSED;
    }
    return shake_hands(session, plan, door);
}

/* STARTTLS is not offered. */
static enum starttls_end lack(struct session *session, const struct starttls_plan *plan)
{
    if (plan->need == STARTTLS_MAY) {
        if (plan->sts == STARTTLS_TESTING) {
            log_trouble(session, plan, "tls-failed", "offers no STARTTLS");
        }
        return STARTTLS_PLAIN;
    }
    refuse(session, plan, starttls_not_offered,
           "offers no STARTTLS, without which it gets no mail");
    return STARTTLS_REFUSED;
}

/* As it begins, where TLS can't be had here. */
static enum starttls_end lack_door(struct session *session,
                                   const struct starttls_plan *plan, const char *why)
{
    char text[TLS_TEXT_MAX + 40];

    snprintf(text, sizeof text, "TLS is not available here: %s", why);
    return give_up(session, plan, starttls_failed, text, STARTTLS_PLAIN);
}

enum starttls_end starttls_run(struct session *session,
                               const struct starttls_plan *plan)
{
    char why[TLS_TEXT_MAX];
    enum starttls_end end;
    int door;

    if (plan->need == STARTTLS_NEVER) {
        return STARTTLS_PLAIN;
    }
    if (plan->sts == STARTTLS_TESTING && plan->check == TLS_CHECK_NONE) {
        log_trouble(session, plan, "sts-mismatch",
                    "the policy does not list this exchanger");
    }
    if (!session->capabilities.has_starttls) {
        outcome_set(&session->outcome, TLS_RESULT_NO_STARTTLS, "");
        return lack(session, plan);
    }
    door = open_door(session, plan, why);
    if (door < 0) {
        return lack_door(session, plan, why);
    }
    end = start(session, plan, door);
    if (end != STARTTLS_DONE) {
        close(door);
    }
    return end;
}

enum starttls_end starttls_run_at_once(struct session *session,
                                       const struct starttls_plan *plan)
{
    char why[TLS_TEXT_MAX];
    enum starttls_end end;
    int door = open_door(session, plan, why);

    if (door < 0) {
        return lack_door(session, plan, why);
    }
    end = shake_hands(session, plan, door);
    if (end != STARTTLS_DONE) {
        close(door);
    }
    return end;
}

#include "route.h"

#include "address.h"
#include "attempt.h"
#include "destination.h"
#include "local.h"
#include "netaddress.h"
#include "notice.h"
#include "punycode.h"
#include "relay_password.h"
#include "scheduler.h"
#include "settings.h"
#include "text.h"
#include "tls_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 255

/* Why nothing can be sent to a literal; the enhanced code and what it means. */
static const char *find_fault(const char *literal, struct net_address *address,
                              const char **enhanced)
{
    if (net_address_parse_literal(literal, address) < 0) {
        *enhanced = "5.1.2";
        return "address literal that is not understood";
    }
    if (net_address_is_unspecified(address)) {
        *enhanced = "5.4.6";
        return "the address literal leads back to this host";
    }
    return NULL;
}

/* Sends to the one address of a literal, of the address's domain or of a route: a fault
 * in the latter is the administrator's, and no reason to return mail. */
static void send_to_literal(struct scheduler *scheduler, const char *literal,
                            int is_route, const struct lookup_waiter *waiter)
{
    char ip[NET_ADDRESS_TEXT_SIZE];
    stralloc name = STRALLOC_ZERO;
    struct net_address address;
    char dane[] = "insecure";
    struct lookup_host host = {0, NULL, ip, dane};
    struct lookup lookup = {.status = 'K', .hosts = &host, .host_count = 1};
    const char *enhanced;
    const char *fault = find_fault(literal, &address, &enhanced);

    if (fault) {
        attempt_fail(scheduler, waiter->message, waiter->index, is_route ? 'Z' : 'D',
                     is_route ? "4.3.5" : enhanced, fault);
        return;
    }
    net_address_format(&address, ip);
    text_set_string(&name, literal);
    text_string(&name);
    host.name = name.s;
    route_found(scheduler, &lookup, waiter);
    text_free(&name);
}

void route_found(struct scheduler *scheduler, const struct lookup *lookup,
                 const struct lookup_waiter *waiter)
{
    if (lookup->status == 'K') {
        destination_add(scheduler, lookup, waiter);
    } else {
        attempt_fail(scheduler, waiter->message, waiter->index, lookup->status,
                     lookup->enhanced, lookup->text);
    }
}

/* ROUTE is "HOST PORT" of the table. */
static void follow_route(struct scheduler *scheduler, const char *route,
                         struct lookup_waiter *waiter)
{
    char host[NAME_MAX_LEN + 1];
    size_t len = strcspn(route, " ");

    if (len > NAME_MAX_LEN || waiter->port > 65535) {
        attempt_fail(scheduler, waiter->message, waiter->index, 'Z', "4.3.5",
                     "faulty route");
        return;
    }
    memcpy(host, route, len);
    host[len] = '\0';
    if (host[0] == '[') {
        send_to_literal(scheduler, host, 1, waiter);
    } else {
        lookup_ask(scheduler, "host", host, waiter);
    }
}

/* Sets KEY to where mail is handed to, as the table tls_policy names it: the ROUTE's
 * host, or DOMAIN where there is no route (NULL). */
static void name_destination(stralloc *key, const char *route, const char *domain)
{
    char literal[NET_ADDRESS_TEXT_SIZE];
    struct net_address address;

    text_clear(key);
    if (route) {
        text_add_bytes(key, route, strcspn(route, " "));
    } else {
        text_add_string(key, domain);
    }
    if (net_address_parse_literal(text_string(key), &address) == 0) {
        text_set_string(key, net_address_literal(&address, literal));
        text_string(key);
    }
}

/* The names of a row without any are its own, which the DNS has no part in. */
static void add_own_names(stralloc *policy, const char *destination)
{
    char name[NAME_MAX_LEN + 1];

    if (destination[0] == '[' ||
        punycode_encode_domain(destination, name, sizeof name) < 0) {
        text_add_format(policy, " %s", destination);
    } else {
        text_add_format(policy, " %s,.%s", name, name);
    }
}

/* Begins POLICY with what the message demands of TLS, and returns the level that is
 * then right where otherwise LEVEL would be, by a row of the table or not. REQUIRETLS
 * (RFC 8689 section 4.2.1) wants the server authenticated, and asks the DNS where the
 * level has nobody else to. TLS-Required: No (section 4.2.2) passes over what the
 * destination says of itself, and never over the administrator's word. */
static enum tls_level begin_policy(const struct envelope *envelope,
                                   enum tls_level level, int is_row, stralloc *policy)
{
    text_clear(policy);
    if (envelope->flags & ENVELOPE_REQUIRETLS) {
        text_add_string(policy, envelope->sender.len > 0 ? tls_demand_requiretls
                                                         : tls_demand_encrypted);
        return envelope->sender.len > 0 && (level == TLS_MAY || level == TLS_ENCRYPT)
                   ? TLS_DANE
                   : level;
    }
    return (envelope->flags & ENVELOPE_TLS_OPTIONAL) && level == TLS_DANE && !is_row
               ? TLS_MAY
               : level;
}

/* Finds what is asked of TLS there. 0, or -1 where the tables can't be read. */
static int find_policy(struct scheduler *scheduler, const struct envelope *envelope,
                       const char *destination, stralloc *policy)
{
    const char *text = NULL;
    struct tls_policy parsed;
    enum tls_level level;
    int is_row = 0;

    switch (tls_policy_find(&scheduler->tables, destination, &text)) {
    case TABLE_FOUND:
        is_row = 1;
        break;
    case TABLE_ABSENT:
        text = setting_text(&scheduler->tables, SET_remote_tls);
        break;
    default:
        return -1;
    }
    if (tls_policy_parse(text, &parsed) < 0) {
        return -1;
    }
    level = begin_policy(envelope, parsed.level, is_row, policy);
    text_add_string(policy, level == parsed.level ? text : tls_level_names[level]);
    if (parsed.level == TLS_VERIFY && !*parsed.list) {
        add_own_names(policy, destination);
    }
    text_string(policy);
    return 0;
}

/* 1 where a row of tls_policy, other than that for all the rest, names DESTINATION. */
static int is_named(struct scheduler *scheduler, const char *destination)
{
    const char *text = NULL, *rest = NULL;

    return tls_policy_find(&scheduler->tables, destination, &text) == TABLE_FOUND &&
           (tables_get(&scheduler->tables, TABLE_TLS_POLICY, "*", &rest) !=
                TABLE_FOUND ||
            rest != text);
}

/* A password goes to whom it is meant for: a host that no row of tls_policy names must
 * show a certificate for the name that the administrator wrote (of a domain's
 * exchangers: for one below it). What the message demands stays. */
static void raise_policy(const char *destination, int is_route, stralloc *policy)
{
    policy->len = tls_policy_demand_length(policy->s);
    text_add_string(policy, tls_level_names[TLS_VERIFY]);
    add_own_names(policy, destination);
    if (is_route) {
        const char *comma = memchr(policy->s, ',', policy->len);
        policy->len = comma ? (size_t)(comma - policy->s) : policy->len;
    }
    text_string(policy);
}

/* Sets AUTH to the key of the destination's password, and raises POLICY where there is
 * one; else AUTH is empty. 0, or -1 where the tables can't be read. */
static int find_password(struct scheduler *scheduler, const char *destination,
                         int is_route, unsigned port, stralloc *auth, stralloc *policy)
{
    switch (relay_password_find(&scheduler->tables, destination, port, auth)) {
    case TABLE_FOUND:
        if (!is_named(scheduler, destination)) {
            raise_policy(destination, is_route, policy);
        }
        return 0;
    case TABLE_ABSENT:
        text_set_string(auth, "");
        text_string(auth);
        return 0;
    default:
        return -1;
    }
}

static void set_port(struct lookup_waiter *waiter, const char *route)
{
    unsigned long port = strtoul(route + strcspn(route, " "), NULL, 10);

    if (port > 0) {
        waiter->port = port > 65535 ? 65536 : (unsigned)port;
    }
}

/* ROUTE: the row's value, or NULL. */
static void route_along(struct scheduler *scheduler, const char *route,
                        const char *domain, struct lookup_waiter *waiter)
{
    stralloc destination = STRALLOC_ZERO;
    stralloc policy = STRALLOC_ZERO;
    stralloc auth = STRALLOC_ZERO;

    name_destination(&destination, route, domain);
    if (route) {
        set_port(waiter, route);
    }
    if (find_policy(scheduler, &waiter->message->file.envelope, destination.s,
                    &policy) < 0 ||
        find_password(scheduler, destination.s, route != NULL, waiter->port, &auth,
                      &policy) < 0) {
        attempt_fail(scheduler, waiter->message, waiter->index, 'Z', "4.3.5",
                     "the tables can't be read");
    } else {
        waiter->policy = policy.s;
        waiter->auth = auth.s;
        if (route) {
            follow_route(scheduler, route, waiter);
        } else if (domain[0] == '[') {
            send_to_literal(scheduler, domain, 0, waiter);
        } else {
            lookup_ask(scheduler, "mx", domain, waiter);
        }
    }
    text_free(&destination);
    text_free(&policy);
    text_free(&auth);
}

static void route_remote(struct scheduler *scheduler, struct message *message,
                         size_t index)
{
    const char *domain = address_domain(message_recipient(message, index)->address);
    struct lookup_waiter waiter = {.message = message,
                                   .index = index,
                                   .port = (unsigned)scheduler->settings.remote_port};
    const char *route = NULL;

    if (!domain) {
        attempt_fail(scheduler, message, index, 'D', "5.1.3", "address without domain");
        return;
    }
    if (recipient_find_route(&scheduler->tables, domain, &route) == TABLE_ERROR) {
        attempt_fail(scheduler, message, index, 'Z', "4.3.5",
                     "the tables can't be read");
        return;
    }
    route_along(scheduler, route, domain, &waiter);
}

static void route_recipient(struct scheduler *scheduler, struct message *message,
                            size_t index)
{
    const struct envelope_recipient *recipient = message_recipient(message, index);
    struct recipient_route route;

    switch (recipient_resolve(&scheduler->tables, recipient->address,
                              (recipient->flags & RECIPIENT_EXPANDED) != 0, &route)) {
    case RECIPIENT_MAILBOX:
        local_add(scheduler, message, index, &route);
        break;
    case RECIPIENT_ALIAS:
        notice_forward(scheduler, message, index);
        break;
    case RECIPIENT_REMOTE:
        route_remote(scheduler, message, index);
        break;
    case RECIPIENT_UNKNOWN:
        attempt_fail(scheduler, message, index, 'D', "5.1.1", "no such user here");
        break;
    default:
        attempt_fail(scheduler, message, index, 'Z', "4.3.5",
                     "the tables can't be read");
    }
}

void route_message(struct scheduler *scheduler, struct message *message)
{
    size_t i;

    message->references = 1;
    for (i = 0; i < message->file.envelope.recipient_count; i++) {
        if (message_is_todo(message, i)) {
            route_recipient(scheduler, message, i);
        }
    }
    attempt_release(scheduler, message);
}

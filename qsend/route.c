#include "route.h"

#include "address.h"
#include "attempt.h"
#include "destination.h"
#include "local.h"
#include "netaddress.h"
#include "notice.h"
#include "scheduler.h"
#include "text.h"

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
    struct lookup_host host = {0, NULL, ip};
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

/* ROUTE is "HOST PORT" of the table; port 0: the usual one. */
static void follow_route(struct scheduler *scheduler, const char *route,
                         struct lookup_waiter *waiter)
{
    char host[NAME_MAX_LEN + 1];
    size_t len = strcspn(route, " ");
    unsigned long port = strtoul(route + len, NULL, 10);

    if (len > NAME_MAX_LEN || port > 65535) {
        attempt_fail(scheduler, waiter->message, waiter->index, 'Z', "4.3.5",
                     "faulty route");
        return;
    }
    memcpy(host, route, len);
    host[len] = '\0';
    if (port > 0) {
        waiter->port = (unsigned)port;
    }
    if (host[0] == '[') {
        send_to_literal(scheduler, host, 1, waiter);
    } else {
        lookup_ask(scheduler, "host", host, waiter);
    }
}

static void route_remote(struct scheduler *scheduler, struct message *message,
                         size_t index)
{
    const char *domain = address_domain(message_recipient(message, index)->address);
    struct lookup_waiter waiter = {.message = message,
                                   .index = index,
                                   .port = (unsigned)scheduler->settings.remote_port};
    const char *route;

    if (!domain) {
        attempt_fail(scheduler, message, index, 'D', "5.1.3", "address without domain");
        return;
    }
    switch (recipient_find_route(&scheduler->tables, domain, &route)) {
    case TABLE_FOUND:
        follow_route(scheduler, route, &waiter);
        break;
    case TABLE_ABSENT:
        if (domain[0] == '[') {
            send_to_literal(scheduler, domain, 0, &waiter);
        } else {
            lookup_ask(scheduler, "mx", domain, &waiter);
        }
        break;
    default:
        attempt_fail(scheduler, message, index, 'Z', "4.3.5",
                     "the tables can't be read");
    }
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

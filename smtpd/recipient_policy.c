#include "recipient_policy.h"

#include "address.h"
#include "client_policy.h"
#include "recipient.h"
#include "text.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* 1 where DOMAIN is the literal of the address on which the client called. */
static int is_own_literal(const struct session *session, const char *domain)
{
    static const char tag[] = "IPv6:";
    char text[NET_ADDRESS_TEXT_SIZE];
    size_t len = strcspn(domain + 1, "]");
    struct net_address address;

    if (session->local.family == 0 || domain[0] != '[' || len >= sizeof text) {
        return 0;
    }
    memcpy(text, domain + 1, len);
    text[len] = 0;
    if (net_address_parse(strncasecmp(text, tag, 5) == 0 ? text + 5 : text, &address) <
        0) {
        return 0;
    }
    return address.family == session->local.family &&
           memcmp(address.bytes, session->local.bytes,
                  address.family == AF_INET ? 4 : 16) == 0;
}

struct reply recipient_policy_literal(struct session *session, stralloc *address)
{
    const char *domain = address_domain(text_string(address));

    if (domain && is_own_literal(session, domain)) {
        address->len = (size_t)(domain - address->s);
        text_add_string(address, setting_default_domain(&session->tables));
        text_string(address);
    }
    return reply_none();
}

struct reply recipient_policy_access(struct session *session, stralloc *address)
{
    return client_policy_reply(
        access_find_party(&session->tables, "to", text_string(address)));
}

static struct reply refuse_relaying(const struct session *session)
{
    if (session->is_host_doubtful) {
        return reply_make(451, "4.4.3", "your host's name can't be looked up now");
    }
    return reply_make(550, "5.7.1", "no mail for this domain is taken here");
}

struct reply recipient_policy_route(struct session *session, stralloc *address)
{
    struct recipient_route route;

    switch (recipient_resolve(&session->tables, text_string(address), 0, &route)) {
    case RECIPIENT_MAILBOX:
    case RECIPIENT_ALIAS:
        return reply_none();
    case RECIPIENT_REMOTE:
        return session->may_relay ? reply_none() : refuse_relaying(session);
    case RECIPIENT_UNKNOWN:
        return reply_make(550, "5.1.1", "no such user here");
    default:
        return reply_make(451, "4.3.0", "tables can't be read at the moment");
    }
}

#include "client_policy.h"

#include "hostname.h"
#include "text.h"

#include <stdlib.h>

struct reply client_policy_reply(struct access_answer answer)
{
    switch (answer.action) {
    case ACCESS_REFUSE:
        return reply_make(550, "5.7.1", *answer.text ? answer.text : "refused");
    case ACCESS_DEFER:
        return reply_make(450, "4.7.1", *answer.text ? answer.text : "try again later");
    case ACCESS_ERROR:
        return reply_make(451, "4.3.0", "tables can't be read at the moment");
    default:
        return reply_none();
    }
}

/* The row for the peer's name. */
static struct access_answer find_by_name(struct session *session)
{
    const char *server = setting_text(&session->tables, SET_dns_server);

    switch (hostname_find(&session->peer, server, &session->peer_host)) {
    case HOSTNAME_FOUND:
        return access_find_host(&session->tables, text_string(&session->peer_host));
    case HOSTNAME_TEMPORARY:
        session->is_host_doubtful = 1;
        break;
    default:
        break;
    }
    return (struct access_answer){ACCESS_NONE, ""};
}

struct reply client_policy_connect(struct session *session, stralloc *address)
{
    const char *networks = setting_text(&session->tables, SET_relay_networks);
    struct access_answer answer = access_find_network(&session->tables, &session->peer);

    (void)address;
    if (answer.action == ACCESS_NONE && session->peer.family != 0 &&
        access_has_hosts(&session->tables)) {
        answer = find_by_name(session);
    }
    /* Whoever submits has to log in, from wherever it is. */
    session->may_relay = !session->is_submission &&
                         (answer.action == ACCESS_RELAY || getenv("RELAYCLIENT") ||
                          (session->peer.family != 0 &&
                           net_address_in_list(&session->peer, networks) == 1));
    switch (answer.action) {
    case ACCESS_REFUSE:
        return reply_make(554, "5.7.1", *answer.text ? answer.text : "refused");
    case ACCESS_DEFER:
        return reply_close(421, "4.7.1",
                           *answer.text ? answer.text : "try again later");
    case ACCESS_ERROR:
        return reply_close(421, "4.3.0", "tables can't be read at the moment");
    default:
        return reply_none();
    }
}

struct reply client_policy_sender(struct session *session, stralloc *address)
{
    return client_policy_reply(
        access_find_party(&session->tables, "from", text_string(address)));
}

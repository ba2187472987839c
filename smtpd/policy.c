#include "policy.h"

#include "authentication.h"
#include "client_policy.h"
#include "limit_policy.h"
#include "recipient_policy.h"
#include "submission_policy.h"

#include <stddef.h>

struct policy {
    enum event event;
    struct reply (*decide)(struct session *session, stralloc *address);
};

static const struct policy policies[] = {
    {EVENT_CONNECT, client_policy_connect}, {EVENT_AUTH, authentication_policy},
    {EVENT_MAIL, submission_policy_login},  {EVENT_MAIL, limit_policy_size},
    {EVENT_MAIL, limit_policy_space},       {EVENT_MAIL, client_policy_sender},
    {EVENT_MAIL, submission_policy_sender}, {EVENT_MAIL, submission_policy_allowance},
    {EVENT_RCPT, limit_policy_recipients},  {EVENT_RCPT, recipient_policy_literal},
    {EVENT_RCPT, recipient_policy_access},  {EVENT_RCPT, recipient_policy_route},
    {EVENT_DATA, limit_policy_space},       {EVENT_DATA, submission_policy_count},
    {EVENT_MESSAGE, limit_policy_message},  {EVENT_MESSAGE, submission_policy_header},
};

struct reply policy_ask(struct session *session, enum event event, stralloc *address)
{
    struct reply reply = reply_none();
    size_t i;

    for (i = 0; i < sizeof policies / sizeof *policies && reply.code == 0; i++) {
        if (policies[i].event == event) {
            reply = policies[i].decide(session, address);
        }
    }
    return reply;
}

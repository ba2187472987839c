#include "limit_policy.h"

struct reply limit_policy_size(struct session *session, stralloc *address)
{
    (void)address;
    if (session->transaction.announced_size > session->limits.size) {
        return reply_make(552, "5.3.4", "message is larger than the limit");
    }
    return reply_none();
}

struct reply limit_policy_space(struct session *session, stralloc *address)
{
    long long space = queue_free_space();
    unsigned long long need =
        session->limits.free_space + session->transaction.announced_size;

    (void)address;
    if (space < 0) {
        return reply_make(451, "4.3.0", "the queue can't be used at the moment");
    }
    if ((unsigned long long)space < need) {
        return reply_make(452, "4.3.1", "not enough space on the disk");
    }
    return reply_none();
}

struct reply limit_policy_recipients(struct session *session, stralloc *address)
{
    (void)address;
    if (session->envelope.recipient_count >= session->limits.recipients) {
        return reply_make(452, "4.5.3", "too many recipients");
    }
    return reply_none();
}

struct reply limit_policy_message(struct session *session, stralloc *address)
{
    const struct data_parser *data = &session->transaction.data;
    int is_repaired = session->limits.is_repairing && session->may_relay;

    (void)address;
    if (session->transaction.is_over_size) {
        return reply_make(552, "5.3.4", "message is larger than the limit");
    }
    if (data->faults & DATA_BARE_FAULTS && !is_repaired) {
        return reply_make(550, "5.6.0",
                          data->faults & DATA_NUL ? "message has a NUL in it"
                          : data->faults & DATA_BARE_LF
                              ? "message has a bare LF in it"
                              : "message has a bare CR in it");
    }
    if (data->faults & DATA_LONG_LINE) {
        return reply_make(550, "5.6.0", "message has a line longer than the limit");
    }
    if (data->hops > session->limits.hops) {
        return reply_make(554, "5.4.6", "too many Received lines: a mail loop");
    }
    return reply_none();
}

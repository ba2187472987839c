#include "header_hold.h"

#include "../qinject/addresslist.h"
#include "address.h"
#include "sender.h"
#include "text.h"

#include <string.h>

/* Bytes of an address that are repeated in a reply. */
#define SHOWN_MAX 100

size_t header_hold_take(struct header_hold *hold, const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len && !hold->is_whole) {
        const char *lf = memchr(bytes + at, '\n', len - at);
        size_t part = lf ? (size_t)(lf - bytes) + 1 - at : len - at;

        hold->taken += part;
        if (hold->taken > HEADER_HOLD_MAX) {
            hold->fault = reply_make(552, "5.3.4", "the message's header is too long");
            hold->is_whole = 1;
            return len;
        }
        text_add_bytes(&hold->line, bytes + at, part);
        at += part;
        if (lf) {
            hold->is_whole =
                !draft_take_line(&hold->draft, hold->line.s, hold->line.len);
            text_clear(&hold->line);
        }
    }
    if (hold->is_whole) {
        draft_end(&hold->draft);
    }
    return at;
}

void header_hold_end(struct header_hold *hold)
{
    if (!hold->is_whole) {
        hold->is_whole = 1;
        draft_end(&hold->draft);
    }
}

/* One field's addresses. */
struct judgement {
    struct header_hold *hold;
    const struct tables *tables;
    const char *user;
    size_t count;
};

/* What the header says, on one line and not too long. */
static void show(stralloc *out, const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len && i < SHOWN_MAX; i++) {
        text_add_byte(out, bytes[i] == '\n' || bytes[i] == '\t' ? ' ' : bytes[i]);
    }
}

static void refuse(struct header_hold *hold)
{
    hold->fault = reply_make(550, "5.7.1", text_string(&hold->reason));
}

static void judge_address(const char *bytes, size_t len, void *data)
{
    struct judgement *judgement = data;
    struct header_hold *hold = judgement->hold;
    stralloc address = STRALLOC_ZERO;
    int may = 0;

    judgement->count++;
    if (hold->fault.code) {
        return;
    }
    if (++hold->judged > HEADER_HOLD_ADDRESSES) {
        hold->fault = reply_make(550, "5.7.1", "the header names too many senders");
        return;
    }
    text_clear(&hold->reason);
    if (address_parse(bytes, len, ADDRESS_MAY_BE_UTF8, &address) == ADDRESS_OK) {
        may = sender_may_use(judgement->tables, judgement->user, text_string(&address));
        text_add_format(&hold->reason,
                        "%s may not send as whom the header names: ", judgement->user);
    } else {
        text_add_string(&hold->reason,
                        "the header names a sender who has no address: ");
    }
    show(&hold->reason, bytes, len);
    if (may < 0) {
        hold->fault = reply_make(451, "4.3.0", "tables can't be read at the moment");
    } else if (!may) {
        refuse(hold);
    }
    text_free(&address);
}

void header_hold_judge(struct header_hold *hold, const struct tables *tables,
                       const char *user)
{
    const stralloc *authors = &hold->draft.authors;
    size_t at = 0;

    if (hold->draft.from_count > 1 && hold->fault.code == 0) {
        hold->fault = reply_make(550, "5.7.1", "the header has more than one From");
    }
    while (at < authors->len && hold->fault.code == 0) {
        struct judgement judgement = {.hold = hold, .tables = tables, .user = user};
        size_t len = strlen(authors->s + at);

        addresslist_each_claim(authors->s + at, len, judge_address, &judgement);
        if (judgement.count == 0) {
            hold->fault =
                reply_make(550, "5.7.1", "a From or Sender in the header is empty");
        }
        at += len + 1;
    }
}

void header_hold_reset(struct header_hold *hold)
{
    draft_free(&hold->draft);
    text_free(&hold->line);
    text_free(&hold->reason);
    memset(hold, 0, sizeof *hold);
}

#include "maildrop.h"

#include "log.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static void count_all(struct maildrop *maildrop)
{
    size_t i;

    maildrop->left = maildrop->count;
    maildrop->left_size = 0;
    for (i = 0; i < maildrop->count; i++) {
        maildrop->left_size += mailbox_size(maildrop->mailbox, i);
    }
}

enum mailbox_result maildrop_open(struct maildrop *out, const char *name)
{
    enum mailbox_result result = mailbox_open(&out->mailbox, name);

    if (result != MAILBOX_OK) {
        return result;
    }
    out->count = mailbox_count(out->mailbox);
    out->marks = memory_get(out->count + 1);
    memset(out->marks, 0, out->count + 1);
    count_all(out);
    return MAILBOX_OK;
}

void maildrop_close(struct maildrop *maildrop)
{
    mailbox_close(maildrop->mailbox);
    free(maildrop->marks);
    memset(maildrop, 0, sizeof *maildrop);
}

int maildrop_has(const struct maildrop *maildrop, unsigned long long number)
{
    return number >= 1 && number <= maildrop->count &&
           !(maildrop->marks[number - 1] & MAILDROP_DELETED);
}

const char *maildrop_id(const struct maildrop *maildrop, size_t number)
{
    return mailbox_item(maildrop->mailbox, number - 1)->id;
}

uint64_t maildrop_size(const struct maildrop *maildrop, size_t number)
{
    return mailbox_size(maildrop->mailbox, number - 1);
}

void maildrop_delete(struct maildrop *maildrop, size_t number)
{
    maildrop->marks[number - 1] |= MAILDROP_DELETED;
    maildrop->left--;
    maildrop->left_size -= maildrop_size(maildrop, number);
}

void maildrop_reset(struct maildrop *maildrop)
{
    size_t i;

    for (i = 0; i < maildrop->count; i++) {
        maildrop->marks[i] &= (unsigned char)~MAILDROP_DELETED;
    }
    count_all(maildrop);
}

static int remove_one(struct maildrop *maildrop, size_t index)
{
    enum mailbox_result result = mailbox_remove(maildrop->mailbox, index);

    if (result == MAILBOX_OK || result == MAILBOX_ABSENT) {
        return 0;
    }
    log_failure("trouble", "with", "removing", "message",
                mailbox_item(maildrop->mailbox, index)->id, (char *)0);
    return -1;
}

struct maildrop_update maildrop_update(struct maildrop *maildrop)
{
    struct maildrop_update update = {0, 0};
    size_t i;

    for (i = 0; i < maildrop->count; i++) {
        if (!(maildrop->marks[i] & MAILDROP_DELETED)) {
            if (maildrop->marks[i] & MAILDROP_RETRIEVED) {
                mailbox_mark_seen(maildrop->mailbox, i);
            }
        } else if (remove_one(maildrop, i) == 0) {
            update.deleted++;
        } else {
            update.failed++;
        }
    }
    if (update.deleted > 0 && mailbox_sync(maildrop->mailbox) != MAILBOX_OK) {
        log_failure("trouble", "with", "syncing the mailbox", (char *)0);
        update.failed += update.deleted;
        update.deleted = 0;
    }
    return update;
}

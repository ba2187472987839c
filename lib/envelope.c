#include "queuefile.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static void free_recipients(struct envelope *envelope)
{
    size_t i;

    for (i = 0; i < envelope->recipient_count; i++) {
        free(envelope->recipients[i].address);
        free(envelope->recipients[i].orcpt);
    }
    envelope->recipient_count = 0;
}

void envelope_clear(struct envelope *envelope)
{
    free_recipients(envelope);
    envelope->arrival = 0;
    envelope->flags = 0;
    envelope->parent[0] = '\0';
    envelope->kind = '\0';
    text_clear(&envelope->brought_by);
    text_clear(&envelope->envid);
    text_clear(&envelope->sender);
    text_clear(&envelope->covered);
}

void envelope_free(struct envelope *envelope)
{
    free_recipients(envelope);
    free(envelope->recipients);
    text_free(&envelope->brought_by);
    text_free(&envelope->envid);
    text_free(&envelope->sender);
    text_free(&envelope->covered);
    *envelope = (struct envelope){0};
}

void envelope_add_recipient(struct envelope *envelope, const char *address,
                            unsigned notify, const char *orcpt, unsigned flags)
{
    struct envelope_recipient *recipient;

    if (envelope->recipient_count == envelope->recipient_room) {
        envelope->recipient_room += envelope->recipient_room / 2 + 4;
        envelope->recipients = memory_resize(
            envelope->recipients, envelope->recipient_room * sizeof *recipient);
    }
    recipient = &envelope->recipients[envelope->recipient_count++];
    *recipient =
        (struct envelope_recipient){.address = memory_copy_string(address),
                                    .orcpt = memory_copy_string(orcpt ? orcpt : ""),
                                    .notify = notify,
                                    .flags = flags,
                                    .state = STATE_TODO};
}

#include "delivery.h"

#include "header.h"
#include "log.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDEX_MAX 1000000
/* Loops are looked for in so much of a message's header section. */

static int parse_recipient(struct delivery *delivery, struct packet *packet,
                           long long index)
{
    const char *mailbox = packet_next(packet);
    const char *delivered_to = mailbox ? packet_next(packet) : NULL;
    long long bytes = delivered_to ? packet_next_number(packet, 1LL << 60) : -1;
    long long count = bytes < 0 ? -1 : packet_next_number(packet, 1LL << 60);
    size_t i = delivery->count;

    if (count < 0) {
        return -1;
    }
    delivery->recipients =
        memory_resize(delivery->recipients, (i + 1) * sizeof *delivery->recipients);
    delivery->targets =
        memory_resize(delivery->targets, (i + 1) * sizeof *delivery->targets);
    delivery->recipients[i] =
        (struct delivery_recipient){.index = index,
                                    .target = i,
                                    .mailbox = memory_copy_string(mailbox),
                                    .delivered_to = memory_copy_string(delivered_to)};
    delivery->targets[i] =
        (struct mailbox_target){.name = delivery->recipients[i].mailbox,
                                .quota_bytes = (unsigned long long)bytes,
                                .quota_count = (unsigned long long)count,
                                .result = MAILBOX_TEMPORARY};
    delivery->count++;
    return 0;
}

int delivery_parse(struct delivery *delivery, struct packet *packet, int fd)
{
    const char *verb = packet_next(packet);
    long long number = packet_next_number(packet, 1LL << 60);
    const char *name = packet_next(packet);

    *delivery = (struct delivery){.fd = fd, .number = number};
    if (fd < 0 || !verb || strcmp(verb, "job") != 0 || number < 0 || !name) {
        delivery_free(delivery);
        return -1;
    }
    delivery->name = memory_copy_string(name);
    while (packet->next < packet->bytes.len) {
        long long index = packet_next_number(packet, INDEX_MAX);
        if (index < 0 || parse_recipient(delivery, packet, index) < 0) {
            delivery_free(delivery);
            return -1;
        }
    }
    return 0;
}

void delivery_free(struct delivery *delivery)
{
    size_t i;

    for (i = 0; i < delivery->count; i++) {
        free(delivery->recipients[i].mailbox);
        free(delivery->recipients[i].delivered_to);
    }
    free(delivery->recipients);
    free(delivery->targets);
    free(delivery->name);
    if (delivery->fd >= 0) {
        close(delivery->fd);
    }
    queue_file_free(&delivery->file);
    *delivery = (struct delivery){.fd = -1};
}

static int has_delivered_to(const stralloc *header, const char *address)
{
    size_t at = 0, len;

    while ((len = header_field_length(header->s + at, header->len - at)) > 0) {
        const char *value;
        size_t value_len;
        if (header_field_is(header->s + at, len, "Delivered-To", &value, &value_len)) {
            while (value_len > 0 && strchr(" \t\n", value[value_len - 1])) {
                value_len--;
            }
            while (value_len > 0 && strchr(" \t\n", *value)) {
                value++;
                value_len--;
            }
            if (text_equal_nocase(value, value_len, address, strlen(address))) {
                return 1;
            }
        }
        at += len;
    }
    return 0;
}

/* The message as it goes into a mailbox: without a Return-Path at its top, which an
 * earlier final delivery left (RFC 5321 section 4.4). */
struct reader {
    struct queue_body body;
    size_t skip;
};

static ssize_t read_body(void *data, char *buffer, size_t size)
{
    struct reader *reader = data;

    for (;;) {
        ssize_t got = queue_body_read(&reader->body, buffer, size);
        size_t kept;
        if (got <= 0 || reader->skip == 0) {
            return got;
        }
        if ((size_t)got <= reader->skip) {
            reader->skip -= (size_t)got;
            continue;
        }
        kept = (size_t)got - reader->skip;
        memmove(buffer, buffer + reader->skip, kept);
        reader->skip = 0;
        return (ssize_t)kept;
    }
}

static size_t old_return_path(const stralloc *header)
{
    size_t len = header_field_length(header->s, header->len);
    const char *value;
    size_t value_len;

    return len > 0 && header_field_is(header->s, len, "Return-Path", &value, &value_len)
               ? len
               : 0;
}

/* Adds the group of recipients from FIRST on that share a Delivered-To line. */
static size_t add_group(struct delivery *delivery, struct mailbox_batch *batch,
                        size_t first, const stralloc *header)
{
    const char *delivered_to = delivery->recipients[first].delivered_to;
    struct reader reader = {.skip = old_return_path(header)};
    stralloc head = STRALLOC_ZERO;
    size_t end = first;

    while (end < delivery->count &&
           strcmp(delivery->recipients[end].delivered_to, delivered_to) == 0) {
        end++;
    }
    if (*delivered_to && has_delivered_to(header, delivered_to)) {
        for (; first < end; first++) {
            delivery->recipients[first].is_loop = 1;
        }
        return end;
    }
    text_add_string(&head, "Return-Path: <");
    text_add_bytes(&head, delivery->file.envelope.sender.s,
                   delivery->file.envelope.sender.len);
    text_add_string(&head, ">\n");
    if (*delivered_to) {
        text_add_format(&head, "Delivered-To: %s\n", delivered_to);
    }
    queue_body_open(&reader.body, delivery->fd, &delivery->file);
    mailbox_batch_add(
        batch,
        &(struct mailbox_content){
            .head = head.s, .head_len = head.len, .read = read_body, .data = &reader},
        delivery->targets + first, end - first);
    delivery->copies++;
    text_free(&head);
    return end;
}

static int compare_recipients(const void *a, const void *b)
{
    const struct delivery_recipient *one = a;
    const struct delivery_recipient *two = b;
    int order = strcmp(one->delivered_to, two->delivered_to);

    if (order == 0) {
        return one->index < two->index ? -1 : one->index > two->index;
    }
    return order;
}

/* Brings recipients of one Delivered-To together, and their targets into that order. */
static void sort_recipients(struct delivery *delivery)
{
    struct mailbox_target *sorted = memory_get(delivery->count * sizeof *sorted);
    size_t i;

    qsort(delivery->recipients, delivery->count, sizeof *delivery->recipients,
          compare_recipients);
    for (i = 0; i < delivery->count; i++) {
        sorted[i] = delivery->targets[delivery->recipients[i].target];
        delivery->recipients[i].target = i;
    }
    free(delivery->targets);
    delivery->targets = sorted;
}

void delivery_add(struct delivery *delivery, struct mailbox_batch *batch)
{
    stralloc header = STRALLOC_ZERO;
    size_t first = 0;

    delivery->read_result = queue_read(delivery->fd, &delivery->file);
    if (delivery->read_result == QUEUE_CORRUPT) {
        errno = EILSEQ;
    }
    if (delivery->read_result == QUEUE_OK &&
        queue_read_header(delivery->fd, &delivery->file, &header) < 0) {
        delivery->read_result = errno == EILSEQ ? QUEUE_CORRUPT : QUEUE_TEMPORARY;
    }
    if (delivery->read_result == QUEUE_OK) {
        sort_recipients(delivery);
        while (first < delivery->count) {
            first = add_group(delivery, batch, first, &header);
        }
    } else {
        log_failure("read", "id", delivery->name, (char *)0);
    }
    text_free(&header);
}

static const struct answer {
    const char *status, *enhanced, *text;
} answers[] =
    {
        [MAILBOX_OK] = {"K", "2.1.5", "delivered"},
        [MAILBOX_ABSENT] = {"Z", "4.2.0", "the mailbox went away"},
        [MAILBOX_OVER_QUOTA] = {"Z", "4.2.2", "the mailbox is full"},
        [MAILBOX_FULL_DISK] = {"Z", "4.3.1", "the disk is full"},
        [MAILBOX_TEMPORARY] = {"Z", "4.3.0",
                               "trouble with the mailbox or the queue file"},
},
  damaged = {"C", "4.3.0", "the message is damaged"};

/* What qsend's line does not tell: the system's error. EILSEQ: the message is damaged.
 */
static void log_trouble(const struct delivery *delivery,
                        const struct mailbox_target *target)
{
    if ((target->result == MAILBOX_TEMPORARY || target->result == MAILBOX_FULL_DISK) &&
        target->errnum) {
        errno = target->errnum;
        log_failure(errno == EILSEQ ? "damaged" : "deliver", "id", delivery->name,
                    "mailbox", target->name, (char *)0);
    }
}

static struct answer choose_answer(const struct delivery *delivery,
                                   const struct delivery_recipient *recipient)
{
    const struct mailbox_target *target = &delivery->targets[recipient->target];

    if (recipient->is_loop) {
        return (struct answer){"D", "5.4.6",
                               "mail loop: it was delivered to this address before"};
    }
    if (delivery->read_result == QUEUE_CORRUPT ||
        (target->result == MAILBOX_TEMPORARY && target->errnum == EILSEQ)) {
        return damaged;
    }
    return answers[target->result];
}

static void begin_result(struct packet *packet, long long number)
{
    packet_clear(packet);
    packet_add(packet, "result");
    packet_add_number(packet, number);
}

int delivery_answer(struct delivery *delivery, struct packet *packet)
{
    size_t i;

    begin_result(packet, delivery->number);
    for (i = 0; i < delivery->count; i++) {
        const struct delivery_recipient *recipient = &delivery->recipients[i];
        struct answer answer = choose_answer(delivery, recipient);
        log_trouble(delivery, &delivery->targets[recipient->target]);
        packet_add_number(packet, recipient->index);
        packet_add(packet, answer.status);
        packet_add(packet, answer.enhanced);
        packet_add(packet, "");
        packet_add(packet, answer.text);
        if (packet->bytes.len > PACKET_MAX - 512 && i + 1 < delivery->count) {
            if (packet_send_wait(0, packet) < 0) {
                return -1;
            }
            begin_result(packet, delivery->number);
        }
    }
    return packet_send_wait(0, packet);
}

/* One job of qlocal: a message and the mailboxes that it goes to. */
#ifndef QLOCAL_DELIVERY_H
#define QLOCAL_DELIVERY_H

#include "mailbox.h"
#include "packet.h"
#include "queuefile.h"

struct delivery_recipient {
    long long index; /* in the queue file */
    size_t target;   /* in targets */
    char *mailbox;
    char *delivered_to; /* "" where no such line is due */
    int is_loop;        /* the message has that Delivered-To already */
};

struct delivery {
    long long number; /* qsend's for the job */
    char *name;       /* the message's, for the log */
    int fd;           /* of the queue file */
    struct queue_file file;
    enum queue_result read_result;
    struct delivery_recipient *recipients;
    struct mailbox_target *targets; /* one a recipient, in groups of one Delivered-To */
    size_t count;
    unsigned copies; /* files that it became, one for each Delivered-To */
};

/* Takes a packet "job" apart; DELIVERY is overwritten and FD is its own from now on. 0,
 * or -1 where the packet is not one (FD is closed then). */
int delivery_parse(struct delivery *delivery, struct packet *packet, int fd);
/* Reads the message and adds it to the batch: once for each Delivered-To that differs.
 */
void delivery_add(struct delivery *delivery, struct mailbox_batch *batch);
/* After the commit: sends the results, by way of PACKET. 0, or -1 with errno. */
int delivery_answer(struct delivery *delivery, struct packet *packet);
void delivery_free(struct delivery *delivery);

#endif

/* The pool of qnotify: forwards, bounces, delay warnings and success DSNs. */
#ifndef QSEND_NOTICE_H
#define QSEND_NOTICE_H

#include "message.h"
#include "pool.h"

void notice_open(struct scheduler *scheduler);
/* Asks for the forward of an alias. */
void notice_forward(struct scheduler *scheduler, struct message *message, size_t index);
/* At the end of an attempt: asks for what the sender is to be told, and marks those
 * failures of which nothing is to be told. Each job holds a reference. */
void notice_queue_all(struct scheduler *scheduler, struct message *message, time_t now);

#endif

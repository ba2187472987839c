/* An attempt at a message, from the first job to its end: the file removed, or
 * deferred to the wheel. Failures are held until all recipients have had their
 * turn; then bounces, warnings and DSNs are asked of qnotify; then the end. */
#ifndef QSEND_ATTEMPT_H
#define QSEND_ATTEMPT_H

#include "message.h"

struct scheduler;

/* Gives one reference back; with the last one the attempt goes on to its notices,
 * and then to its end, where MESSAGE is freed. */
void attempt_release(struct scheduler *scheduler, struct message *message);
/* Takes one recipient's result down: outcome, state, log. STATUS as in packets, or
 * L: delivered here. PARTS: enhanced code, host, text. */
void attempt_result(struct scheduler *scheduler, struct message *message, size_t index,
                    char status, const char *const parts[4]);
/* The same for a recipient that could not be tried. */
void attempt_fail(struct scheduler *scheduler, struct message *message, size_t index,
                  char status, const char *enhanced, const char *text);
/* 1 where MESSAGE is too old to be tried again. */
int attempt_is_expired(const struct scheduler *scheduler, const struct message *message,
                       time_t now);

#endif

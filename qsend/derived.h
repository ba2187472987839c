/* Derived messages in new/ of which qnotify has not told: left by a crash between
 * its steps. Before one is taken over, its parent must know of it. */
#ifndef QSEND_DERIVED_H
#define QSEND_DERIVED_H

#include "queuefile.h"

struct scheduler;

/* At the start, before anything is taken over: settles all that are in new/. -1 where
 * an error of the system left one unsettled, or kept us from seeing all. */
int derived_settle_all(struct scheduler *scheduler);
/* Marks in the parent of new/NAME what it covers, and syncs the parent. 0: it may be
 * taken over; -1: not now. */
int derived_settle(struct scheduler *scheduler, const char *name);
/* 1 where FILE's line P fits NAME. */
int derived_is_consistent(const char *name, const struct envelope *envelope);

#endif

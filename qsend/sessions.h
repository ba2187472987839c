/* How the destinations share concurrency_remote, the sessions that there may be at
 * once. Who finds none free waits in line. While somebody does, a session whose server
 * has been silent from its start for a tenth of a second is not counted until it
 * speaks (concurrency_silent bounds how many), so that any number of dead hosts holds
 * the living ones up for a moment only. Destinations with nothing but old mail
 * that have not answered lately get half of the sessions at most and stand in a line
 * of their own, so that hosts which have been dead for days can't hold all sessions
 * in their timeouts while new mail waits. */
#ifndef QSEND_SESSIONS_H
#define QSEND_SESSIONS_H

#include "loop.h"

#include <stddef.h>

struct scheduler;
struct pool;
struct worker;
struct destination;

enum session_class { SESSION_SURE, SESSION_DOUBTED, SESSION_CLASSES };

struct session_line {
    struct destination *first, *last;
};

struct sessions {
    struct session_line lines[SESSION_CLASSES];
    size_t doubted; /* destinations with a session while in doubt */
    size_t silent;  /* workers that are not counted */
    struct loop_timer patience;
    unsigned char is_patient; /* the timer is set */
};

void session_init(struct scheduler *scheduler);

/* For pool_rules: asked before a session is started; told after one has ended; asked
 * whether others wait for an idle one's place. */
int session_may_start(struct pool *pool);
void session_ended(struct pool *pool);
int session_is_wanted(const struct pool *pool);
/* The worker has a session, or is closed: it is counted again, or no more. */
void session_opened(struct worker *worker);
void session_closed(struct worker *worker);
/* The destination has answered: it is in doubt no more. */
void session_answered(struct destination *destination);
/* Counts no session of DESTINATION that is gone. */
void session_recount(struct destination *destination);
/* Calls as many from the lines as there is room for. */
void session_offer(struct scheduler *scheduler);

#endif

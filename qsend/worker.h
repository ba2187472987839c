/* One worker process, seen through its socket. */
#ifndef QSEND_WORKER_H
#define QSEND_WORKER_H

#include "pool.h"

enum worker_result {
    WORKER_OK,
    WORKER_FULL,  /* its socket takes no more for now */
    WORKER_BUSY,  /* the system lacks something: try again in a second */
    WORKER_FAILED /* the job can't be written */
};

/* Has SPAWNER start its program number PROGRAM. Our end of its socket, or -1 with
 * errno; only our end is non-blocking. */
int worker_spawn(enum spawner spawner, int program);
/* Has the pool's spawner start a worker, and greets it. NULL (logged) where that
 * fails; then a later try may work. */
struct worker *worker_start(struct pool *pool);
/* Closes the socket, takes the worker out of its pool and frees it. Its jobs must
 * have been put elsewhere. */
void worker_close(struct worker *worker);
/* The packet at hand is nonsense (logged): nothing more is read from the worker, and
 * once its handler has returned it is closed as one that has failed. */
void worker_expel(struct worker *worker);
/* Sends a job and lists it as in hand. */
enum worker_result worker_send(struct worker *worker, struct job *job);

#endif

/* A bound on how many passwords are hashed at once on this machine: a hash costs
 * tens of milliseconds and megabytes, and anyone on the network can ask for one. A
 * slot is a byte of run/checkpw.lock under a lock of its open file, twice as many as
 * there are CPUs. */
#ifndef CHECKPW_HASH_SLOT_H
#define CHECKPW_HASH_SLOT_H

#include "clock.h"

#define HASH_SLOT_FREE -1 /* no bound could be had: run/ can't be written */
#define HASH_SLOT_BUSY -2 /* the deadline passed */

/* Waits for a slot in the lock file at PATH: a descriptor, freed by close (or by the
 * end of the process), or one of the values above. */
int hash_slot_take(const char *path, clock_ms deadline);

#endif

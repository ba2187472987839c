/* Sorting by merging: stable, and with fewer comparisons and moves than the C library's
 * qsort makes (musl's takes three times as long for the names of a mailbox). */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Fills ORDER with the numbers 0 to COUNT - 1 in the order of KEYS[number]; where two
 * keys are equal, compare(a, b, data) tells, which is negative where a comes first; of
 * equals there, too, the smaller number does. SCRATCH has room for COUNT numbers. */
void sort_order(uint32_t *order, uint32_t *scratch, size_t count, const uint64_t *keys,
                int (*compare)(uint32_t a, uint32_t b, const void *data),
                const void *data);

#endif

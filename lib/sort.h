/* Sorting by merging: stable, and with fewer comparisons and moves than the C library's
 * qsort makes (musl's takes three times as long for the names of a mailbox). */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Fills ORDER with the numbers 0 to COUNT - 1, ordered by compare(a, b, data), which is
 * negative where a comes first; of equals the smaller number does. SCRATCH has room for
 * COUNT numbers, too. */
void sort_order(uint32_t *order, uint32_t *scratch, size_t count,
                int (*compare)(uint32_t a, uint32_t b, const void *data),
                const void *data);

#endif

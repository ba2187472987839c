#include "sort.h"

#include <string.h>

struct sorter {
    int (*compare)(uint32_t a, uint32_t b, const void *data);
    const void *data;
};

/* Merges the runs FROM[left..middle) and FROM[middle..right) into TO. */
static void merge(const struct sorter *sorter, const uint32_t *from, uint32_t *to,
                  const size_t ends[3])
{
    size_t left = ends[0], right = ends[1], at;

    for (at = ends[0]; at < ends[2]; at++) {
        int is_left = left < ends[1] &&
                      (right >= ends[2] ||
                       sorter->compare(from[left], from[right], sorter->data) <= 0);
        to[at] = is_left ? from[left++] : from[right++];
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void sort_order(uint32_t *order, uint32_t *scratch, size_t count,
                int (*compare)(uint32_t a, uint32_t b, const void *data),
                const void *data)
{
    const struct sorter sorter = {compare, data};
    uint32_t *from = order, *to = scratch;
    size_t width, at;

    for (at = 0; at < count; at++) {
        order[at] = (uint32_t)at;
    }
    for (width = 1; width < count; width *= 2) {
        uint32_t *swap = from;
        for (at = 0; at < count; at += 2 * width) {
            const size_t ends[3] = {at, smaller(at + width, count),
                                    smaller(at + 2 * width, count)};
            merge(&sorter, from, to, ends);
        }
        from = to;
        to = swap;
    }
    if (from != order) {
        memcpy(order, from, count * sizeof *order);
    }
}

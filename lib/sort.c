#include "sort.h"

#include <string.h>

struct sorter {
    const uint64_t *keys;
    int (*compare)(uint32_t a, uint32_t b, const void *data);
    const void *data;
};

static int is_in_order(const struct sorter *sorter, uint32_t a, uint32_t b)
{
    uint64_t left = sorter->keys[a], right = sorter->keys[b];

    if (left == right) {
        return sorter->compare(a, b, sorter->data) <= 0;
    }
    return left < right;
}

/* Merges the runs FROM[ends[0]..ends[1]) and FROM[ends[1]..ends[2]) into TO. Which run
 * is next can't be foreseen, so nothing branches on it but what it takes. */
static void merge(const struct sorter *sorter, const uint32_t *from, uint32_t *to,
                  const size_t ends[3])
{
    size_t left = ends[0], right = ends[1], at = ends[0];

    while (left < ends[1] && right < ends[2]) {
        size_t is_left = (size_t)is_in_order(sorter, from[left], from[right]);
        to[at++] = from[is_left ? left : right];
        left += is_left;
        right += 1 - is_left;
    }
    memcpy(to + at, from + left, (ends[1] - left) * sizeof *to);
    at += ends[1] - left;
    memcpy(to + at, from + right, (ends[2] - right) * sizeof *to);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void sort_order(uint32_t *order, uint32_t *scratch, size_t count, const uint64_t *keys,
                int (*compare)(uint32_t a, uint32_t b, const void *data),
                const void *data)
{
    const struct sorter sorter = {keys, compare, data};
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

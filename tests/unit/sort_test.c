#include "check.h"
#include "sort.h"

#include <stdlib.h>
#include <string.h>

#define MOST 300

/* What is left where the keys, which the values divided by four are, say nothing. */
static int compare(uint32_t a, uint32_t b, const void *data)
{
    const unsigned char *values = data;

    return values[a] % 4 - values[b] % 4;
}

/* Ordered by value, equals by number, each number once. */
static int is_right(const uint32_t *order, const unsigned char *keys, size_t count)
{
    unsigned char seen[MOST] = {0};
    size_t i;

    for (i = 0; i < count; i++) {
        if (order[i] >= count || seen[order[i]]++) {
            return 0;
        }
        if (i > 0 &&
            (keys[order[i - 1]] > keys[order[i]] ||
             (keys[order[i - 1]] == keys[order[i]] && order[i - 1] > order[i]))) {
            return 0;
        }
    }
    return 1;
}

int main(void)
{
    unsigned char values[MOST];
    uint64_t keys[MOST];
    uint32_t order[MOST + 1], scratch[MOST];
    size_t count, i;

    srandom(1);
    for (count = 0; count <= MOST; count++) {
        for (i = 0; i < count; i++) {
            values[i] = (unsigned char)(random() % (count % 2 ? 256 : 7));
            keys[i] = values[i] / 4 + (count % 3 ? 0 : 1ULL << 40);
        }
        order[count] = 12345;
        sort_order(order, scratch, count, keys, compare, values);
        CHECK(is_right(order, values, count));
        CHECK(order[count] == 12345);
    }
    return check_report();
}

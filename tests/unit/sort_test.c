#include "check.h"
#include "sort.h"

#include <stdlib.h>
#include <string.h>

#define MOST 300

static int compare(uint32_t a, uint32_t b, const void *data)
{
    const unsigned char *keys = data;

    return keys[a] - keys[b];
}

/* Ordered by key, equals by number, each number once. */
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
    unsigned char keys[MOST];
    uint32_t order[MOST + 1], scratch[MOST];
    size_t count, i;

    srandom(1);
    for (count = 0; count <= MOST; count++) {
        for (i = 0; i < count; i++) {
            keys[i] = (unsigned char)(random() % (count % 2 ? 256 : 7));
        }
        order[count] = 12345;
        sort_order(order, scratch, count, compare, keys);
        CHECK(is_right(order, keys, count));
        CHECK(order[count] == 12345);
    }
    return check_report();
}

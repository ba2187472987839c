/* A damaged tables.cdb: what is found lies within the map and ends in NUL; all else is
 * absent or an error, and no look-up reads past the map. The input is the file, in one
 * of two forms: first byte even, the bytes after 2048 bytes of header in the short form
 * BUCKET PLACE SLOTS (4 bytes) until a bucket 0xff; odd: the standard tables with bytes
 * changed at PLACE (2 bytes).
 * fuzz-options: -max_len=300 */
#include "address.h"
#include "fuzz.h"
#include "recipient.h"
#include "settings.h"
#include "table.h"
#include "tables.h"

#include <sys/mman.h>

#define MAP_SIZE 8192
#define HEADER_SIZE 2048

/* The end of a page, behind which none is. */
static char *guarded(size_t len)
{
    static char *pages;

    if (!pages) {
        pages = mmap(NULL, MAP_SIZE + 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(pages != MAP_FAILED);
        REQUIRE(mprotect(pages + MAP_SIZE, 4096, PROT_NONE) == 0);
    }
    return pages + MAP_SIZE - len;
}

static size_t make_short(struct fuzz_input *input, char **map)
{
    char header[HEADER_SIZE] = {0};
    unsigned bucket;
    size_t len;

    while (input->left >= 5 && (bucket = fuzz_byte(input)) != 0xff) {
        header[bucket * 8] = (char)fuzz_byte(input);
        header[bucket * 8 + 1] = (char)fuzz_byte(input);
        header[bucket * 8 + 4] = (char)fuzz_byte(input);
        header[bucket * 8 + 7] = (char)fuzz_byte(input);
    }
    len = HEADER_SIZE + input->left;
    *map = guarded(len);
    memcpy(*map, header, sizeof header);
    memcpy(*map + HEADER_SIZE, input->at, input->left);
    return len;
}

static size_t make_changed(struct fuzz_input *input, char **map)
{
    const struct tables *good = table_standard();
    size_t len = good->map.size;

    REQUIRE(len <= MAP_SIZE);
    *map = guarded(len);
    memcpy(*map, good->map.map, len);
    while (input->left >= 3) {
        size_t place = fuzz_byte(input) | fuzz_byte(input) << 8;
        (*map)[place % len] = (char)fuzz_byte(input);
    }
    return len;
}

static void check_value(const struct tables *tables, enum table table, const char *key)
{
    const char *value = NULL;
    enum table_result result = tables_get(tables, table, key, &value);

    if (result == TABLE_FOUND) {
        REQUIRE(value >= tables->map.map && value < tables->map.map + tables->map.size);
        REQUIRE(memchr(value, 0, (size_t)(tables->map.map + tables->map.size - value)));
    }
}

static void ignore(const char *address, void *data)
{
    (void)address;
    (void)data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[] = {"ann@local.example", "all@local.example",
                                            "who+ext@local.example", "postmaster"};
    struct fuzz_input input = fuzz_open(data, size);
    unsigned form = fuzz_byte(&input) & 1;
    char *map;
    size_t len = form ? make_changed(&input, &map) : make_short(&input, &map);
    struct tables tables = {.map = {.map = map, .size = (uint32_t)len}, .is_open = 1};
    struct recipient_route route;
    const char *value;
    size_t i;

    check_value(&tables, TABLE_DOMAINS, "local.example");
    check_value(&tables, TABLE_CONF, "host_name");
    for (i = 0; i < 4; i++) {
        (void)recipient_resolve(&tables, addresses[i], 0, &route);
    }
    (void)recipient_expand(&tables, "all@local.example", ignore, NULL);
    (void)recipient_find_route(&tables, "a.far.example", &value);
    REQUIRE(setting_number(&tables, SET_size_limit) >= 1024);
    REQUIRE(strlen(setting_host_name(&tables)) < 256);
    return 0;
}

#include "table.h"

#include "fuzz.h"

#define BUCKETS 256
#define HEADER_SIZE (BUCKETS * 8)

/* The file being made, and the records' hashes and places. */
struct maker {
    char *bytes;
    size_t len, room;
    uint32_t *hashes, *places;
    size_t count;
};

static void put(struct maker *maker, const void *bytes, size_t len)
{
    if (maker->len + len > maker->room) {
        maker->room = 2 * (maker->len + len);
        maker->bytes = realloc(maker->bytes, maker->room);
    }
    memcpy(maker->bytes + maker->len, bytes, len);
    maker->len += len;
}

static void put_number(struct maker *maker, uint32_t number)
{
    const unsigned char bytes[4] = {(unsigned char)number, (unsigned char)(number >> 8),
                                    (unsigned char)(number >> 16),
                                    (unsigned char)(number >> 24)};

    put(maker, bytes, sizeof bytes);
}

static uint32_t hash(const char *key)
{
    uint32_t h = 5381;

    for (; *key; key++) {
        h = (h + (h << 5)) ^ (unsigned char)*key;
    }
    return h;
}

static void put_pair(struct maker *maker, const struct table_pair *pair)
{
    maker->hashes[maker->count] = hash(pair->key);
    maker->places[maker->count++] = (uint32_t)maker->len;
    put_number(maker, (uint32_t)strlen(pair->key));
    put_number(maker, (uint32_t)strlen(pair->value) + 1);
    put(maker, pair->key, strlen(pair->key));
    put(maker, pair->value, strlen(pair->value) + 1);
}

/* One hash table of so many slots; its place and size go into the header. */
static void put_bucket(struct maker *maker, unsigned bucket, uint32_t slots)
{
    uint32_t place = (uint32_t)maker->len;
    struct maker header = {.bytes = maker->bytes, .len = bucket * 8, .room = ~0UL};
    size_t i;

    put_number(&header, place);
    put_number(&header, slots);
    for (i = 0; i < slots; i++) {
        put(maker, "\0\0\0\0\0\0\0\0", 8);
    }
    for (i = 0; i < maker->count && slots > 0; i++) {
        size_t slot = (maker->hashes[i] >> 8) % slots;
        static const char free_slot[4];
        if (maker->hashes[i] % BUCKETS != bucket) {
            continue;
        }
        while (memcmp(maker->bytes + place + slot * 8 + 4, free_slot, 4) != 0) {
            slot = (slot + 1) % slots;
        }
        header = (struct maker){
            .bytes = maker->bytes, .len = place + slot * 8, .room = ~0UL};
        put_number(&header, maker->hashes[i]);
        put_number(&header, maker->places[i]);
    }
}

void table_make(struct tables *tables, const struct table_pair *pairs, size_t count)
{
    static struct maker maker;
    static const char empty[HEADER_SIZE];
    uint32_t slots[BUCKETS] = {0};
    size_t i;

    maker.len = maker.count = 0;
    maker.hashes = realloc(maker.hashes, (count + 1) * sizeof *maker.hashes);
    maker.places = realloc(maker.places, (count + 1) * sizeof *maker.places);
    put(&maker, empty, HEADER_SIZE);
    for (i = 0; i < count; i++) {
        put_pair(&maker, &pairs[i]);
        slots[maker.hashes[i] % BUCKETS] += 2;
    }
    for (i = 0; i < BUCKETS; i++) {
        put_bucket(&maker, (unsigned)i, slots[i]);
    }
    *tables = (struct tables){.map = {.map = maker.bytes, .size = (uint32_t)maker.len},
                              .is_open = 1};
}

const struct tables *table_standard(void)
{
    static const struct table_pair pairs[] = {
        {"conf:host_name", "mail.local.example"},
        {"conf:default_domain", "local.example"},
        {"conf:postmaster", "ann@local.example"},
        {"conf:size_limit", "1024"},
        {"conf:line_limit", "1000"},
        {"conf:recipients_limit", "100"},
        {"conf:hops_limit", "3"},
        {"conf:vrfy", "1"},
        {"conf:expn", "1"},
        {"conf:queue_lifetime", "432000"},
        {"domains:local.example", "local"},
        {"users:ann@local.example", "local.example/ann 0 0"},
        {"users:bob@local.example", "local.example/bob 1000 10"},
        {"aliases:all@local.example",
         "ann@local.example,bob@local.example,x@far.example"},
        {"aliases:@local.example", "all@local.example"},
        {"access:#lengths", "4/24 6/64"},
        {"access:net:192.0.2.0/24", "relay"},
        {"access:from:bad@far.example", "refuse go away"},
        {"access:to:@later.example", "defer"},
        {"routes:.far.example", "[192.0.2.7] 2525"},
        {"routes:*", "relay.far.example 0"},
    };
    static struct tables tables;
    static char *copy;

    if (!copy) {
        table_make(&tables, pairs, sizeof pairs / sizeof *pairs);
        copy = malloc(tables.map.size);
        memcpy(copy, tables.map.map, tables.map.size);
        tables.map.map = copy;
    }
    return &tables;
}

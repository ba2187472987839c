/* The text files of etc: rows with faults are told in one clean line each; those
 * without become tables in which every look-up has an answer, aliases that lead round
 * in circles too. First byte: which file comes first; the others follow, parted by
 * 0xff. fuzz-options: -max_len=240 -entropic=0 */
#include "../../cdb/crosscheck.h"
#include "../../cdb/source.h"
#include "address.h"
#include "fake.h"
#include "fuzz.h"
#include "recipient.h"
#include "relay_password.h"
#include "settings.h"
#include "table.h"
#include "text.h"

#define PAIRS_MAX 400

static void (*const parsers[SOURCE_COUNT])(struct text_row *row, void *source) = {
    conf_parse,           domains_parse, users_parse,
    aliases_parse,        access_parse,  routes_parse,
    tls_policy_parse_row, senders_parse, relay_passwords_parse,
    passwords_parse};

static void read_file(struct source *source, unsigned which, const char *bytes,
                      size_t len)
{
    static char path[] = "etc/file";
    char *copy = malloc(len + 1);
    struct textfile file = {.path = path, .bytes = copy, .len = len};

    memcpy(copy, bytes, len);
    copy[len] = '\0';
    textfile_each_row(&file, &source->faults, parsers[which], source);
    free(copy);
}

/* Keys and values have no control bytes: they go into look-ups, replies and reports. A
 * row with a fault may, but then no table is made of it. */
static void check_record(const struct source *source, const struct record *record)
{
    REQUIRE(*record->key);
    REQUIRE(source->faults.count > 0 ||
            (!fuzz_has_control(record->key, strlen(record->key)) &&
             !fuzz_has_control(record->value, strlen(record->value))));
}

static void make_tables(const struct source *source, struct tables *tables)
{
    static struct table_pair pairs[PAIRS_MAX];
    static stralloc keys[PAIRS_MAX];
    size_t count = 0, i;
    int table;

    for (table = 0; table < TABLE_COUNT; table++) {
        for (i = 0; i < source->tables[table].count && count < PAIRS_MAX; i++) {
            const struct record *record = source->tables[table].records[i];
            check_record(source, record);
            text_clear(&keys[count]);
            text_add_string(&keys[count], table_names[table]);
            text_add_byte(&keys[count], ':');
            text_add_string(&keys[count], record->key);
            pairs[count].key = text_string(&keys[count]);
            pairs[count++].value = record->value;
        }
    }
    table_make(tables, pairs, count);
}

static void take_result(const char *address, void *data)
{
    size_t *count = data;

    REQUIRE(!fuzz_has_control(address, strlen(address)));
    ++*count;
}

/* Each key of relay_passwords has a value that is read as it was written. */
static void check_secrets(const struct source *source)
{
    const struct record_list *list = &source->relay_secrets;
    stralloc again = STRALLOC_ZERO;
    size_t i;

    REQUIRE(list->count == source->tables[TABLE_RELAY_PASSWORDS].count);
    for (i = 0; i < list->count; i++) {
        struct relay_password secret = {.user = STRALLOC_ZERO};
        const char *value = list->records[i]->value;
        REQUIRE(relay_password_parse(value, strlen(value), &secret) == 0);
        text_clear(&again);
        relay_password_format(&secret, &again);
        REQUIRE(strcmp(text_string(&again), value) == 0);
        relay_password_free(&secret);
    }
    text_free(&again);
}

/* With tables that have no fault, every alias leads somewhere. */
static void check_lookups(const struct source *source, const struct tables *tables)
{
    const struct record_list *aliases = &source->tables[TABLE_ALIASES];
    const struct record_list *users = &source->tables[TABLE_USERS];
    struct recipient_route route;
    size_t i;

    for (i = 0; i < aliases->count; i++) {
        size_t count = 0;
        if (aliases->records[i]->key[0] != '@') {
            REQUIRE(recipient_expand(tables, aliases->records[i]->key, take_result,
                                     &count) > 0);
            REQUIRE(count > 0);
        }
    }
    for (i = 0; i < users->count; i++) {
        REQUIRE(recipient_resolve(tables, users->records[i]->key, 1, &route) ==
                RECIPIENT_MAILBOX);
    }
    for (i = 0; i < SETTING_COUNT; i++) {
        if (setting_rows[i].type != SETTING_TEXT) {
            long long number = setting_number(tables, (enum setting)i);
            REQUIRE(setting_rows[i].type == SETTING_CHOICE ||
                    (number >= setting_rows[i].min && number <= setting_rows[i].max));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char aliases[] = "etc/aliases", conf[] = "etc/pombo.conf";
    struct fuzz_input input = fuzz_open(data, size);
    unsigned which = fuzz_byte(&input);
    struct source source = {0};
    struct tables tables;

    fake_begin("", 0);
    source.paths[TABLE_ALIASES] = aliases;
    source.paths[TABLE_CONF] = conf;
    for (; input.left > 0; which++) {
        size_t len;
        const char *start = fuzz_until(&input, '\xff', &len);
        read_file(&source, which % SOURCE_COUNT, start, len);
    }
    access_finish(&source);
    REQUIRE(fake.log_lines == source.faults.count);
    make_tables(&source, &tables);
    crosscheck_tables(&source, &tables);
    if (source.faults.count == 0) {
        check_lookups(&source, &tables);
        check_secrets(&source);
    }
    source.paths[TABLE_ALIASES] = source.paths[TABLE_CONF] = NULL;
    source_free(&source);
    fake_end();
    return 0;
}

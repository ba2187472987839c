/* Names of files: in the queue, where they are also ids in the log, and in Maildirs,
 * where any program may make them.
 * fuzz-options: -max_len=120 */
#include "../../qsend/queuename.h"
#include "fuzz.h"
#include "maildir.h"
#include "queuefile.h"

static void check_queue_name(const char *name)
{
    size_t len = strlen(name);

    if (queuename_is_valid(name)) {
        REQUIRE(len >= RANDOM_NAME_LEN && len < QUEUE_NAME_SIZE);
        REQUIRE(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.") == len);
        REQUIRE(name[0] != '.' && !strstr(name, ".."));
        REQUIRE(queuename_is_derived(name) == (len > RANDOM_NAME_LEN));
    }
}

static void check_id(const char *name, size_t len)
{
    char id[MAILDIR_ID_SIZE];
    size_t i;

    maildir_make_id(id, name, len);
    REQUIRE(strlen(id) >= 1 && strlen(id) < MAILDIR_ID_SIZE);
    for (i = 0; id[i]; i++) {
        REQUIRE(id[i] > ' ' && id[i] <= '~'); /* RFC 1939 section 7 */
    }
}

static void check_maildir_names(const char *one, const char *other)
{
    size_t base = maildir_base_length(one), unique = maildir_unique_length(one);
    uint64_t number;
    int order = maildir_compare_names(one, other);

    REQUIRE(base <= unique && unique <= strlen(one));
    REQUIRE(maildir_name_time(one) >= 0);
    (void)maildir_name_number(one, 'S', &number);
    (void)maildir_name_number(one, 'W', &number);
    check_id(one, base);
    check_id(one, unique);
    REQUIRE(maildir_compare_names(one, one) == 0);
    REQUIRE((order < 0) == (maildir_compare_names(other, one) > 0));
    REQUIRE((order == 0) == (unique == maildir_unique_length(other) &&
                             memcmp(one, other, unique) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    size_t len;
    const char *start = fuzz_until(&input, '/', &len);
    char *one = fuzz_string(start, len);
    char *other = fuzz_string(input.at, input.left);

    check_queue_name(one);
    if (*one) {
        check_maildir_names(one, other);
    }
    free(one);
    free(other);
    return 0;
}

#include "failures.h"

#include "log.h"
#include "netaddress.h"
#include "paths.h"
#include "settings.h"
#include "tally.h"
#include "text.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* A row's since is when the first of the counted came, numbers[0] their count, and
 * numbers[1] the end of a cut-off. */
enum { COUNT, UNTIL };

static void make_key(struct failures *failures, const struct net_address *address)
{
    failures->key[0] = address->family == AF_INET ? 4 : 6;
    memcpy(failures->key + 1, address->bytes, address->family == AF_INET ? 4 : 8);
}

void failures_open(struct failures *failures, const struct tables *tables,
                   const char *peer)
{
    stralloc path = STRALLOC_ZERO;
    struct net_address address;

    *failures = (struct failures){.fd = -1, .peer = peer};
    failures->limit = setting_number(tables, SET_auth_failures);
    failures->seconds = setting_number(tables, SET_auth_failures_time);
    failures->cut_off = setting_number(tables, SET_auth_cut_off);
    if (failures->limit == 0 || net_address_parse(peer, &address) < 0 ||
        net_address_in_list(&address, setting_text(tables, SET_auth_failures_exempt)) ==
            1) {
        return;
    }
    make_key(failures, &address);
    failures->fd = tally_open(path_make(&path, PATH_RUN, "failures"));
    if (failures->fd < 0) {
        log_failure("trouble", "with", path.s, (char *)0);
    }
    text_free(&path);
}

/* The question and its answers, under the lock of the row. */
struct look {
    const struct failures *failures;
    long long now;
    int was_cut_off; /* before this look */
    int reaches_limit;
};

/* A clock that was set back must cut nobody off for longer. */
static int is_cut_off(const struct look *look, const struct tally_row *row)
{
    long long until = (long long)row->numbers[UNTIL];

    return look->now < until && until - look->now <= look->failures->cut_off;
}

static int look_at(struct tally_row *row, void *data)
{
    struct look *look = data;

    look->was_cut_off = is_cut_off(look, row);
    return 0;
}

static int count(struct tally_row *row, void *data)
{
    struct look *look = data;
    const struct failures *failures = look->failures;

    if (row->numbers[UNTIL] || row->since > look->now ||
        look->now - row->since >= failures->seconds) {
        look->was_cut_off = is_cut_off(look, row);
        if (look->was_cut_off) {
            return 0; /* others that were under way count no more */
        }
        row->since = look->now;
        row->numbers[COUNT] = row->numbers[UNTIL] = 0;
    }
    if (++row->numbers[COUNT] >= (unsigned long long)failures->limit) {
        row->numbers[UNTIL] = (unsigned long long)(look->now + failures->cut_off);
        look->reaches_limit = 1;
    }
    return 1;
}

static struct look ask(const struct failures *failures,
                       int (*change)(struct tally_row *row, void *data))
{
    struct look look = {.failures = failures, .now = time(NULL)};

    if (failures->fd >= 0 &&
        tally_change(failures->fd, failures->key,
                     failures->key[0] == 4 ? 5 : sizeof failures->key, change,
                     &look) < 0) {
        log_failure("trouble", "with", "run/failures", (char *)0);
    }
    return look;
}

int failures_is_cut_off(const struct failures *failures)
{
    return ask(failures, look_at).was_cut_off;
}

int failures_count(const struct failures *failures)
{
    struct look look = ask(failures, count);
    struct log_line line;

    if (look.reaches_limit) {
        log_begin(&line, LOG_LEVEL_WARNING, "cut-off");
        log_string(&line, "ip", failures->peer);
        log_number(&line, "failures", failures->limit);
        log_number(&line, "seconds", failures->cut_off);
        log_end(&line);
    }
    return look.was_cut_off;
}

void failures_close(struct failures *failures)
{
    if (failures->fd >= 0) {
        close(failures->fd);
        failures->fd = -1;
    }
}

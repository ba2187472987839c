/* qtlsreport: makes the daily reports of TLS (RFC 8460) of what qsend has counted.
 *
 *     qtlsreport             of all days that are over, kept or queued as the setting
 *                            tls_reports has it
 *     qtlsreport -n [DAY]    prints those of DAY (today), and changes nothing
 *
 * qsend has it started once a day. User: pombo-q, the queue's; whoever called pombo up
 * in the quick start. fd 0: where it is a socket, it is told "done" at the end. fd 2:
 * the log. Environment: POMBO_DIR (lib/paths.h). Files: queue/tlsrpt, queue/tmp and
 * queue/new; etc/tables.cdb; sts.
 * Exit codes: 0; 100 misused; 102 the queue is another user's; 111 temporary. */
#include "../sts/cache.h"
#include "exitcode.h"
#include "log.h"
#include "outbox.h"
#include "packet.h"
#include "settings.h"
#include "text.h"
#include "walls.h"
#include "writeall.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Older ones are of no use to anybody. */
#define AGE_MAX 7

/* Of the setting tls_reports. */
enum { REPORTS_OFF, REPORTS_KEEP, REPORTS_SEND };

struct making {
    struct tables tables;
    struct outbox outbox;
    long long today;
    int mode;
};

static long long find_today(void)
{
    return (long long)time(NULL) / DAY_SECONDS;
}

/* Goes on with the domain at FIRST, and looks for its policy of MTA-STS. */
static void begin_domain(struct report *report, size_t first, struct sts_entry *entry)
{
    report_set_domain(report, first);
    report->sts =
        sts_cache_read(report->domain, time(NULL), entry) > 0 ? &entry->policy : NULL;
}

/* Makes all reports of a day. 0, or -1 with errno. */
static int make_reports(const struct making *making, const struct day *day,
                        long long number)
{
    struct sts_entry entry = {.fetched = 0};
    struct report report;
    int result = 0;

    report_begin(&report, &making->tables, day, number);
    for (size_t first = 0; first < day->count && result == 0; first = report.end) {
        begin_domain(&report, first, &entry);
        result = making->mode == REPORTS_KEEP
                     ? outbox_keep(&making->outbox, &report)
                     : outbox_prepare(&making->outbox, &report);
    }
    report_free(&report);
    sts_policy_free(&entry.policy);
    return result;
}

static void log_day(const char *event, long long number, size_t damaged)
{
    char name[DAY_NAME_SIZE];
    struct log_line line;

    day_name_format(name, number);
    log_begin(&line, LOG_LEVEL_WARNING, event);
    log_string(&line, "day", name);
    log_number(&line, "lines", (long long)damaged);
    log_end(&line);
}

static int make_day(void *data, long long number)
{
    const struct making *making = data;
    struct day day;
    int result;

    if (outbox_discard(&making->outbox, number) < 0) {
        return -1;
    }
    if (number < making->today - AGE_MAX) {
        log_day("too-old", number, 0);
        return outbox_finish_day(&making->outbox, number);
    }
    result = outbox_read_day(&making->outbox, number, &day);
    if (result <= 0) {
        return result;
    }
    if (day.damaged > 0) {
        log_day("damaged", number, day.damaged);
    }
    result = make_reports(making, &day, number);
    day_free(&day);
    return result < 0 ? -1 : outbox_finish_day(&making->outbox, number);
}

static int make_all(struct making *making)
{
    long long days = setting_number(&making->tables, SET_tls_report_days);

    making->mode = (int)setting_number(&making->tables, SET_tls_reports);
    making->today = find_today();
    if (making->mode == REPORTS_OFF) {
        log_event(LOG_LEVEL_INFO, "off", "setting", "tls_reports", (char *)0);
        return 0;
    }
    return outbox_each_day(&making->outbox, making->today, make_day, making) < 0 ||
                   outbox_release(&making->outbox) < 0 ||
                   outbox_forget(&making->outbox,
                                 (making->today - days) * DAY_SECONDS) < 0
               ? -1
               : 0;
}

/* Where qsend has had us started. */
static void tell_done(void)
{
    struct packet packet = {.next = 0};
    struct stat status;

    if (fstat(0, &status) == 0 && S_ISSOCK(status.st_mode)) {
        packet_add(&packet, "done");
        if (packet_send(0, &packet, -1) < 0 && errno != EPIPE && errno != ECONNRESET) {
            log_failure("send", (char *)0);
        }
        packet_free(&packet);
    }
}

static int run(struct making *making)
{
    int result = outbox_open(&making->outbox);

    if (result == 0) {
        result = make_all(making);
    } else if (errno == ENOENT) {
        result = 0; /* nothing was counted so far */
    }
    if (result < 0) {
        int code = errno == EPERM ? EXITCODE_CONFIGURATION : EXITCODE_TEMPORARY;
        log_failure("tls-reports", (char *)0);
        return code;
    }
    tell_done();
    return EXITCODE_DONE;
}

/* A line of JSON for each domain. */
static int print_day(struct making *making, long long number)
{
    struct sts_entry entry = {.fetched = 0};
    struct report report;
    struct day day = {.count = 0};
    stralloc out = STRALLOC_ZERO;
    int result = outbox_open_to_read(&making->outbox);

    if (result == 0) {
        result = outbox_read_day(&making->outbox, number, &day);
    } else if (errno == ENOENT) {
        result = 0; /* nothing was counted so far */
    }
    if (result > 0) {
        report_begin(&report, &making->tables, &day, number);
        for (size_t first = 0; first < day.count; first = report.end) {
            begin_domain(&report, first, &entry);
            report_write(&report, &out);
            text_add_byte(&out, '\n');
        }
        report_free(&report);
        sts_policy_free(&entry.policy);
        day_free(&day);
        result = out.len > 0 ? write_all(1, out.s, out.len) : 0;
    }
    text_free(&out);
    if (result < 0) {
        log_failure("print", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    return EXITCODE_DONE;
}

/* *DAY: -1 where none is to be printed. 0, or -1. */
static int read_options(int argc, char **argv, long long *day)
{
    int option;

    *day = -1;
    while ((option = getopt(argc, argv, "n")) != -1) {
        if (option != 'n') {
            return -1;
        }
        *day = find_today();
    }
    if (*day >= 0 && optind < argc) {
        *day = day_name_parse(argv[optind], strlen(argv[optind]));
        optind++;
        if (*day < 0) {
            return -1;
        }
    }
    return optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: qtlsreport [-n [YYYY-MM-DD]]\n";
    struct making making = {.outbox = {-1, -1}};
    long long day;
    int code;

    log_open("qtlsreport");
    signal(SIGPIPE, SIG_IGN);
    if (read_options(argc, argv, &day) < 0) {
        return write(2, usage, sizeof usage - 1) < 0 ? EXITCODE_TEMPORARY
                                                     : EXITCODE_PERMANENT;
    }
    if (tables_open(&making.tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    tzset();
    walls_enter(day >= 0 ? WALLS_QTLSREPORT_PRINT : WALLS_QTLSREPORT, NULL);
    code = day >= 0 ? print_day(&making, day) : run(&making);
    outbox_close(&making.outbox);
    tables_close(&making.tables);
    return code;
}

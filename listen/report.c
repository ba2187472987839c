#include "report.h"

#include "log.h"

#include <errno.h>
#include <sys/wait.h>

#define FAULTS_A_SECOND 1
#define REFUSALS_A_SECOND 10

/* False where the line is one too many; else *SKIPPED were left out before it. */
static bool may_log(struct throttle *throttle, unsigned limit, unsigned *skipped)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != throttle->second) {
        throttle->second = now.tv_sec;
        throttle->lines = 0;
    }
    if (throttle->lines >= limit) {
        throttle->skipped++;
        return false;
    }
    throttle->lines++;
    *skipped = throttle->skipped;
    throttle->skipped = 0;
    return true;
}

static void add_skipped(struct log_line *line, unsigned skipped)
{
    if (skipped) {
        log_number(line, "skipped", skipped);
    }
}

void report_fault(struct report *report, const char *event)
{
    int saved = errno;
    struct log_line line;
    unsigned skipped;

    if (may_log(&report->faults, FAULTS_A_SECOND, &skipped)) {
        log_begin(&line, LOG_LEVEL_ERROR, event);
        log_errno(&line, saved);
        add_skipped(&line, skipped);
        log_end(&line);
    }
    errno = saved;
}

void report_refusal(struct report *report, const struct peer *remote, const char *why,
                    unsigned limit)
{
    char text[PEER_TEXT_MAX];
    struct log_line line;
    unsigned skipped;

    if (may_log(&report->refusals, REFUSALS_A_SECOND, &skipped)) {
        peer_format(remote, text);
        log_begin(&line, LOG_LEVEL_WARNING, "busy");
        log_string(&line, "source", text);
        log_string(&line, "why", why);
        log_number(&line, "limit", limit);
        add_skipped(&line, skipped);
        log_end(&line);
    }
}

void report_open(const struct report *report, pid_t pid, const struct peer *remote,
                 unsigned connections)
{
    char text[PEER_TEXT_MAX];
    struct log_line line;

    if (report->is_verbose) {
        peer_format(remote, text);
        log_begin(&line, LOG_LEVEL_INFO, "open");
        log_number(&line, "child", pid);
        log_string(&line, "source", text);
        log_number(&line, "connections", connections);
        log_end(&line);
    }
}

void report_closed(const struct report *report, pid_t pid, int status,
                   unsigned connections)
{
    struct log_line line;

    if (report->is_verbose) {
        log_begin(&line, LOG_LEVEL_INFO, "closed");
        log_number(&line, "child", pid);
        if (WIFSIGNALED(status)) {
            log_number(&line, "signal", WTERMSIG(status));
        } else {
            log_number(&line, "exit", WEXITSTATUS(status));
        }
        log_number(&line, "connections", connections);
        log_end(&line);
    }
}

void report_stop(int signal, unsigned connections)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, "stop");
    log_number(&line, "signal", signal);
    log_number(&line, "connections", connections);
    log_end(&line);
}

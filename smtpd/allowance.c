#include "allowance.h"

#include "log.h"
#include "paths.h"
#include "settings.h"
#include "tally.h"
#include "text.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR 3600

/* A row's since is when the hour began. */
enum { MESSAGES, RECIPIENTS };

void allowance_open(struct allowance *allowance, const struct tables *tables)
{
    stralloc path = STRALLOC_ZERO;

    allowance->fd = -1;
    allowance->messages = setting_number(tables, SET_submission_messages);
    allowance->recipients = setting_number(tables, SET_submission_recipients);
    if (allowance->messages == 0 && allowance->recipients == 0) {
        return;
    }
    allowance->fd = tally_open(path_make(&path, PATH_RUN, "submitted"));
    if (allowance->fd < 0) {
        log_failure("trouble", "with", path.s, (char *)0);
    }
    text_free(&path);
}

void allowance_close(struct allowance *allowance)
{
    if (allowance->fd >= 0) {
        close(allowance->fd);
        allowance->fd = -1;
    }
}

struct request {
    const struct allowance *allowance;
    unsigned long long recipients;
    int is_taking;
    enum allowance_result result;
};

static int is_over(unsigned long long used, unsigned long long more, long long limit)
{
    return limit > 0 && (more > (unsigned long long)limit ||
                         used > (unsigned long long)limit - more);
}

static int change(struct tally_row *row, void *data)
{
    struct request *request = data;
    const struct allowance *allowance = request->allowance;
    int64_t now = time(NULL);

    if (row->since > now || now - row->since >= HOUR) {
        row->since = now;
        row->numbers[MESSAGES] = row->numbers[RECIPIENTS] = 0;
    }
    if (is_over(row->numbers[MESSAGES], 1, allowance->messages)) {
        request->result = ALLOWANCE_MESSAGES;
    } else if (is_over(row->numbers[RECIPIENTS], request->recipients,
                       allowance->recipients)) {
        request->result = ALLOWANCE_RECIPIENTS;
    } else if (request->is_taking) {
        row->numbers[MESSAGES]++;
        row->numbers[RECIPIENTS] += request->recipients;
        return 1;
    }
    return 0;
}

static enum allowance_result ask(const char *user, struct request *request)
{
    const struct allowance *allowance = request->allowance;

    if (allowance->messages == 0 && allowance->recipients == 0) {
        return ALLOWANCE_LEFT;
    }
    if (allowance->fd < 0) {
        return ALLOWANCE_ERROR;
    }
    if (tally_change(allowance->fd, user, strlen(user), change, request) < 0) {
        log_failure("trouble", "with", "run/submitted", (char *)0);
        return ALLOWANCE_ERROR;
    }
    return request->result;
}

enum allowance_result allowance_look(const struct allowance *allowance,
                                     const char *user, unsigned long long recipients)
{
    struct request request = {.allowance = allowance, .recipients = recipients};

    return ask(user, &request);
}

enum allowance_result allowance_take(const struct allowance *allowance,
                                     const char *user, unsigned long long recipients)
{
    struct request request = {
        .allowance = allowance, .recipients = recipients, .is_taking = 1};

    return ask(user, &request);
}

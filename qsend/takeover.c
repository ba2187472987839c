#include "takeover.h"

#include "derived.h"
#include "hash.h"
#include "log.h"
#include "queuename.h"
#include "route.h"
#include "scheduler.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Things that could not be set aside and were logged once already. */
#define STUCK_MAX 64

static int is_logged_already(const char *name)
{
    static size_t stuck[STUCK_MAX];
    static size_t count;
    size_t hash = hash_string(name);
    size_t i;

    for (i = 0; i < STUCK_MAX && i < count; i++) {
        if (stuck[i] == hash) {
            return 1;
        }
    }
    stuck[count++ % STUCK_MAX] = hash;
    return 0;
}

void takeover_set_aside(const char *folder, const char *name, const char *why)
{
    static unsigned number;
    stralloc from = STRALLOC_ZERO;
    stralloc to = STRALLOC_ZERO;

    text_add_format(&from, "%s/%s", folder, name);
    text_add_format(&to, "corrupt/%s", name);
    if (access(text_string(&to), F_OK) == 0 || !queuename_is_valid(name)) {
        text_clear(&to);
        text_add_format(&to, "corrupt/%lld-%ld-%u", (long long)time(NULL),
                        (long)getpid(), number++);
    }
    if (rename(text_string(&from), text_string(&to)) == 0) {
        log_event(LOG_LEVEL_ERROR, "corrupt", "name", name, "why", why, "moved", to.s,
                  (char *)0);
    } else if (errno != ENOENT && !is_logged_already(name)) {
        log_failure("corrupt", "name", name, "why", why, (char *)0);
    }
    text_free(&from);
    text_free(&to);
}

/* What open's errno means. */
static enum takeover_result judge_open(const char *folder, const char *name)
{
    switch (errno) {
    case ENOENT:
        return TAKEOVER_SKIPPED;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        log_failure("pause", (char *)0);
        return TAKEOVER_PAUSE;
    case EACCES:
    case EPERM:
    case EISDIR:
    case ELOOP:
    case ENXIO:
    case ENODEV:
        takeover_set_aside(folder, name, "not a readable file");
        return TAKEOVER_SKIPPED;
    default:
        log_failure("open", "folder", folder, "name", name, (char *)0);
        return TAKEOVER_LATER;
    }
}

/* Why the open file can't be a message of ours, or NULL. */
static const char *find_fault(const char *name, const struct stat *status)
{
    if (!S_ISREG(status->st_mode)) {
        return "not a regular file";
    }
    if (status->st_nlink != 1) {
        return "more than one name";
    }
    /* Only qnotify, our own user, may speak of the states of others. */
    if (queuename_is_derived(name) && status->st_uid != geteuid()) {
        return "derived, but of another user";
    }
    return NULL;
}

/* Reads the open file and checks what it says of itself. */
static enum takeover_result read_file(int fd, const char *folder, const char *name,
                                      struct queue_file *file)
{
    switch (queue_read(fd, file)) {
    case QUEUE_OK:
        break;
    case QUEUE_TEMPORARY:
        log_failure("read", "folder", folder, "name", name, (char *)0);
        return TAKEOVER_LATER;
    default:
        takeover_set_aside(folder, name, "torn or damaged");
        return TAKEOVER_SKIPPED;
    }
    if (queuename_is_derived(name) && !derived_is_consistent(name, &file->envelope)) {
        takeover_set_aside(folder, name, "named wrongly");
        return TAKEOVER_SKIPPED;
    }
    if (file->envelope.recipient_count > ACTIVE_RECIPIENTS_MAX) {
        takeover_set_aside(folder, name, "too many recipients");
        return TAKEOVER_SKIPPED;
    }
    return TAKEOVER_DONE;
}

static int is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* 1 where a derived file that was not reported may go on. While its parent is under way
 * the report may still come; else nobody will tell of it, and it is settled by us.
 * Until then it stays in new/: there its parent's next bounce finds it. */
static int may_take_unreported(struct scheduler *scheduler, const char *name,
                               const struct stat *status)
{
    if (scheduler->has_settled && is_before(&status->st_ctim, &scheduler->started)) {
        return 1; /* settled at the start */
    }
    return derived_settle(scheduler, name) == 0;
}

static enum takeover_result move_to_cur(const char *name)
{
    char from[QUEUE_NAME_SIZE + 8];
    char to[QUEUE_NAME_SIZE + 8];

    snprintf(from, sizeof from, "new/%s", name);
    snprintf(to, sizeof to, "cur/%s", name);
    if (access(to, F_OK) == 0) {
        takeover_set_aside("new", name, "a name that is taken");
        return TAKEOVER_SKIPPED;
    }
    if (errno != ENOENT || rename(from, to) < 0) {
        log_failure("take", "id", name, (char *)0);
        return TAKEOVER_LATER;
    }
    return TAKEOVER_DONE;
}

static void begin(struct scheduler *scheduler, const char *name,
                  struct queue_file *file, int is_old)
{
    struct envelope *envelope = &file->envelope;
    struct message *message;
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, is_old ? "retry" : "takeover");
    log_string(&line, "id", name);
    log_string(&line, "from", text_string(&envelope->sender));
    log_number(&line, "size", file->body_length);
    log_number(&line, "recipients", (long long)envelope->recipient_count);
    if (!is_old) {
        log_string(&line, "by", text_string(&envelope->brought_by));
    }
    log_end(&line);
    message = message_add(&scheduler->active, name, file, is_old);
    route_message(scheduler, message);
}

/* Opens FOLDER/NAME and reads it; DONE: FILE holds it. */
static enum takeover_result look_at(const char *folder, const char *name,
                                    struct stat *status, struct queue_file *file)
{
    char path[QUEUE_NAME_SIZE + 8];
    enum takeover_result result;
    const char *fault;
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return judge_open(folder, name);
    }
    if (fstat(fd, status) < 0) {
        log_failure("read", "folder", folder, "name", name, (char *)0);
        result = TAKEOVER_LATER;
    } else if ((fault = find_fault(name, status))) {
        takeover_set_aside(folder, name, fault);
        result = TAKEOVER_SKIPPED;
    } else {
        result = read_file(fd, folder, name, file);
    }
    close(fd);
    return result;
}

enum takeover_result takeover_new(struct scheduler *scheduler, const char *name,
                                  int is_reported)
{
    struct queue_file file = {0};
    struct stat status;
    enum takeover_result result;

    if (!queuename_is_valid(name)) {
        takeover_set_aside("new", name, "not a name of the queue");
        return TAKEOVER_SKIPPED;
    }
    result = look_at("new", name, &status, &file);
    if (result == TAKEOVER_DONE && queuename_is_derived(name) && !is_reported &&
        !may_take_unreported(scheduler, name, &status)) {
        result = TAKEOVER_SKIPPED;
    }
    if (result == TAKEOVER_DONE) {
        result = move_to_cur(name);
    }
    if (result == TAKEOVER_DONE) {
        begin(scheduler, name, &file, 0);
    }
    queue_file_free(&file);
    return result;
}

enum takeover_result takeover_old(struct scheduler *scheduler, const char *name)
{
    struct queue_file file = {0};
    struct stat status;
    enum takeover_result result = look_at("cur", name, &status, &file);

    if (result == TAKEOVER_DONE) {
        begin(scheduler, name, &file, 1);
    }
    queue_file_free(&file);
    return result;
}

#include "intake.h"

#include "folder.h"
#include "log.h"
#include "queuename.h"
#include "scheduler.h"
#include "takeover.h"
#include "text.h"
#include "tidy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Names kept in memory, and messages taken in one turn of the loop. */
#define NAMES_MAX 4096
#define PORTION 64
/* While new mail comes, old mail gets a tenth of the time: each file that goes from one
 * folder of the wheel to another is work for the disk, too, which every sync of new
 * mail has to wait for. */
#define OLD_MS 1
#define OLD_PAUSE_MS 20
#define NEW_MS 1000
/* What comes so soon after a message is taken together: a turn of the loop for all of
 * it, and fewer syncs that those who bring the next ones have to wait for. */
#define GATHER_MS 5
#define SCAN_SECONDS 300
#define PAUSE_SECONDS 1
/* After an error of the system all is looked through again, then less and less often.
 */
#define TROUBLE_MS 10000

/* At the end of the list. */
static void append(struct intake *intake, struct intake_name *entry)
{
    entry->next = NULL;
    *(intake->last ? &intake->last->next : &intake->first) = entry;
    intake->last = entry;
    intake->count++;
}

static void add_name(struct intake *intake, const char *name, int is_reported)
{
    size_t size = strlen(name) + 1;
    struct intake_name *entry;

    if (intake->count >= NAMES_MAX && !is_reported) {
        intake->has_lost_names = 1;
        return;
    }
    entry = memory_get(sizeof *entry + size);
    entry->is_reported = is_reported != 0;
    memcpy(entry->name, name, size);
    append(intake, entry);
}

static struct intake_name *take_name(struct intake *intake)
{
    struct intake_name *entry = intake->first;

    if (entry) {
        intake->first = entry->next;
        intake->last = entry->next ? intake->last : NULL;
        intake->count--;
    }
    return entry;
}

void intake_wake(struct scheduler *scheduler)
{
    if (!scheduler->is_stopping && !scheduler->intake.fill.place) {
        loop_timer_set(&scheduler->loop, &scheduler->intake.fill, 0);
    }
}

void intake_report(struct scheduler *scheduler, const char *name)
{
    if (!queuename_is_valid(name) || !queuename_is_derived(name)) {
        log_event(LOG_LEVEL_WARNING, "bad-report", "name", name, (char *)0);
        return;
    }
    add_name(&scheduler->intake, name, 1);
    intake_wake(scheduler);
}

/* Derived names are left to reports. */
static void take_events(struct intake *intake, const char *bytes, size_t len)
{
    const struct inotify_event *event;
    size_t at;

    for (at = 0; at + sizeof *event <= len; at += sizeof *event + event->len) {
        event = (const void *)(bytes + at);
        if (event->mask & IN_Q_OVERFLOW) {
            intake->has_lost_names = 1;
        } else if (event->len > 0 && !queuename_is_derived(event->name)) {
            add_name(intake, event->name, 0);
        }
    }
}

static void on_inotify(void *data, unsigned events)
{
    struct scheduler *scheduler = data;
    _Alignas(struct inotify_event) char bytes[16384];
    ssize_t len = read(scheduler->intake.watch.fd, bytes, sizeof bytes);

    (void)events;
    if (len > 0) {
        take_events(&scheduler->intake, bytes, (size_t)len);
        intake_wake(scheduler);
        if (loop_watch_change(&scheduler->loop, &scheduler->intake.watch, 0) == 0) {
            loop_timer_set(&scheduler->loop, &scheduler->intake.gather,
                           clock_monotonic() + GATHER_MS);
        }
    }
}

static void end_gathering(void *data)
{
    struct scheduler *scheduler = data;
    struct intake *intake = &scheduler->intake;

    if (loop_watch_change(&scheduler->loop, &intake->watch, EPOLLIN) < 0) {
        log_failure("watch-folder", "name", "new", (char *)0);
        loop_timer_set(&scheduler->loop, &intake->gather,
                       clock_deadline(PAUSE_SECONDS));
    }
}

/* The next scan comes soon. */
static void hasten_scan(struct scheduler *scheduler)
{
    struct intake *intake = &scheduler->intake;

    if (!intake->has_trouble && !scheduler->is_stopping) {
        intake->has_trouble = 1;
        intake->trouble_wait =
            intake->trouble_wait ? intake->trouble_wait * 2 : TROUBLE_MS;
        if (intake->trouble_wait > SCAN_SECONDS * 1000) {
            intake->trouble_wait = SCAN_SECONDS * 1000;
        }
        loop_timer_set(&scheduler->loop, &intake->scan,
                       clock_monotonic() + intake->trouble_wait);
    }
}

static void note_trouble(struct scheduler *scheduler, const char *folder)
{
    log_failure("read-folder", "name", folder, (char *)0);
    hasten_scan(scheduler);
}

/* Reads names from new/ while there is room for them. */
static void read_new_folder(struct scheduler *scheduler)
{
    struct intake *intake = &scheduler->intake;
    struct dirent *entry;

    if (!intake->new_folder && intake->has_lost_names && intake->count == 0) {
        intake->has_lost_names = 0;
        intake->new_folder = opendir("new");
        if (!intake->new_folder) {
            note_trouble(scheduler, "new");
        }
    }
    while (intake->new_folder && intake->count < NAMES_MAX) {
        entry = folder_next(intake->new_folder);
        if (!entry) {
            if (errno) {
                note_trouble(scheduler, "new");
            }
            closedir(intake->new_folder);
            intake->new_folder = NULL;
        } else if (strcmp(entry->d_name, ".") != 0 &&
                   strcmp(entry->d_name, "..") != 0) {
            add_name(intake, entry->d_name, 0);
        }
    }
}

static enum takeover_result take_new(struct scheduler *scheduler)
{
    struct intake *intake = &scheduler->intake;
    struct intake_name *entry = take_name(intake);
    enum takeover_result result;

    if (!entry) {
        return TAKEOVER_SKIPPED;
    }
    intake->last_new = clock_monotonic();
    result = takeover_new(scheduler, entry->name, entry->is_reported);
    if (result == TAKEOVER_PAUSE) {
        append(intake, entry);
    } else if (result == TAKEOVER_LATER && entry->is_reported) {
        entry->next = intake->later;
        intake->later = entry;
    } else {
        free(entry);
    }
    return result;
}

/* The next file in cur/ that is not under way. */
static enum takeover_result take_left_over(struct scheduler *scheduler)
{
    struct intake *intake = &scheduler->intake;
    struct dirent *entry = folder_next(intake->cur_folder);

    if (!entry) {
        if (errno) {
            note_trouble(scheduler, "cur");
        }
        closedir(intake->cur_folder);
        intake->cur_folder = NULL;
        return TAKEOVER_SKIPPED;
    }
    if (!queuename_is_valid(entry->d_name) ||
        message_find(&scheduler->active, entry->d_name)) {
        return TAKEOVER_SKIPPED;
    }
    return takeover_old(scheduler, entry->d_name);
}

static enum takeover_result take_old(struct scheduler *scheduler)
{
    char name[QUEUE_NAME_SIZE];
    int result;

    if (scheduler->intake.cur_folder) {
        return take_left_over(scheduler);
    }
    result = wheel_take(scheduler, name);
    if (result <= 0) {
        return result < 0 ? TAKEOVER_PAUSE : TAKEOVER_SKIPPED;
    }
    /* One of its name is under way: this one is left for a later look. */
    if (message_find(&scheduler->active, name)) {
        return TAKEOVER_SKIPPED;
    }
    return takeover_old(scheduler, name);
}

static int has_new(const struct intake *intake)
{
    return intake->count > 0;
}

static int new_has_half(const struct active *active)
{
    return active->count - active->old_count >= ACTIVE_MAX / 2;
}

static int has_old(const struct scheduler *scheduler)
{
    return (scheduler->intake.cur_folder || wheel_is_due(&scheduler->wheel)) &&
           active_has_room_for_old(&scheduler->active) &&
           (!scheduler->intake.rest.place || new_has_half(&scheduler->active));
}

/* Takes turns, unless new mail has its half. */
static int is_turn_of_old(const struct scheduler *scheduler)
{
    if (!has_old(scheduler) || !has_new(&scheduler->intake)) {
        return has_old(scheduler);
    }
    return new_has_half(&scheduler->active) || !scheduler->intake.was_old;
}

/* Lets old mail rest where it has had its time of the turn that began at BEGIN. */
static void rest_from_old(struct scheduler *scheduler, clock_ms begin)
{
    struct intake *intake = &scheduler->intake;
    clock_ms now = clock_monotonic();

    if (now - begin > OLD_MS && now - intake->last_new <= NEW_MS) {
        loop_timer_set(&scheduler->loop, &intake->rest, now + OLD_PAUSE_MS);
    }
}

static void fill(void *data)
{
    struct scheduler *scheduler = data;
    struct intake *intake = &scheduler->intake;
    clock_ms begin = clock_monotonic();
    enum takeover_result result;
    int i;

    scheduler_refresh(scheduler, 0);
    for (i = 0; i < PORTION && active_has_room(&scheduler->active); i++) {
        read_new_folder(scheduler);
        if (!has_new(intake) && !has_old(scheduler)) {
            return;
        }
        intake->was_old = is_turn_of_old(scheduler) != 0;
        result = intake->was_old ? take_old(scheduler) : take_new(scheduler);
        if (intake->was_old) {
            rest_from_old(scheduler, begin);
        }
        if (result == TAKEOVER_LATER || (result == TAKEOVER_PAUSE && intake->was_old) ||
            scheduler->wheel.has_trouble) {
            scheduler->wheel.has_trouble = 0;
            hasten_scan(scheduler);
        }
        if (result == TAKEOVER_PAUSE) {
            loop_timer_set(&scheduler->loop, &intake->fill,
                           clock_deadline(PAUSE_SECONDS));
            return;
        }
    }
    if (active_has_room(&scheduler->active)) {
        intake_wake(scheduler);
    }
}

static void end_rest(void *data)
{
    intake_wake(data);
}

static void scan(void *data)
{
    struct scheduler *scheduler = data;
    struct intake *intake = &scheduler->intake;
    struct intake_name *entry;

    if (!intake->has_trouble) {
        intake->trouble_wait = 0;
    }
    intake->has_trouble = 0;
    loop_timer_set(&scheduler->loop, &intake->scan, clock_deadline(SCAN_SECONDS));
    intake->has_lost_names = 1;
    while ((entry = intake->later)) {
        intake->later = entry->next;
        append(intake, entry);
    }
    if (!intake->cur_folder && !(intake->cur_folder = opendir("cur"))) {
        note_trouble(scheduler, "cur");
    }
    wheel_scan(scheduler);
    tidy_tmp();
    intake_wake(scheduler);
}

void intake_scan(struct scheduler *scheduler)
{
    if (!scheduler->is_stopping) {
        scan(scheduler);
    }
}

int intake_open(struct scheduler *scheduler)
{
    struct intake *intake = &scheduler->intake;

    intake->fill.on_due = fill;
    intake->fill.data = scheduler;
    intake->rest.on_due = end_rest;
    intake->rest.data = scheduler;
    intake->gather.on_due = end_gathering;
    intake->gather.data = scheduler;
    intake->scan.on_due = scan;
    intake->scan.data = scheduler;
    intake->watch.on_ready = on_inotify;
    intake->watch.data = scheduler;
    intake->watch.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (intake->watch.fd < 0 ||
        inotify_add_watch(intake->watch.fd, "new",
                          IN_MOVED_TO | IN_CREATE | IN_ONLYDIR) < 0 ||
        loop_watch_add(&scheduler->loop, &intake->watch, EPOLLIN) < 0) {
        return -1;
    }
    scan(scheduler);
    return 0;
}

void intake_stop(struct scheduler *scheduler)
{
    loop_timer_clear(&scheduler->loop, &scheduler->intake.fill);
    loop_timer_clear(&scheduler->loop, &scheduler->intake.rest);
    loop_timer_clear(&scheduler->loop, &scheduler->intake.gather);
    loop_timer_clear(&scheduler->loop, &scheduler->intake.scan);
    loop_watch_remove(&scheduler->loop, &scheduler->intake.watch);
}

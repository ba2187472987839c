#include "wheel.h"

#include "folder.h"
#include "log.h"
#include "queuefile.h"
#include "queuename.h"
#include "rename.h"
#include "scheduler.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_DIGITS 10
#define SLOT_MAX 0xffffffffffULL
/* Folders later than a message may live, and this: the clock was wrong. */
#define SLACK_SECONDS 86400
/* So many others of its name may lie in a message's way. */
#define TWINS_MAX 100

/* Names are shorter than QUEUE_NAME_SIZE. */
static void make_path(char path[WHEEL_PATH_SIZE], uint64_t slot, const char *name)
{
    snprintf(path, WHEEL_PATH_SIZE, "wheel/%010" PRIx64 "%s%.47s", slot,
             *name ? "/" : "", name);
}

static uint64_t get_slot_now(void)
{
    return (uint64_t)time(NULL) / WHEEL_UNIT;
}

/* Index of SLOT, or of where it belongs. */
static size_t find_place(const struct wheel *wheel, uint64_t slot)
{
    size_t low = 0;
    size_t high = wheel->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (wheel->slots[middle] < slot) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int has_slot(const struct wheel *wheel, uint64_t slot)
{
    size_t place = find_place(wheel, slot);

    return place < wheel->count && wheel->slots[place] == slot;
}

static void add_slot(struct wheel *wheel, uint64_t slot)
{
    size_t place = find_place(wheel, slot);

    if (wheel->count == wheel->room) {
        wheel->room = wheel->room * 2 + 64;
        wheel->slots = memory_resize(wheel->slots, wheel->room * sizeof *wheel->slots);
    }
    memmove(wheel->slots + place + 1, wheel->slots + place,
            (wheel->count - place) * sizeof *wheel->slots);
    wheel->slots[place] = slot;
    wheel->count++;
}

/* Waits for the first slot; a minute at most, for the clock may be set. */
static void set_timer(struct scheduler *scheduler)
{
    const struct wheel *wheel = &scheduler->wheel;
    long long wait = 60;

    if (wheel->count > 0 && !wheel_is_due(wheel)) {
        long long seconds = (long long)wheel->slots[0] * WHEEL_UNIT - time(NULL);
        wait = seconds < wait ? seconds : wait;
    }
    loop_timer_set(&scheduler->loop, &scheduler->wheel.timer,
                   clock_deadline(wait > 0 ? wait : 1));
}

static void on_due(void *data)
{
    struct scheduler *scheduler = data;

    if (wheel_is_due(&scheduler->wheel)) {
        intake_wake(scheduler);
    }
    set_timer(scheduler);
}

static int is_slot_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == SLOT_DIGITS && name[SLOT_DIGITS] == '\0';
}

static void remove_slot(struct wheel *wheel, uint64_t slot)
{
    size_t place = find_place(wheel, slot);

    if (has_slot(wheel, slot)) {
        wheel->count--;
        memmove(wheel->slots + place, wheel->slots + place + 1,
                (wheel->count - place) * sizeof *wheel->slots);
    }
}

static uint64_t get_last_slot(const struct scheduler *scheduler)
{
    const struct scheduler_settings *settings = &scheduler->settings;
    long long life = settings->queue_lifetime > settings->bounce_lifetime
                         ? settings->queue_lifetime
                         : settings->bounce_lifetime;

    return get_slot_now() + (uint64_t)(life + SLACK_SECONDS) / WHEEL_UNIT;
}

/* Gives the folder the next time that is free. That, or SLOT where it can't be. */
static uint64_t bring_near(struct wheel *wheel, uint64_t slot)
{
    uint64_t near = get_slot_now() + 1;
    char from[WHEEL_PATH_SIZE];
    char to[WHEEL_PATH_SIZE];

    while (has_slot(wheel, near)) {
        near++;
    }
    make_path(from, slot, "");
    make_path(to, near, "");
    if (rename(from, to) < 0) {
        log_failure("bring-near", "name", from, (char *)0);
        return slot;
    }
    log_event(LOG_LEVEL_WARNING, "clock", "folder", from, "becomes", to, (char *)0);
    remove_slot(wheel, slot);
    return near;
}

static void take_slot_name(struct scheduler *scheduler, const char *name)
{
    struct wheel *wheel = &scheduler->wheel;
    uint64_t slot;

    if (!is_slot_name(name)) {
        if (name[0] != '.') {
            log_event(LOG_LEVEL_WARNING, "skipped", "folder", "wheel", "name", name,
                      (char *)0);
        }
        return;
    }
    slot = strtoull(name, NULL, 16);
    if (slot > get_last_slot(scheduler)) {
        slot = bring_near(wheel, slot);
    }
    /* What lies before the folder that is being read waits for its end. */
    if (!has_slot(wheel, slot) && (!wheel->due || slot > wheel->slots[0])) {
        add_slot(wheel, slot);
    }
}

/* Adds the folders that are not known yet. 0, or -1 with errno. */
static int find_slots(struct scheduler *scheduler)
{
    struct dirent *entry;
    DIR *folder = opendir("wheel");
    int saved;

    if (!folder) {
        return -1;
    }
    while ((entry = folder_next(folder))) {
        take_slot_name(scheduler, entry->d_name);
    }
    saved = errno;
    closedir(folder);
    errno = saved;
    return saved ? -1 : 0;
}

void wheel_scan(struct scheduler *scheduler)
{
    if (find_slots(scheduler) < 0) {
        log_failure("read-folder", "name", "wheel", (char *)0);
    }
    set_timer(scheduler);
}

int wheel_open(struct scheduler *scheduler)
{
    struct wheel *wheel = &scheduler->wheel;

    if (find_slots(scheduler) < 0) {
        return -1;
    }
    wheel->timer.on_due = on_due;
    wheel->timer.data = scheduler;
    set_timer(scheduler);
    return 0;
}

/* The slot of WHEN: later than the one that may be open for reading. */
static uint64_t choose_slot(time_t when)
{
    uint64_t first = get_slot_now() + 1;
    uint64_t slot = when > 0 ? ((uint64_t)when + WHEEL_UNIT - 1) / WHEEL_UNIT : 0;

    if (slot > SLOT_MAX) {
        slot = SLOT_MAX;
    }
    return slot > first ? slot : first;
}

static int move_to_slot(struct scheduler *scheduler, const char *name, uint64_t slot)
{
    struct wheel *wheel = &scheduler->wheel;
    char from[QUEUE_NAME_SIZE + 8];
    char folder[WHEEL_PATH_SIZE];
    char to[WHEEL_PATH_SIZE];

    snprintf(from, sizeof from, "cur/%s", name);
    make_path(to, slot, name);
    if (has_slot(wheel, slot)) {
        if (rename_new(from, to) == 0) {
            return 0;
        }
        if (errno == EEXIST) {
            return -1;
        }
    }
    make_path(folder, slot, "");
    if (mkdir(folder, 0700) < 0 && errno != EEXIST) {
        return -1;
    }
    if (!has_slot(wheel, slot)) {
        add_slot(wheel, slot);
        set_timer(scheduler);
    }
    return rename_new(from, to);
}

/* Names are random: another message has the same one only where somebody wants it to
 * take this one's place. */
int wheel_defer(struct scheduler *scheduler, const char *name, time_t when)
{
    uint64_t slot = choose_slot(when);
    int result = move_to_slot(scheduler, name, slot);
    int i;

    for (i = 0; result < 0 && errno == EEXIST && i < TWINS_MAX; i++) {
        result = move_to_slot(scheduler, name, ++slot);
    }
    return result;
}

int wheel_is_due(const struct wheel *wheel)
{
    return wheel->count > 0 && wheel->slots[0] <= get_slot_now();
}

static void drop_first_slot(struct wheel *wheel)
{
    if (wheel->due) {
        closedir(wheel->due);
        wheel->due = NULL;
    }
    wheel->count--;
    memmove(wheel->slots, wheel->slots + 1, wheel->count * sizeof *wheel->slots);
}

/* wheel_scan finds it again. */
static void give_up_first_slot(struct wheel *wheel, const char *what)
{
    char path[WHEEL_PATH_SIZE];

    make_path(path, wheel->slots[0], "");
    log_failure(what, "name", path, (char *)0);
    wheel->has_trouble = 1;
    drop_first_slot(wheel);
}

/* The folder has been read to its end. One that can't be removed is given up after a
 * last pass that found nothing. */
static void end_pass(struct wheel *wheel)
{
    char path[WHEEL_PATH_SIZE];

    make_path(path, wheel->slots[0], "");
    if (rmdir(path) == 0) {
        drop_first_slot(wheel);
    } else if (errno == ENOTEMPTY && wheel->taken_in_pass > 0) {
        wheel->taken_in_pass = 0;
        rewinddir(wheel->due);
    } else {
        give_up_first_slot(wheel, "remove-folder");
    }
}

static int open_due(struct wheel *wheel)
{
    char path[WHEEL_PATH_SIZE];

    make_path(path, wheel->slots[0], "");
    wheel->due = opendir(path);
    wheel->taken_in_pass = 0;
    if (wheel->due) {
        return 1;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        log_failure("pause", (char *)0);
        return -1;
    }
    give_up_first_slot(wheel, "open-folder");
    return 0;
}

static int take_file(struct wheel *wheel, const char *name)
{
    char from[WHEEL_PATH_SIZE];
    char to[QUEUE_NAME_SIZE + 8];

    make_path(from, wheel->slots[0], name);
    snprintf(to, sizeof to, "cur/%.47s", name);
    /* Where another has its name in cur/, the next scan finds it again. */
    if (rename_new(from, to) < 0) {
        log_failure("take", "name", from, (char *)0);
        return 0;
    }
    wheel->taken_in_pass++;
    return 1;
}

int wheel_take(struct scheduler *scheduler, char *name)
{
    struct wheel *wheel = &scheduler->wheel;
    struct dirent *entry;

    while (wheel_is_due(wheel)) {
        int opened = wheel->due ? 1 : open_due(wheel);
        if (opened < 0) {
            return -1;
        }
        if (opened == 0) {
            continue;
        }
        entry = folder_next(wheel->due);
        if (!entry && errno) {
            give_up_first_slot(wheel, "read-folder");
        } else if (!entry) {
            end_pass(wheel);
        } else if (queuename_is_valid(entry->d_name)) {
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
            if (take_file(wheel, name)) {
                return 1;
            }
        }
    }
    set_timer(scheduler);
    return 0;
}

static int compare_slots(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Folders keep their order: each is renamed to a time long past. */
void wheel_flush(struct scheduler *scheduler)
{
    struct wheel *wheel = &scheduler->wheel;
    struct wheel past = *wheel; /* the folders that are due anyway */
    uint64_t slot = 0;
    size_t i;

    past.count = find_place(wheel, get_slot_now() + 1);
    for (i = past.count; i < wheel->count; i++) {
        char from[WHEEL_PATH_SIZE];
        char to[WHEEL_PATH_SIZE];
        while (has_slot(&past, slot)) {
            slot++;
        }
        make_path(from, wheel->slots[i], "");
        make_path(to, slot, "");
        if (rename(from, to) < 0) {
            log_failure("flush", "name", from, (char *)0);
        } else {
            wheel->slots[i] = slot++;
        }
    }
    if (wheel->due) {
        closedir(wheel->due);
        wheel->due = NULL;
    }
    if (wheel->count > 0) {
        qsort(wheel->slots, wheel->count, sizeof *wheel->slots, compare_slots);
    }
    intake_wake(scheduler);
}

int wheel_find(const struct wheel *wheel, const char *name, char path[WHEEL_PATH_SIZE])
{
    size_t i;

    for (i = 0; i < wheel->count; i++) {
        make_path(path, wheel->slots[i], name);
        if (access(path, F_OK) == 0) {
            return 0;
        }
        if (errno != ENOENT) {
            return -1;
        }
    }
    errno = ENOENT;
    return -1;
}

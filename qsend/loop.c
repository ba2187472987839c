#include "loop.h"

#include "text.h"

#include <errno.h>
#include <unistd.h>

int loop_open(struct loop *loop)
{
    loop->heap = memory_get(sizeof *loop->heap);
    loop->timer_count = 0;
    loop->timer_room = 0;
    loop->event_count = 0;
    loop->now = 0;
    loop->is_running_timers = 0;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll < 0 ? -1 : 0;
}

int loop_watch_add(struct loop *loop, struct loop_watch *watch, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event);
}

int loop_watch_change(struct loop *loop, struct loop_watch *watch, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_watch_remove(struct loop *loop, struct loop_watch *watch)
{
    int i;

    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    /* Events of this very turn must not reach a watch that is gone. */
    for (i = 0; i < loop->event_count; i++) {
        if (loop->events[i].data.ptr == watch) {
            loop->events[i].data.ptr = NULL;
        }
    }
}

static void put_timer(struct loop *loop, size_t place, struct loop_timer *timer)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void move_up(struct loop *loop, struct loop_timer *timer)
{
    size_t place = timer->place;

    while (place > 1 && loop->heap[place / 2]->due > timer->due) {
        put_timer(loop, place, loop->heap[place / 2]);
        place /= 2;
    }
    put_timer(loop, place, timer);
}

static void move_down(struct loop *loop, struct loop_timer *timer)
{
    size_t place = timer->place;
    size_t child;

    while ((child = place * 2) <= loop->timer_count) {
        if (child < loop->timer_count &&
            loop->heap[child + 1]->due < loop->heap[child]->due) {
            child++;
        }
        if (loop->heap[child]->due >= timer->due) {
            break;
        }
        put_timer(loop, place, loop->heap[child]);
        place = child;
    }
    put_timer(loop, place, timer);
}

/* What a timer's callback sets for now must wait for the descriptors. */
static void put_off(struct loop *loop, struct loop_timer *timer)
{
    loop_timer_clear(loop, timer);
    timer->place = LOOP_NEXT_TURN;
    timer->next = loop->next_turn;
    loop->next_turn = timer;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, clock_ms due)
{
    if (loop->is_running_timers && due <= loop->now) {
        put_off(loop, timer);
        return;
    }
    if (timer->place == LOOP_NEXT_TURN) {
        loop_timer_clear(loop, timer);
    }
    timer->due = due;
    if (!timer->place) {
        if (loop->timer_count + 1 >= loop->timer_room) {
            loop->timer_room = loop->timer_room * 2 + 16;
            loop->heap =
                memory_resize(loop->heap, loop->timer_room * sizeof *loop->heap);
        }
        put_timer(loop, ++loop->timer_count, timer);
    }
    move_up(loop, timer);
    move_down(loop, timer);
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
    struct loop_timer *last;
    struct loop_timer **link = &loop->next_turn;
    size_t place = timer->place;

    if (!place) {
        return;
    }
    if (place == LOOP_NEXT_TURN) {
        while (*link && *link != timer) {
            link = &(*link)->next;
        }
        *link = timer->next;
        timer->place = 0;
        return;
    }
    timer->place = 0;
    last = loop->heap[loop->timer_count--];
    if (last != timer) {
        put_timer(loop, place, last);
        move_up(loop, last);
        move_down(loop, last);
    }
}

static int wait_time(const struct loop *loop)
{
    if (loop->next_turn) {
        return 0;
    }
    return loop->timer_count > 0 ? clock_poll_timeout(loop->heap[1]->due) : -1;
}

static void take_up_next_turn(struct loop *loop)
{
    struct loop_timer *timer;

    while ((timer = loop->next_turn)) {
        loop->next_turn = timer->next;
        timer->place = 0;
        loop_timer_set(loop, timer, 0);
    }
}

/* Those that are due when it begins, each once. */
static void run_timers(struct loop *loop)
{
    loop->now = clock_monotonic();
    take_up_next_turn(loop);
    loop->is_running_timers = 1;
    while (loop->timer_count > 0 && loop->heap[1]->due <= loop->now) {
        struct loop_timer *timer = loop->heap[1];
        loop_timer_clear(loop, timer);
        timer->on_due(timer->data);
    }
    loop->is_running_timers = 0;
}

int loop_turn(struct loop *loop)
{
    int i;
    int count = epoll_wait(loop->epoll, loop->events, LOOP_EVENTS, wait_time(loop));

    if (count < 0 && errno != EINTR) {
        return -1;
    }
    loop->event_count = count < 0 ? 0 : count;
    for (i = 0; i < loop->event_count; i++) {
        struct loop_watch *watch = loop->events[i].data.ptr;
        if (watch) {
            watch->on_ready(watch->data, loop->events[i].events);
        }
    }
    loop->event_count = 0;
    run_timers(loop);
    return 0;
}

/* The event loop of qsend: descriptors by epoll, timers in a heap. Callbacks may
 * add, change and remove watches and timers at will, those of others too. */
#ifndef QSEND_LOOP_H
#define QSEND_LOOP_H

#include "clock.h"

#include <stddef.h>
#include <sys/epoll.h>

#define LOOP_EVENTS 64

#define LOOP_NEXT_TURN ((size_t)-1)

/* Lies in its owner's structure. EVENTS are epoll's. */
struct loop_watch {
    int fd;
    void (*on_ready)(void *data, unsigned events);
    void *data;
};

/* The same; start from {0} with on_due and data set. */
struct loop_timer {
    clock_ms due;
    size_t place; /* in the heap, from 1; 0: not set; LOOP_NEXT_TURN: in that list */
    struct loop_timer *next;
    void (*on_due)(void *data);
    void *data;
};

struct loop {
    int epoll;
    struct loop_timer **heap; /* [1 .. timer_count] */
    size_t timer_count, timer_room;
    struct loop_timer *next_turn;
    clock_ms now; /* of the last turn's timers */
    unsigned char is_running_timers;
    struct epoll_event events[LOOP_EVENTS];
    int event_count;
};

/* 0, or -1 with errno. */
int loop_open(struct loop *loop);
/* Watches watch->fd for EVENTS, or changes the events of one that is watched.
 * 0, or -1 with errno. */
int loop_watch_add(struct loop *loop, struct loop_watch *watch, unsigned events);
int loop_watch_change(struct loop *loop, struct loop_watch *watch, unsigned events);
/* Must come before the fd is closed and the watch is freed. */
void loop_watch_remove(struct loop *loop, struct loop_watch *watch);

/* Sets or moves a timer; DUE 0 means: in this turn, after the descriptors; where that
 * is said by a timer's callback it means the next turn, so that descriptors always
 * get theirs in between. A timer that comes due is no longer set when it is called. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, clock_ms due);
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/* Waits for the next event and handles what is there. 0, or -1 with errno. */
int loop_turn(struct loop *loop);

#endif

#include "../../qsend/loop.h"
#include "check.h"

#include <unistd.h>

#define OTHERS 1000

static struct loop loop;
static int ends[2];
static int busy_calls;
static int ready_calls;

static void on_busy(void *data)
{
    busy_calls++;
    loop_timer_set(&loop, data, 0);
}

static void on_other(void *data)
{
    CHECK(data == NULL);
}

static void on_ready(void *data, unsigned events)
{
    char byte;

    CHECK(data == NULL && events == EPOLLIN);
    ready_calls += read(ends[0], &byte, 1) == 1;
}

/* A timer that sets itself for now again and again, among many that are not due. */
static void test_busy_timer(void)
{
    static struct loop_timer others[OTHERS];
    struct loop_timer busy = {.on_due = on_busy, .data = &busy};
    struct loop_watch watch = {.fd = ends[0], .on_ready = on_ready};
    int i;

    CHECK(loop_watch_add(&loop, &watch, EPOLLIN) == 0);
    for (i = 0; i < OTHERS; i++) {
        others[i].on_due = on_other;
        loop_timer_set(&loop, &others[i], clock_deadline(3600));
    }
    loop_timer_set(&loop, &busy, 0);
    for (i = 0; i < 5; i++) {
        CHECK(loop_turn(&loop) == 0);
        CHECK(busy_calls <= i + 1);
    }
    CHECK(busy_calls >= 1);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(loop_turn(&loop) == 0);
    CHECK(ready_calls == 1);
    loop_timer_clear(&loop, &busy);
    for (i = 0; i < OTHERS; i++) {
        loop_timer_clear(&loop, &others[i]);
    }
    CHECK(loop.timer_count == 0);
    loop_watch_remove(&loop, &watch);
}

static int order[3];
static int order_len;

static void on_number(void *data)
{
    order[order_len++] = *(int *)data;
}

static void test_order(void)
{
    int numbers[3] = {0, 1, 2};
    struct loop_timer timers[3] = {0};
    int i;

    for (i = 0; i < 3; i++) {
        timers[i].on_due = on_number;
        timers[i].data = &numbers[i];
    }
    loop_timer_set(&loop, &timers[2], clock_monotonic() + 60);
    loop_timer_set(&loop, &timers[1], clock_monotonic() + 30);
    loop_timer_set(&loop, &timers[0], 0);
    while (order_len < 3) {
        CHECK(loop_turn(&loop) == 0);
    }
    for (i = 0; i < 3; i++) {
        CHECK(order[i] == i);
        CHECK(timers[i].place == 0);
    }
}

int main(void)
{
    CHECK(pipe(ends) == 0);
    CHECK(loop_open(&loop) == 0);
    test_busy_timer();
    test_order();
    return check_report();
}

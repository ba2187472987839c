#include "worker.h"

#include "log.h"
#include "scheduler.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Packets read from one worker before the others get their turn. */
#define WORKER_PACKETS 64

static int send_start(enum spawner spawner, int program, int fd)
{
    struct packet packet = {0};
    int result;

    packet_add(&packet, "start");
    if (program > 0) {
        packet_add_number(&packet, program);
    }
    result = packet_send(SPAWNER_FD + (int)spawner, &packet, fd);
    packet_free(&packet);
    return result;
}

int worker_spawn(enum spawner spawner, int program)
{
    int ends[2];
    int result;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return -1;
    }
    result = send_start(spawner, program, ends[1]);
    if (result == 0) {
        result = fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    if (close(ends[1]) < 0 || result < 0) {
        int saved = errno;
        close(ends[0]);
        errno = saved;
        return -1;
    }
    return ends[0];
}

static int greet(struct pool *pool, int fd)
{
    struct packet packet = {0};
    int result;

    if (!pool->rules->write_greeting) {
        return 0;
    }
    pool->rules->write_greeting(pool, &packet);
    result = packet_send(fd, &packet, -1);
    packet_free(&packet);
    return result;
}

static void handle_packet(struct worker *worker, struct packet *packet)
{
    const char *verb = packet_next(packet);
    int is_answer;

    if (!verb) {
        worker_expel(worker);
        return;
    }
    is_answer = strcmp(verb, "session") != 0 && strcmp(verb, "tls") != 0;
    worker->pool->rules->on_packet(worker, verb, packet);
    if (is_answer && !worker->is_expelled) {
        worker->has_answered = 1;
        worker->pool->failures = 0;
        worker->pool->has_blamed = 0;
    }
}

/* 1 where the worker is gone, or is to go. */
static int read_packets(struct worker *worker)
{
    struct packet *packet = &worker->pool->scheduler->packet;
    int was_reset = 0;
    int i;
    int fd;

    for (i = 0; i < WORKER_PACKETS; i++) {
        int result = packet_receive(worker->watch.fd, packet, &fd);
        if (result < 0 && (errno == EAGAIN || errno == EINTR)) {
            return 0;
        }
        /* A worker that ended with jobs unread: the kernel tells of that first, and
         * only then gives the worker's last words. */
        if (result < 0 && errno == ECONNRESET && !was_reset) {
            was_reset = 1;
            continue;
        }
        if (result <= 0) {
            return 1;
        }
        if (fd >= 0) {
            close(fd);
        }
        handle_packet(worker, packet);
        if (worker->is_expelled) {
            return 1;
        }
    }
    return 0;
}

static void on_ready(void *data, unsigned events)
{
    struct worker *worker = data;
    struct pool *pool = worker->pool;

    if (events & EPOLLOUT) {
        worker->is_full = 0;
        loop_watch_change(&pool->scheduler->loop, &worker->watch, EPOLLIN);
    }
    if ((events & ~(unsigned)EPOLLOUT) && read_packets(worker)) {
        pool_worker_gone(worker);
    }
    pool_wake(pool);
}

struct worker *worker_start(struct pool *pool)
{
    struct worker *worker;
    int fd = worker_spawn(pool->rules->spawner, 0);

    if (fd < 0 || greet(pool, fd) < 0) {
        log_failure("start-worker", "program", pool->rules->program, (char *)0);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    worker = memory_get(sizeof *worker);
    memset(worker, 0, sizeof *worker);
    worker->pool = pool;
    worker->started = worker->idle_since = clock_monotonic();
    worker->watch.fd = fd;
    worker->watch.on_ready = on_ready;
    worker->watch.data = worker;
    worker->next = pool->workers;
    pool->workers = worker;
    pool->worker_count++;
    pool->scheduler->worker_count[pool->rules->spawner]++;
    if (loop_watch_add(&pool->scheduler->loop, &worker->watch, EPOLLIN) < 0) {
        log_failure("watch-worker", (char *)0);
        worker_close(worker);
        return NULL;
    }
    return worker;
}

void worker_close(struct worker *worker)
{
    struct pool *pool = worker->pool;
    struct worker **at = &pool->workers;

    if (pool->rules->on_close) {
        pool->rules->on_close(worker);
    }
    while (*at != worker) {
        at = &(*at)->next;
    }
    *at = worker->next;
    pool->worker_count--;
    pool->scheduler->worker_count[pool->rules->spawner]--;
    loop_watch_remove(&pool->scheduler->loop, &worker->watch);
    close(worker->watch.fd);
    free(worker);
}

void worker_expel(struct worker *worker)
{
    log_event(LOG_LEVEL_WARNING, "bad-packet", "program", worker->pool->rules->program,
              (char *)0);
    worker->is_expelled = 1;
}

static enum worker_result judge_failure(struct worker *worker)
{
    if (errno == EAGAIN) {
        worker->is_full = 1;
        loop_watch_change(&worker->pool->scheduler->loop, &worker->watch,
                          EPOLLIN | EPOLLOUT);
        return WORKER_FULL;
    }
    if (errno == EPIPE || errno == ECONNRESET) {
        /* What it still said, and its end, is about to be read; it gets no more. */
        shutdown(worker->watch.fd, SHUT_WR);
        worker->is_finished = 1;
        return WORKER_FULL;
    }
    log_failure("send-job", "program", worker->pool->rules->program, (char *)0);
    return errno == EMSGSIZE ? WORKER_FAILED : WORKER_BUSY;
}

enum worker_result worker_send(struct worker *worker, struct job *job)
{
    struct pool *pool = worker->pool;
    struct packet *packet = &pool->scheduler->packet_out;
    int fd = -1;
    int result;

    packet_clear(packet);
    job->number = ++pool->scheduler->last_number;
    if (pool->rules->write_job(pool, job, packet, &fd) < 0) {
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? WORKER_BUSY
                                                                     : WORKER_FAILED;
    }
    result = packet_send(worker->watch.fd, packet, fd);
    if (fd >= 0) {
        int saved = errno;
        close(fd);
        errno = saved;
    }
    if (result < 0) {
        return judge_failure(worker);
    }
    job_list_add(&worker->jobs, job);
    pool->scheduler->jobs_in_hand++;
    if (pool->rules->on_sent) {
        pool->rules->on_sent(worker, job);
    }
    return WORKER_OK;
}

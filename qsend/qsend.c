/* qsend: the scheduler. Takes messages over from queue/new, has qlocal and qremote
 * deliver them, qmx look exchangers up and qnotify make bounces and forwards, and
 * keeps what could not be delivered for later attempts.
 *
 *   qsend
 *
 * Runs as the queue's user (pombo-q), started by qstart. Nothing in it blocks on
 * the network, on a delivery or on a sync.
 * Where memory runs out it waits for some.
 * fd 2: the log. fd 4, 5, 6, 7: sockets to the spawners of qlocal, qremote, qmx,
 * qnotify. Environment: POMBO_DIR. Files: etc/tables.cdb; queue/, its lock too.
 * Signals: TERM, INT end it after the jobs in hand (at most 20 seconds); HUP reads
 * the tables anew and writes what was counted of TLS; ALRM tries all deferred mail now.
 * Exit codes: 0 stopped; 100 wrong usage; 102 no tables; 111 otherwise. */
#include "derived.h"
#include "exitcode.h"
#include "local.h"
#include "log.h"
#include "notice.h"
#include "paths.h"
#include "scheduler.h"
#include "text.h"
#include "walls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS 20

static struct scheduler scheduler;
static struct loop_watch signals;
static struct loop_watch spawners[SPAWNER_COUNT];
static struct loop_timer stop_timer;
static int exit_code = EXITCODE_DONE;

static void die(const char *what, int code)
{
    log_failure(what, (char *)0);
    exit(code);
}

static void tell_exhaustion(void)
{
    static int is_told;

    if (!is_told) {
        is_told = 1;
        log_event(LOG_LEVEL_ERROR, "out-of-memory", (char *)0);
    }
}

static void on_stop_due(void *data)
{
    (void)data;
    log_event(LOG_LEVEL_WARNING, "unfinished", (char *)0);
    scheduler.jobs_in_hand = 0;
}

static void wake_destination(struct destination *destination)
{
    pool_wake(&destination->pool);
}

/* Idle workers are closed at once, the others after their last job. */
static void stop(int code)
{
    if (scheduler.is_stopping) {
        return;
    }
    scheduler.is_stopping = 1;
    exit_code = code;
    log_event(LOG_LEVEL_INFO, "stopping", (char *)0);
    intake_stop(&scheduler);
    pool_wake(&scheduler.local);
    pool_wake(&scheduler.notices);
    pool_wake(&scheduler.questions[QUESTION_NEW]);
    pool_wake(&scheduler.questions[QUESTION_OLD]);
    destination_each(&scheduler, wake_destination);
    loop_timer_set(&scheduler.loop, &stop_timer, clock_deadline(STOP_SECONDS));
}

static void flush(void)
{
    log_event(LOG_LEVEL_INFO, "flush", (char *)0);
    lookup_flush(&scheduler);
    destination_flush(&scheduler);
    wheel_flush(&scheduler);
    intake_scan(&scheduler);
}

static void on_signal(void *data, unsigned events)
{
    struct signalfd_siginfo info;

    (void)data;
    (void)events;
    while (read(signals.fd, &info, sizeof info) == sizeof info) {
        switch (info.ssi_signo) {
        case SIGHUP:
            tls_counts_flush(&scheduler.tls_counts);
            lookup_renew(&scheduler);
            scheduler_refresh(&scheduler, 1);
            break;
        case SIGALRM:
            flush();
            break;
        default:
            stop(EXITCODE_DONE);
        }
    }
}

/* Spawners never speak: this one is gone, and without it there is no work. */
static void on_spawner(void *data, unsigned events)
{
    struct loop_watch *watch = data;

    (void)events;
    loop_watch_remove(&scheduler.loop, watch);
    log_event(LOG_LEVEL_ERROR, "spawner-died", (char *)0);
    stop(EXITCODE_TEMPORARY);
}

/* Before the lock tells our pid to who has a signal for us. */
static void take_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGALRM);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* the spawners, once qstart's children */
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0 ||
        (signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0) {
        die("signals", EXITCODE_TEMPORARY);
    }
}

static void watch_signals(void)
{
    signals.on_ready = on_signal;
    if (loop_watch_add(&scheduler.loop, &signals, EPOLLIN) < 0) {
        die("signals", EXITCODE_TEMPORARY);
    }
}

/* Before any descriptor is opened that might get one of the numbers. */
static void take_spawners(void)
{
    int i;

    for (i = 0; i < SPAWNER_COUNT; i++) {
        if (fcntl(SPAWNER_FD + i, F_SETFD, FD_CLOEXEC) < 0 ||
            fcntl(SPAWNER_FD + i, F_SETFL, O_NONBLOCK) < 0) {
            die("spawners", EXITCODE_PERMANENT);
        }
    }
}

static void watch_spawners(void)
{
    int i;

    for (i = 0; i < SPAWNER_COUNT; i++) {
        spawners[i].fd = SPAWNER_FD + i;
        spawners[i].on_ready = on_spawner;
        spawners[i].data = &spawners[i];
        if (loop_watch_add(&scheduler.loop, &spawners[i], EPOLLIN) < 0) {
            die("spawners", EXITCODE_TEMPORARY);
        }
    }
}

/* Paths are made from POMBO_DIR again and again, after the change of folder too. */
static void make_absolute(void)
{
    const char *dir = getenv("POMBO_DIR");
    char absolute[PATH_MAX];

    if (dir && dir[0] != '/' &&
        (!realpath(dir, absolute) || setenv("POMBO_DIR", absolute, 1) < 0)) {
        die("POMBO_DIR", EXITCODE_CONFIGURATION);
    }
}

/* What is accepted into new/ is as safe as the folder's own name. */
static void sync_queue(void)
{
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0 || close(fd) < 0) {
        die("sync", EXITCODE_TEMPORARY);
    }
}

static void enter_queue(void)
{
    static const char *const folders[] = {"tmp", "new", "cur", "wheel", "corrupt"};
    stralloc path = STRALLOC_ZERO;
    int is_made = 0;
    size_t i;

    if (chdir(path_make(&path, PATH_QUEUE, "")) < 0) {
        log_failure("queue", "path", path.s, (char *)0);
        exit(EXITCODE_TEMPORARY);
    }
    text_free(&path);
    for (i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdir(folders[i], 0700) == 0) {
            is_made = 1;
        } else if (errno != EEXIST) {
            die(folders[i], EXITCODE_TEMPORARY);
        }
    }
    if (is_made) {
        sync_queue();
    }
}

/* The descriptor stays open: closing any of the file would drop the lock. */
static void lock_queue(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open("lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0) {
        die("lock", EXITCODE_TEMPORARY);
    }
}

/* Descriptors on their way to workers count too. */
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void open_all(void)
{
    if (loop_open(&scheduler.loop) < 0) {
        die("loop", EXITCODE_TEMPORARY);
    }
    watch_signals();
    watch_spawners();
    stop_timer.on_due = on_stop_due;
    local_open(&scheduler);
    notice_open(&scheduler);
    lookup_open(&scheduler);
    destination_open(&scheduler);
    tls_reporter_open(&scheduler);
    if (wheel_open(&scheduler) < 0) {
        die("wheel", EXITCODE_TEMPORARY);
    }
    scheduler.has_settled = derived_settle_all(&scheduler) == 0;
    if (intake_open(&scheduler) < 0) {
        die("intake", EXITCODE_TEMPORARY);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    log_open("qsend");
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "usage", "qsend", (char *)0);
        return EXITCODE_PERMANENT;
    }
    text_wait_on_exhaustion(tell_exhaustion);
    take_spawners();
    take_signals();
    umask(077);
    make_absolute();
    if (scheduler_read_tables(&scheduler) < 0) {
        die("tables", EXITCODE_CONFIGURATION);
    }
    enter_queue();
    lock_queue();
    raise_limits();
    walls_enter(WALLS_QSEND, NULL);
    if (clock_gettime(CLOCK_REALTIME_COARSE, &scheduler.started) < 0) {
        die("clock", EXITCODE_TEMPORARY);
    }
    open_all();
    log_event(LOG_LEVEL_INFO, "start", (char *)0);
    while (!scheduler.is_stopping || scheduler.jobs_in_hand > 0) {
        if (loop_turn(&scheduler.loop) < 0) {
            die("wait", EXITCODE_TEMPORARY);
        }
    }
    tls_reporter_close(&scheduler);
    log_event(LOG_LEVEL_INFO, "stop", (char *)0);
    return exit_code;
}

#include "serve.h"

#include "log.h"
#include "settings.h"
#include "text.h"
#include "tickets.h"
#include "walls.h"
#include "warmup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REST_MILLISECONDS 500
#define STOP_STEPS 250
#define ACCEPTS_IN_A_ROW 64

void server_read_settings(struct server *server)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_1_VERSION, TLS1_VERSION};
    const char *oldest = setting_text(&server->tables, SET_tls_oldest);

    server->settings.handshake_seconds =
        setting_number(&server->tables, SET_tls_handshake_timeout);
    server->settings.oldest = versions[oldest[2] == '2' ? 0 : oldest[2] == '1' ? 1 : 2];
    server->sessions_wanted =
        (unsigned)setting_number(&server->tables, SET_tls_sessions);
    server->store.host_name = setting_host_name(&server->tables);
}

int server_open_signals(struct server *server)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, the children could not be counted */
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) {
        return -1;
    }
    server->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return server->signals < 0 ? -1 : 0;
}

int server_open_children(struct server *server)
{
    server->sessions_most = server->sessions_wanted;
    return child_table_init(&server->children, server->sessions_most);
}

static void reap(struct server *server)
{
    uint32_t unused;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        child_remove(&server->children, pid, &unused);
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM) {
            struct log_line line;
            log_begin(&line, LOG_LEVEL_ERROR, "crashed");
            log_number(&line, "session", pid);
            log_number(&line, "signal", WTERMSIG(status));
            log_end(&line);
        }
    }
}

/* New certificates, keys of tickets and settings, for the sessions from here on. */
static void refresh(struct server *server, int is_asked)
{
    int is_due = is_asked || clock_monotonic() >= server->store.next_look;

    if (!is_due) {
        return;
    }
    if (tables_refresh(&server->tables) > 0) {
        server_read_settings(server);
    }
    store_refresh(&server->store, is_asked);
    if (!server->is_warm && server->store.count > 0) {
        server->is_warm = 1;
        warmup_run(server->context);
    }
    if (tickets_rotate() < 0) {
        log_event(LOG_LEVEL_ERROR, "tickets", "why", "no randomness", (char *)0);
    }
}

static void read_signals(struct server *server)
{
    struct signalfd_siginfo info;

    while (read(server->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            reap(server);
        } else if (info.ssi_signo == SIGHUP) {
            refresh(server, 1);
        } else {
            server->is_stopping = 1;
        }
    }
}

/* The child's side: what is the server's goes, and the walls become closer. */
static void become_session(struct server *server, int door) __attribute__((noreturn));

static void become_session(struct server *server, int door)
{
    sigset_t none;

    close(server->listener);
    close(server->signals);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    text_on_exhaustion(NULL);
    walls_enter(WALLS_TLS_SESSION, NULL);
    _exit(session_serve_door(door, server->context, &server->store, &server->settings));
}

static void turn_away(int door)
{
    static const char busy[] = "NO too many sessions at once\n";

    (void)send(door, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int is_full(const struct server *server)
{
    return server->children.count >= server->sessions_most ||
           server->children.count >= server->sessions_wanted;
}

static void start_session(struct server *server, int door)
{
    pid_t pid;

    if (is_full(server)) {
        reap(server); /* some may have ended by now */
    }
    if (is_full(server)) {
        if (!server->has_told_full) {
            log_event(LOG_LEVEL_WARNING, "full", "limit", "tls_sessions", (char *)0);
        }
        server->has_told_full = 1;
        turn_away(door);
        return;
    }
    server->has_told_full = 0;
    pid = fork();
    if (pid == 0) {
        become_session(server, door);
    }
    if (pid < 0) {
        log_failure("fork", (char *)0);
        turn_away(door);
        return;
    }
    child_add(&server->children, pid, 0);
}

/* Errors that last a while are waited out. */
static void accept_some(struct server *server)
{
    int i;

    for (i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        int door = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (door >= 0) {
            refresh(server, 0);
            start_session(server, door);
            close(door);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log_failure("accept", (char *)0);
            poll(NULL, 0, REST_MILLISECONDS);
            return;
        }
    }
}

static void end_sessions(struct server *server)
{
    const struct timespec step = {.tv_nsec = 20 * 1000000L};
    int i;

    child_signal_all(&server->children, SIGTERM);
    for (i = 0; i < STOP_STEPS && server->children.count > 0; i++) {
        reap(server);
        nanosleep(&step, NULL);
    }
    child_signal_all(&server->children, SIGKILL);
}

void server_run(struct server *server)
{
    refresh(server, 1);
    while (!server->is_stopping) {
        struct pollfd pollers[2] = {{.fd = server->signals, .events = POLLIN},
                                    {.fd = server->listener, .events = POLLIN}};
        if (poll(pollers, 2, -1) < 0) {
            if (errno != EINTR) {
                log_failure("poll", (char *)0);
                poll(NULL, 0, REST_MILLISECONDS);
            }
            continue;
        }
        if (pollers[0].revents) {
            read_signals(server);
        }
        if (pollers[1].revents && !server->is_stopping) {
            accept_some(server);
        }
    }
    close(server->listener);
    end_sessions(server);
}

#include "serve.h"

#include "signals.h"

#include <errno.h>
#include <io.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REST_MILLISECONDS 1000
#define STOP_MILLISECONDS 5000
#define ACCEPTS_IN_A_ROW 64

struct connection {
    int fd;
    struct peer remote;
    struct peer local;
    struct peer_key key;
};

/* A session that was ended from outside has not crashed. */
static bool has_crashed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM &&
           WTERMSIG(status) != SIGKILL;
}

static void reap(struct server *server)
{
    uint32_t source;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (child_remove(&server->children, pid, &source) == 0) {
            source_release(&server->sources, source);
            report_closed(&server->report, pid, status, server->children.count);
            if (has_crashed(status)) {
                template_process_end(&server->template);
            }
        } else {
            template_process_reaped(&server->template, pid);
        }
    }
}

/* The text goes out with the FIN behind it. What the client has sent by now is read,
 * because closing a socket with unread bytes resets the connection, and the reset
 * may overtake the text. */
static void turn_away(const struct server *server, int fd)
{
    const char *busy = server->options->busy;
    char unread[1024];

    if (*busy) {
        send(fd, busy, strlen(busy), MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
        send(fd, "\r\n", 2, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    shutdown(fd, SHUT_WR);
    recv(fd, unread, sizeof unread, MSG_DONTWAIT);
}

/* The name of the limit that CONNECTION would break, or NULL. */
static const char *find_excess(const struct server *server,
                               const struct connection *connection, unsigned *limit)
{
    const struct options *options = server->options;

    *limit = options->connections;
    if (server->children.count >= *limit) {
        return "all";
    }
    *limit = options->per_source;
    if (!peer_is_exempt(&connection->remote) &&
        source_count(&server->sources, &connection->key) >= *limit) {
        return "source";
    }
    return NULL;
}

static bool is_within_limits(struct server *server, const struct connection *connection)
{
    unsigned limit;
    const char *why = find_excess(server, connection, &limit);

    if (why) {
        reap(server); /* some may have ended by now */
        why = find_excess(server, connection, &limit);
    }
    if (why) {
        report_refusal(&server->report, &connection->remote, why, limit);
    }
    return !why;
}

static pid_t run_program(struct server *server, const struct connection *connection)
{
    struct variables variables =
        starter_describe(&server->starter, &connection->remote, &connection->local);

    return starter_run(&server->starter, connection->fd, &variables);
}

/* By the template, a new one where it wanted to be replaced; else in the usual way. */
static pid_t run_template(struct server *server, const struct connection *connection)
{
    struct variables variables;
    pid_t pid;
    int tries;

    for (tries = 0; tries < 2 && template_process_ready(&server->template); tries++) {
        variables =
            starter_describe(&server->starter, &connection->remote, &connection->local);
        pid = template_process_run(&server->template, connection->fd, &variables);
        if (pid <= 0 && errno != ESTALE) {
            report_fault(&server->report, "template");
        }
        if (pid != 0) {
            return pid;
        }
    }
    return run_program(server, connection);
}

static void start(struct server *server, const struct connection *connection)
{
    pid_t pid = server->options->has_template ? run_template(server, connection)
                                              : run_program(server, connection);
    uint32_t source = SOURCE_NONE;

    if (pid < 0) {
        report_fault(&server->report, "spawn");
        turn_away(server, connection->fd);
        return;
    }
    if (!peer_is_exempt(&connection->remote)) {
        source = source_add(&server->sources, &connection->key);
    }
    child_add(&server->children, pid, source);
    report_open(&server->report, pid, &connection->remote, server->children.count);
}

static int read_ends(struct connection *connection,
                     const struct sockaddr_storage *remote)
{
    struct sockaddr_storage local = {0};
    socklen_t len = sizeof local;

    if (peer_read(&connection->remote, remote, connection->fd) < 0 ||
        getsockname(connection->fd, (struct sockaddr *)&local, &len) < 0) {
        return -1;
    }
    return peer_read(&connection->local, &local, connection->fd);
}

static void handle(struct server *server, int fd, const struct sockaddr_storage *remote)
{
    struct connection connection = {.fd = fd};

    if (read_ends(&connection, remote) < 0) {
        return; /* gone already */
    }
    peer_key(&connection.remote, server->options->bits4, server->options->bits6,
             &connection.key);
    if (is_within_limits(server, &connection)) {
        start(server, &connection);
    } else {
        turn_away(server, fd);
    }
}

static void read_signals(struct server *server)
{
    struct signalfd_siginfo info;

    while (read(server->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            reap(server);
        } else if (info.ssi_signo != SIGHUP && !server->is_stopping) {
            server->is_stopping = true;
            report_stop((int)info.ssi_signo, server->children.count);
        }
    }
    io_eagain_read(server->signal_fd);
}

static int64 read_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Minds nothing but signals for a moment. Not by io_dontwantread, after which the
 * descriptor would stay unwanted for good: libowfat 0.32 loses the next
 * io_wantread. */
static void rest(struct server *server)
{
    struct pollfd signals = {.fd = server->signal_fd, .events = POLLIN};
    int64 end = read_milliseconds() + REST_MILLISECONDS;
    int64 left = REST_MILLISECONDS;

    while (left > 0 && !server->is_stopping) {
        if (poll(&signals, 1, (int)left) > 0) {
            read_signals(server);
        }
        left = end - read_milliseconds();
    }
}

/* Errors of one connection that broke off before it was accepted; all others are
 * ours and last for a while. */
static bool is_of_connection(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO ||
           error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN ||
           error == ENONET || error == EHOSTUNREACH || error == EOPNOTSUPP ||
           error == ENETUNREACH || error == EPERM || error == ETIMEDOUT;
}

static void accept_some(struct server *server, int listener)
{
    struct sockaddr_storage remote;
    socklen_t len;
    int i;
    int fd;

    for (i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        remote.ss_family = AF_UNSPEC;
        len = sizeof remote;
        fd = accept4(listener, (struct sockaddr *)&remote, &len, SOCK_CLOEXEC);
        if (fd >= 0) {
            handle(server, fd, &remote);
            close(fd);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            io_eagain_read(listener);
            return;
        } else {
            report_fault(&server->report, "accept");
            if (!is_of_connection(errno)) {
                rest(server);
                return;
            }
        }
    }
}

/* libowfat does not tell where epoll_ctl failed. Of a descriptor that is being watched
 * it says that it is there already. */
static bool is_watched(int fd)
{
    extern int io_master;
    struct epoll_event event = {.events = 0};

    return epoll_ctl(io_master, EPOLL_CTL_ADD, fd, &event) < 0 && errno == EEXIST;
}

int server_init(struct server *server)
{
    size_t i;

    server->report.is_verbose = server->options->is_verbose;
    if (source_table_init(&server->sources, server->options->connections) < 0 ||
        child_table_init(&server->children, server->options->connections) < 0 ||
        (server->signal_fd = signals_open()) < 0 || !io_fd(server->signal_fd)) {
        return -1;
    }
    io_wantread(server->signal_fd);
    for (i = 0; i < server->endpoints_len; i++) {
        io_nonblock(
            server->endpoints[i].fd); /* io_fd does not, and passed ones block */
        if (!io_fd(server->endpoints[i].fd)) {
            return -1;
        }
        io_wantread(server->endpoints[i].fd);
        if (!is_watched(server->endpoints[i].fd)) {
            return -1;
        }
    }
    return is_watched(server->signal_fd) ? 0 : -1;
}

static void serve(struct server *server)
{
    int64 fd;

    io_waituntil2(-1);
    while (!server->is_stopping && (fd = io_canread()) >= 0) {
        if (fd == server->signal_fd) {
            read_signals(server);
        } else {
            accept_some(server, (int)fd);
        }
    }
}

static void close_endpoints(struct server *server)
{
    size_t i;

    for (i = 0; i < server->endpoints_len; i++) {
        endpoint_remove(server->endpoints + i);
        io_close(server->endpoints[i].fd);
    }
    server->endpoints_len = 0;
}

static void end_children(struct server *server)
{
    const struct timespec step = {.tv_nsec = 20 * 1000000L};
    int waited;

    child_signal_all(&server->children, SIGTERM);
    for (waited = 0; waited < STOP_MILLISECONDS && server->children.count;
         waited += 20) {
        reap(server);
        if (server->children.count) {
            nanosleep(&step, NULL);
        }
    }
    child_signal_all(&server->children, SIGKILL);
    while (server->children.count) {
        reap(server);
        nanosleep(&step, NULL);
    }
}

void server_run(struct server *server)
{
    while (!server->is_stopping) {
        serve(server);
    }
    close_endpoints(server);
    template_process_end(&server->template);
    end_children(server);
}

void server_free(struct server *server)
{
    source_table_free(&server->sources);
    child_table_free(&server->children);
    close(server->signal_fd);
    io_finishandshutdown();
}

#include "../../door/forker.h"
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MILLISECONDS 20000

static void note(void *data, int is_asked)
{
    const int *fd = data;

    if (write(*fd, is_asked ? "a" : "i", 1) != 1) {
        abort();
    }
}

/* Nobody ever connects. */
static int make_listener(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    return bind(fd, (struct sockaddr *)&address, sizeof address.sun_family) == 0 &&
                   listen(fd, 1) == 0
               ? fd
               : -1;
}

static pid_t start(int idle, int notes[2])
{
    pid_t pid;

    if (pipe(notes) < 0) {
        abort();
    }
    pid = fork();
    if (pid == 0) {
        struct forker forker = {.listener = make_listener(),
                                .most = 1,
                                .refresh = note,
                                .idle = idle,
                                .data = &notes[1]};
        if (forker.listener < 0 || forker_open(&forker) < 0) {
            _exit(1);
        }
        forker_run(&forker);
        child_table_free(&forker.children);
        _exit(0);
    }
    close(notes[1]);
    return pid;
}

/* What comes next within so much time; 0: nothing. */
static char next(int fd, int milliseconds)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&poller, 1, milliseconds) == 1 && read(fd, &byte, 1) == 1 ? byte : 0;
}

static void stop(pid_t pid, int notes)
{
    int status;

    kill(pid, SIGTERM);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    close(notes);
}

static void check_idle(void)
{
    int notes[2];
    pid_t pid = start(1, notes);

    CHECK_NUMBER(next(notes[0], PATIENCE_MILLISECONDS), 'a');
    CHECK_NUMBER(next(notes[0], 500), 0);
    CHECK_NUMBER(next(notes[0], PATIENCE_MILLISECONDS), 'i');
    CHECK_NUMBER(next(notes[0], PATIENCE_MILLISECONDS), 'i');
    kill(pid, SIGHUP);
    CHECK_NUMBER(next(notes[0], PATIENCE_MILLISECONDS), 'a');
    stop(pid, notes[0]);
}

static void check_without(void)
{
    int notes[2];
    pid_t pid = start(0, notes);

    CHECK_NUMBER(next(notes[0], PATIENCE_MILLISECONDS), 'a');
    CHECK_NUMBER(next(notes[0], 1500), 0);
    stop(pid, notes[0]);
}

int main(void)
{
    check_idle();
    check_without();
    return check_report();
}

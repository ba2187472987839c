/* Which processes pombo takes for its own. Signal 0 alone is sent here, so that a fault
 * harms nobody. */
#include "../../admin/process.h"
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child in a session of its own, with a child in turn; ends when killed. */
static pid_t start_session(void)
{
    int ready[2];
    char byte;
    pid_t pid;

    CHECK(pipe(ready) == 0);
    pid = fork();
    if (pid == 0) {
        setsid();
        if (fork() == 0) {
            CHECK(write(ready[1], "x", 1) == 1);
        }
        for (;;) {
            pause();
        }
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void test_never_started(void)
{
    struct process nobody[3] = {{0, 0}, {1, 0}, {-1, 0}};
    int i;

    CHECK_NUMBER(process_signal_sessions(nobody, 3, 0), 0);
    for (i = 0; i < 3; i++) {
        CHECK(!process_is_alive(&nobody[i]));
    }
}

static void test_session(void)
{
    struct process leader, other;
    pid_t session;
    pid_t pid = start_session();

    CHECK(process_read(pid, &leader, &session) == 0);
    CHECK(session == pid);
    CHECK(process_is_alive(&leader));
    CHECK_NUMBER(process_signal_sessions(&leader, 1, 0), 2);

    /* The same pid with another start is another process. */
    other = leader;
    other.start++;
    CHECK(!process_is_alive(&other));
    CHECK_NUMBER(process_signal_sessions(&other, 1, 0), 0);
    process_signal(&other, SIGKILL);
    CHECK(waitpid(pid, NULL, WNOHANG) == 0);

    process_signal(&leader, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(!process_is_alive(&leader));
    /* Its child is left, and still of its session. */
    CHECK_NUMBER(process_signal_sessions(&leader, 1, SIGKILL), 1);
}

static void test_zombie(void)
{
    struct process process;
    pid_t session;
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    CHECK(process_read(pid, &process, &session) == -1);
    CHECK(waitpid(pid, NULL, 0) == pid);
}

int main(void)
{
    test_never_started();
    test_session();
    test_zombie();
    return check_report();
}

/* tracer: runs a program with all its children, and does one of these to one of them:
 * records its system calls, kills it before or after one, lets one fail, or lets the
 * disk be full for it after so many bytes. For the crash tests; static programs are
 * traced like others. x86-64 alone.
 *
 *   tracer -p NAME [-i I] -o REPORT [PLAN] PROGRAM ARGS...
 *
 * The target is the Ith process (first: 1) that executes a file named NAME, from there
 * to its end or its next exec.
 *   -k N               SIGKILL at its Nth stop; each call has two, at entry and exit
 *   -f CALL:N:ERRNO    its Nth call of that number fails with ERRNO and does nothing;
 *                      close does close. ERRNO -1: moves half of the bytes alone
 *   -b BYTES           regular files that it writes can grow by BYTES in all, until
 *                      tracer gets SIGUSR1
 *   -m CALLS           it is ended as a busy loop after so many calls
 * REPORT is written when the target ends: a line of "stops N", "calls N", "hit N" (the
 * call that failed; 0: none), "grown BYTES" (of -b), "end exit|signal|exec|busy
 * NUMBER", "numbers N...", and before, "started PID". Where tracer is killed, all that
 * it traces dies. Exit code: that of PROGRAM, or 128 + its signal, when all processes
 * have ended. */
#include "injection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define KNOWN_MAX 4096

static struct {
    const char *name;
    const char *report;
    int which;
    long kill_at;
    long calls_max;
} options = {.which = 1};

static struct injection injection = {.disk_left = -1};
static pid_t target; /* 0: not yet; -1: over */
static pid_t known[KNOWN_MAX];
static int known_count;
static int named_so_far;
static long stops;
static int is_in_call, is_busy;

static void give_room(int number)
{
    (void)number;
    injection.disk_left = -1;
}

static void die(const char *what)
{
    perror(what);
    exit(111);
}

static void write_report(const char *end, int number)
{
    char path[4096];
    FILE *out;
    long i;

    snprintf(path, sizeof path, "%s.new", options.report);
    out = fopen(path, "we");
    if (!out) {
        die(path);
    }
    fprintf(out,
            "started %d\nstops %ld\ncalls %ld\nhit %ld\ngrown %lld\nend %s %d\n"
            "numbers",
            (int)target, stops, injection.calls, injection.hit_at, injection.grown, end,
            number);
    for (i = 0; i < injection.calls; i++) {
        fprintf(out, " %d", injection.numbers[i]);
    }
    fputc('\n', out);
    if (fclose(out) != 0 || rename(path, options.report) < 0) {
        die(path);
    }
}

static void end_target(const char *end, int number)
{
    write_report(is_busy ? "busy" : end, number);
    target = -1;
}

static int is_named(pid_t pid)
{
    char path[64];
    char executable[4096];
    const char *base;
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    len = readlink(path, executable, sizeof executable - 1);
    if (len <= 0) {
        return 0;
    }
    executable[len] = '\0';
    base = strrchr(executable, '/');
    return base && strcmp(base + 1, options.name) == 0;
}

static void on_exec(pid_t pid)
{
    if (pid == target) {
        end_target("exec", 0);
    } else if (target == 0 && is_named(pid) && ++named_so_far == options.which) {
        target = pid;
        is_in_call = 1; /* the exec itself, whose exit comes next */
    }
}

static void on_call_stop(pid_t pid)
{
    stops++;
    if (stops == options.kill_at) {
        kill(pid, SIGKILL);
        return;
    }
    if (is_in_call) {
        injection_at_exit(&injection, pid);
    } else {
        injection_at_entry(&injection, pid);
        if (options.calls_max && injection.calls > options.calls_max) {
            is_busy = 1;
            kill(pid, SIGKILL);
        }
    }
    is_in_call = !is_in_call;
}

static int is_known(pid_t pid)
{
    int i;

    for (i = 0; i < known_count; i++) {
        if (known[i] == pid) {
            return 1;
        }
    }
    if (known_count == KNOWN_MAX) {
        die("tracer: too many processes");
    }
    known[known_count++] = pid;
    return 0;
}

static void forget(pid_t pid)
{
    int i;

    for (i = 0; i < known_count; i++) {
        if (known[i] == pid) {
            known[i] = known[--known_count];
            return;
        }
    }
}

/* The signal that the stopped process is to get when it goes on. */
static int on_stop(pid_t pid, int status)
{
    int number = WSTOPSIG(status);

    if (number == (SIGTRAP | 0x80)) {
        if (pid == target) {
            on_call_stop(pid);
        }
        return 0;
    }
    if (!is_known(pid) && number == SIGSTOP) {
        return 0; /* a new child */
    }
    if (number == SIGTRAP) {
        if (status >> 16 == PTRACE_EVENT_EXEC) {
            on_exec(pid);
        }
        return 0;
    }
    return number;
}

static void on_end(pid_t pid, int status)
{
    forget(pid);
    if (pid == target) {
        end_target(WIFEXITED(status) ? "exit" : "signal",
                   WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
}

static int follow_all(pid_t first)
{
    int code = 111;
    int status;

    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) {
            continue;
        }
        if (pid < 0) {
            return code;
        }
        if (WIFSTOPPED(status)) {
            int number = on_stop(pid, status);
            /* Fails where the process was killed meanwhile; its end comes next. */
            ptrace(pid == target ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, number);
            continue;
        }
        on_end(pid, status);
        if (pid == first) {
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    }
}

static pid_t begin(char **argv)
{
    const long wanted = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
                        PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    pid_t pid = fork();
    int status;

    if (pid < 0) {
        die("tracer: fork");
    }
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[0], argv);
        die(argv[0]);
    }
    if (waitpid(pid, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, pid, 0, wanted) < 0 ||
        ptrace(PTRACE_CONT, pid, 0, 0) < 0) {
        die("tracer: ptrace");
    }
    is_known(pid);
    return pid;
}

static void parse_options(int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "+p:i:o:k:f:b:m:")) != -1) {
        switch (c) {
        case 'p':
            options.name = optarg;
            break;
        case 'i':
            options.which = (int)strtol(optarg, NULL, 10);
            break;
        case 'o':
            options.report = optarg;
            break;
        case 'k':
            options.kill_at = strtol(optarg, NULL, 10);
            break;
        case 'f':
            if (sscanf(optarg, "%ld:%ld:%ld", &injection.fail_call, &injection.fail_nth,
                       &injection.fail_error) != 3) {
                exit(100);
            }
            break;
        case 'b':
            injection.disk_left = strtoll(optarg, NULL, 10);
            break;
        case 'm':
            options.calls_max = strtol(optarg, NULL, 10);
            break;
        default:
            exit(100);
        }
    }
    if (optind >= argc || !options.name || !options.report) {
        fprintf(stderr, "usage: tracer -p NAME [-i I] -o REPORT [-k N] "
                        "[-f CALL:N:ERRNO] [-b BYTES] [-m CALLS] PROGRAM ARGS...\n");
        exit(100);
    }
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    signal(SIGUSR1, give_room);
    return follow_all(begin(argv + optind));
}

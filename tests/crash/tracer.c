/* tracer: runs a program and counts its system calls, kills it at one of them, or lets
 * one of them fail. For the crash tests; static programs are traced as well.
 *
 *   tracer -o FILE PROGRAM ARGS...         appends to FILE a line a call: its number
 *   tracer -k N PROGRAM ARGS...            SIGKILL at the Nth stop; each call has two,
 * at its entry and at its exit tracer -f N -e ERRNO [-s NUMBER,...] PROGRAM ARGS... the
 * Nth call (of those numbers) fails, undone -m FILE   only the first process does so:
 * FILE is made, and where it is there already the program simply runs
 *
 * Children of the program are not traced. Signals to the tracer go on to the program;
 * its exit code is the program's. x86-64 alone, as is what runs it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
    const char *output;
    const char *marker;
    const char *numbers; /* "1,18,74", or NULL for all */
    long kill_at;
    long fail_at;
    long fail_errno;
};

static pid_t traced;

static void pass_signal(int number)
{
    kill(traced, number);
}

static void die(const char *what)
{
    perror(what);
    exit(111);
}

static int number_is_wanted(const struct options *options, unsigned long long number)
{
    const char *p = options->numbers;

    while (p && *p) {
        char *end;
        if (strtoull(p, &end, 10) == number) {
            return 1;
        }
        p = *end == ',' ? end + 1 : NULL;
    }
    return !options->numbers;
}

/* The state of one trace. */
struct trace {
    const struct options *options;
    FILE *output;
    long stops, wanted_calls;
    int in_call;
    int is_failing; /* the call under way gets fail_errno at its exit */
};

static void at_entry(struct trace *trace, struct user_regs_struct *registers)
{
    if (trace->output) {
        fprintf(trace->output, "%llu\n", registers->orig_rax);
        fflush(trace->output);
    }
    if (trace->options->fail_at &&
        number_is_wanted(trace->options, registers->orig_rax) &&
        ++trace->wanted_calls == trace->options->fail_at) {
        registers->orig_rax = (unsigned long long)-1;
        trace->is_failing = 1;
        ptrace(PTRACE_SETREGS, traced, 0, registers);
    }
}

static void at_exit(struct trace *trace, struct user_regs_struct *registers)
{
    if (trace->is_failing) {
        registers->rax = (unsigned long long)-trace->options->fail_errno;
        trace->is_failing = 0;
        ptrace(PTRACE_SETREGS, traced, 0, registers);
    }
}

static void on_call_stop(struct trace *trace)
{
    struct user_regs_struct registers;

    trace->stops++;
    if (trace->stops == trace->options->kill_at) {
        kill(traced, SIGKILL);
        return;
    }
    if (ptrace(PTRACE_GETREGS, traced, 0, &registers) < 0) {
        return; /* it died meanwhile; waitpid tells */
    }
    if (trace->in_call) {
        at_exit(trace, &registers);
    } else {
        at_entry(trace, &registers);
    }
    trace->in_call = !trace->in_call;
}

/* Runs the program to its end; returns its exit code, 128 + signal where it was killed.
 */
static int follow(struct trace *trace)
{
    int status;
    int pass = 0;

    for (;;) {
        ptrace(PTRACE_SYSCALL, traced, 0, pass);
        pass = 0;
        while (waitpid(traced, &status, 0) < 0) {
            if (errno != EINTR) {
                die("tracer: waitpid");
            }
        }
        if (WIFEXITED(status)) {
            return WEXITSTATUS(status);
        }
        if (WIFSIGNALED(status)) {
            return 128 + WTERMSIG(status);
        }
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            on_call_stop(trace);
        } else if (WSTOPSIG(status) != SIGTRAP) {
            pass = WSTOPSIG(status); /* a signal of its own goes on to it */
        }
    }
}

static void run_program(char **argv)
{
    execv(argv[0], argv);
    die(argv[0]);
}

static void begin(char **argv)
{
    int status;

    traced = fork();
    if (traced < 0) {
        die("tracer: fork");
    }
    if (traced == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        run_program(argv);
    }
    if (waitpid(traced, &status, 0) < 0 ||
        ptrace(PTRACE_SETOPTIONS, traced, 0,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) < 0) {
        die("tracer: ptrace");
    }
}

static void parse_options(struct options *options, int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "+o:m:s:k:f:e:")) != -1) {
        switch (c) {
        case 'o':
            options->output = optarg;
            break;
        case 'm':
            options->marker = optarg;
            break;
        case 's':
            options->numbers = optarg;
            break;
        case 'k':
            options->kill_at = strtol(optarg, NULL, 10);
            break;
        case 'f':
            options->fail_at = strtol(optarg, NULL, 10);
            break;
        case 'e':
            options->fail_errno = strtol(optarg, NULL, 10);
            break;
        default:
            exit(100);
        }
    }
    if (optind >= argc) {
        fprintf(stderr, "usage: tracer [-o FILE] [-m FILE] [-k N] [-f N -e ERRNO "
                        "[-s NUMBERS]] PROGRAM ARGS...\n");
        exit(100);
    }
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct trace trace = {.options = &options};
    static const int passed_on[] = {SIGTERM, SIGHUP, SIGINT, SIGALRM, SIGUSR1};
    size_t i;

    parse_options(&options, argc, argv);
    if (options.marker) {
        int fd = open(options.marker, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0) {
            run_program(argv + optind);
        }
        close(fd);
    }
    if (options.output && !(trace.output = fopen(options.output, "ae"))) {
        die(options.output);
    }
    begin(argv + optind);
    for (i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        struct sigaction action = {.sa_handler = pass_signal};
        sigaction(passed_on[i], &action, NULL);
    }
    return follow(&trace);
}

/* inject: makes a program try what its walls forbid, in the program itself.
 *
 *   inject [-l FILE] [-n CALL]... [CALL ARGUMENT...]... -- PROGRAM [ARGUMENT...]
 *   inject -k
 *
 * Runs PROGRAM under ptrace until its filter of system calls is in force, then has it
 * make each CALL and prints "CALL: RESULT", where RESULT is "done", the name of an
 * error, or the name of the signal that killed it; then lets it go on. An ARGUMENT is a
 * number or, after @, a string. CALLs are separated by commas. "no walls" is printed
 * where the program ends without a filter.
 * -l: copies /proc/PID/status and limits to FILE as they stand behind the walls.
 * -t: starts PROGRAM as qlisten -T does, and CALLs are made in a session that it forks.
 * -n: CALL is not there, as on an older kernel.
 * -k: prints the version of the kernel's Landlock, 0 where there is none.
 * Exit code: PROGRAM's; 128 and the signal where one killed it; 125 on trouble. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "registers are those of x86-64"
#endif

#define ARGUMENTS_MAX 6
#define CALLS_MAX 16
#define RED_ZONE 4096 /* and room for strings, below the program's stack */

static const struct name {
    const char *name;
    long number;
} names[] = {{"openat", SYS_openat},
             {"unlinkat", SYS_unlinkat},
             {"renameat", SYS_renameat},
             {"mkdirat", SYS_mkdirat},
             {"mknodat", SYS_mknodat},
             {"socket", SYS_socket},
             {"execve", SYS_execve},
             {"fork", SYS_fork},
             {"clone", SYS_clone},
             {"prlimit64", SYS_prlimit64},
             {"kill", SYS_kill},
             {"ptrace", SYS_ptrace},
             {"bpf", SYS_bpf},
             {"mount", SYS_mount},
             {"unshare", SYS_unshare},
             {"io_uring_setup", SYS_io_uring_setup},
             {"keyctl", SYS_keyctl},
             {"setuid", SYS_setuid},
             {"chroot", SYS_chroot},
             {"bind", SYS_bind},
             {"mmap", SYS_mmap},
             {"getpid", SYS_getpid},
             {"seccomp", SYS_seccomp},
             {"exit_group", SYS_exit_group},
             {"landlock_create_ruleset", SYS_landlock_create_ruleset},
             {"x32_getpid", 0x40000000 + SYS_getpid}};

struct call {
    const char *name;
    long number;
    const char *arguments[ARGUMENTS_MAX];
    int count;
};

static struct call calls[CALLS_MAX];
static int call_count;
static long missing[CALLS_MAX];
static int missing_count;
static const char *listing;
static int is_template;
static int template_socket[2], connection[2]; /* our end first */
static unsigned long long syscall_at;         /* an instruction of the program's */

static void die(const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(125);
}

static long find_number(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].number;
        }
    }
    errno = EINVAL;
    die(name);
    return -1;
}

/* Waits for PID to stop; where it ends instead this process ends too. */
static int wait_stop(pid_t pid, const char *doing)
{
    int status;

    if (waitpid(pid, &status, 0) < 0) {
        die("wait");
    }
    if (WIFEXITED(status)) {
        printf("%s\n", doing ? "ended" : "no walls");
        exit(WEXITSTATUS(status));
    }
    if (WIFSIGNALED(status)) {
        printf("%s: SIG%s\n", doing ? doing : "start", sigabbrev_np(WTERMSIG(status)));
        exit(128 + WTERMSIG(status));
    }
    return WSTOPSIG(status);
}

static unsigned long long place_string(pid_t pid, const char *text,
                                       unsigned long long *at)
{
    size_t size = strlen(text) + 1;
    struct iovec from = {(void *)(size_t)text, size};
    struct iovec to;

    *at = (*at - size) & ~15ULL;
    to = (struct iovec){(void *)*at, size}; // NOLINT: an address over there
    if (process_vm_writev(pid, &from, 1, &to, 1, 0) != (ssize_t)size) {
        die("strings");
    }
    return *at;
}

static void step(pid_t pid, enum __ptrace_request how, const char *doing)
{
    if (ptrace(how, pid, 0, 0) < 0) {
        die("step");
    }
    wait_stop(pid, doing);
}

static void make_call(pid_t pid, const struct call *call)
{
    struct user_regs_struct saved, regs;
    unsigned long long values[ARGUMENTS_MAX] = {0};
    unsigned long long room;
    long long result;
    int i;

    if (ptrace(PTRACE_GETREGS, pid, 0, &saved) < 0) {
        die("registers");
    }
    regs = saved;
    room = saved.rsp - RED_ZONE;
    for (i = 0; i < call->count; i++) {
        values[i] = call->arguments[i][0] == '@'
                        ? place_string(pid, call->arguments[i] + 1, &room)
                        : strtoull(call->arguments[i], NULL, 0);
    }
    regs.rip = syscall_at;
    regs.rax = (unsigned long long)call->number;
    regs.orig_rax = (unsigned long long)-1;
    regs.rdi = values[0];
    regs.rsi = values[1];
    regs.rdx = values[2];
    regs.r10 = values[3];
    regs.r8 = values[4];
    regs.r9 = values[5];
    if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0) {
        die("registers");
    }
    step(pid, PTRACE_SYSCALL, call->name); /* into the call, and out of it */
    step(pid, PTRACE_SYSCALL, call->name);
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0 ||
        ptrace(PTRACE_SETREGS, pid, 0, &saved) < 0) {
        die("registers");
    }
    /* A filter kills on the way back from the call. */
    step(pid, PTRACE_SINGLESTEP, call->name);
    result = (long long)regs.rax;
    printf("%s: %s\n", call->name,
           result < 0 && result > -4096 ? strerrorname_np((int)-result) : "done");
}

static void copy_file(pid_t pid, const char *name, FILE *out)
{
    char path[64];
    char bytes[8192];
    size_t got;
    FILE *in;

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    in = fopen(path, "re");
    if (!in) {
        die(path);
    }
    while ((got = fread(bytes, 1, sizeof bytes, in)) > 0) {
        fwrite(bytes, 1, got, out);
    }
    fclose(in);
}

static void list_process(pid_t pid)
{
    FILE *out = fopen(listing, "we");

    if (!out) {
        die(listing);
    }
    copy_file(pid, "status", out);
    copy_file(pid, "limits", out);
    fclose(out);
}

static int is_missing(long number)
{
    int i;

    for (i = 0; i < missing_count; i++) {
        if (missing[i] == number) {
            return 1;
        }
    }
    return 0;
}

/* Runs it up to the end of a call NUMBER that succeeds: of seccomp, which installs a
 * filter, mostly. Calls and their ends come in turn. */
static void run_to(pid_t pid, long number)
{
    struct user_regs_struct regs;
    int is_end = 0;

    for (;;) {
        int stop;
        if (ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0) {
            die("run");
        }
        stop = wait_stop(pid, NULL);
        if (stop != (SIGTRAP | 0x80)) {
            continue; /* its exec, and signals that nobody needs here */
        }
        if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0) {
            die("registers");
        }
        if (is_end && (long)regs.orig_rax == number && regs.rax == 0) {
            syscall_at = regs.rip - 2; /* it stands right behind it */
            return;
        }
        if (!is_end && is_missing((long)regs.orig_rax)) {
            regs.orig_rax = (unsigned long long)-1;
            if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0) {
                die("registers");
            }
        }
        is_end = !is_end;
    }
}

static void send_connection(void)
{
    char variable[] = "PROTO=TCP";
    struct iovec part = {variable, sizeof variable};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    struct cmsghdr *fds = CMSG_FIRSTHDR(&header);

    fds->cmsg_level = SOL_SOCKET;
    fds->cmsg_type = SCM_RIGHTS;
    fds->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(fds), &connection[1], sizeof(int));
    if (sendmsg(template_socket[0], &header, 0) < 0) {
        die("connection");
    }
    close(connection[1]);
}

/* Has the template PID fork a session, which is stopped behind its own walls. */
static pid_t fork_session(pid_t pid)
{
    unsigned long session = 0;

    send_connection();
    while (!session) {
        if (ptrace(PTRACE_CONT, pid, 0, 0) < 0) {
            die("run");
        }
        if (wait_stop(pid, "template") == SIGTRAP) {
            ptrace(PTRACE_GETEVENTMSG, pid, 0, &session);
        }
    }
    if (ptrace(PTRACE_DETACH, pid, 0, 0) < 0) {
        die("detach");
    }
    wait_stop((pid_t)session, "session");
    /* Its limit of processes does for who is not root. */
    run_to((pid_t)session, geteuid() == 0 ? SYS_seccomp : SYS_prlimit64);
    return (pid_t)session;
}

/* What a template has as its fd 0 and 1. */
static void open_sockets(void)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, template_socket) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, connection) < 0) {
        die("sockets");
    }
}

static void become_template(void)
{
    if (dup2(template_socket[1], 0) < 0 || dup2(template_socket[1], 1) < 0 ||
        setenv("LISTEN_TEMPLATE", "1", 1) < 0) {
        die("template");
    }
}

static int finish(pid_t pid)
{
    int status;

    fflush(stdout); /* before what the program writes */
    if (ptrace(PTRACE_DETACH, pid, 0, 0) < 0) {
        die("detach");
    }
    if (is_template) {
        close(connection[0]);
        close(template_socket[0]);
    }
    if (waitpid(pid, &status, 0) < 0) {
        die("wait");
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(char **program)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
                         (is_template ? PTRACE_O_TRACEFORK : 0);
    pid_t pid;
    int i;

    if (is_template) {
        open_sockets();
    }
    pid = fork();
    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        if (is_template) {
            become_template();
        }
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(program[0], program);
        die(program[0]);
    }
    wait_stop(pid, NULL);
    if (ptrace(PTRACE_SETOPTIONS, pid, 0, options) < 0) {
        die("options");
    }
    run_to(pid, SYS_seccomp);
    if (is_template) {
        pid = fork_session(pid);
    }
    if (listing) {
        list_process(pid);
    }
    for (i = 0; i < call_count; i++) {
        make_call(pid, calls + i);
    }
    return finish(pid);
}

/* CALL ARGUMENT... up to a comma, which ends a word or stands alone. */
static char **read_call(char **words)
{
    struct call *call = calls + call_count++;
    int is_last = 0;

    *call = (struct call){.name = *words};
    for (; *words && strcmp(*words, "--") != 0 && !is_last; words++) {
        size_t len = strlen(*words);
        is_last = len > 0 && (*words)[len - 1] == ',';
        if (is_last) {
            (*words)[len - 1] = '\0';
        }
        if (*words != call->name) {
            call->arguments[call->count++] = *words;
        }
    }
    call->number = find_number(call->name);
    return words;
}

int main(int argc, char **argv)
{
    char **words;
    int option;

    while ((option = getopt(argc, argv, "+kl:n:t")) != -1) {
        switch (option) {
        case 'k': {
            long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
            printf("%ld\n", version < 0 ? 0 : version);
            return 0;
        }
        case 'l':
            listing = optarg;
            break;
        case 't':
            is_template = 1;
            break;
        case 'n':
            missing[missing_count++] = find_number(optarg);
            break;
        default:
            return 125;
        }
    }
    words = argv + optind;
    /* getopt swallows a "--" that comes first. */
    while (strcmp(argv[optind - 1], "--") != 0 && *words && strcmp(*words, "--") != 0) {
        words = read_call(words);
    }
    words += *words && strcmp(*words, "--") == 0;
    return *words ? run(words) : 125;
}

/* banner: how long a program takes from its start to the first byte of its banner.
 *
 *   banner ROOT COUNT PROGRAM [ARGS...]
 *
 * Starts PROGRAM below ROOT COUNT times, as root, with a socket as its fd 0 and 1, says
 * QUIT and waits for its end each time. Prints the median of the milliseconds from
 * before vfork until the banner has come. Linked statically. */
#include "common.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char quit[] = "QUIT\r\n";

static void become_program(int fd, int log, char **program)
{
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(log, 2);
    execv(program[0], program);
    _exit(111);
}

/* Milliseconds. */
static double start_one(int log, char **program)
{
    int ends[2], status;
    char reply[512];
    double begin, end;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        die("socketpair");
    }
    begin = read_seconds();
    pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (pid == 0) {
        become_program(ends[1], log, program);
    }
    close(ends[1]);
    if (pid < 0 || read(ends[0], reply, sizeof reply) <= 0) {
        die("no banner");
    }
    end = read_seconds();
    if (write(ends[0], quit, sizeof quit - 1) < 0 || waitpid(pid, &status, 0) != pid) {
        die("QUIT");
    }
    close(ends[0]);
    return 1e3 * (end - begin);
}

static int compare(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

int main(int argc, char **argv)
{
    int count = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    double *times = calloc((size_t)count + 1, sizeof *times);
    int i, log = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (count <= 0 || !times || log < 0) {
        die("usage: banner ROOT COUNT PROGRAM [ARGS...]");
    }
    if (chroot(argv[1]) < 0 || chdir("/") < 0) {
        die(argv[1]);
    }
    for (i = 0; i < count; i++) {
        times[i] = start_one(log, argv + 3);
    }
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%.3f\n", times[count / 2]);
    free(times);
    return 0;
}

/* connections: how many connections a second loopback allows where each is accepted,
 * answered with a banner and closed. CLIENTS processes together make COUNT of them.
 *
 *   connections COUNT CLIENTS accept|fork|start
 *
 * accept: the listener answers itself; fork: a child of it does; start: a static
 * program that is started does. Prints connections a second. Linked statically. */
#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char banner[] = "220 ok\r\n";

static void answer(int fd)
{
    if (write(fd, banner, sizeof banner - 1) < 0) {
        die("write");
    }
}

static void become_program(int fd)
{
    dup2(fd, 0);
    dup2(fd, 1);
    execl("/proc/self/exe", "connections", "child", (char *)0);
    _exit(111);
}

static void handle(int fd, char mode)
{
    pid_t pid;

    if (mode == 'a') {
        answer(fd);
        return;
    }
    pid = mode == 's' ? vfork()
                      : fork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (pid == 0) {
        if (mode == 's') {
            become_program(fd);
        }
        answer(fd);
        _exit(0);
    }
}

static void serve(int listener, char mode)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0) {
            handle(fd, mode);
            close(fd);
        }
    }
}

static void run_client(const struct sockaddr_in *address, long first, long count,
                       long step)
{
    char bytes[64];

    for (; first < count; first += step) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) {
            die("connect");
        }
        while (read(fd, bytes, sizeof bytes) > 0) {
        }
        close(fd);
    }
    _exit(0);
}

static double measure(const struct sockaddr_in *address, long count, long clients)
{
    double start = read_seconds();
    long i;

    for (i = 0; i < clients; i++) {
        if (fork() == 0) {
            run_client(address, i, count, clients);
        }
    }
    for (i = 0; i < clients; i++) {
        wait(NULL);
    }
    return (double)count / (read_seconds() - start);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int listener;
    pid_t server;

    if (argc == 2 && strcmp(argv[1], "child") == 0) {
        answer(1);
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "usage: connections COUNT CLIENTS accept|fork|start\n");
        return 100;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 1024) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) < 0) {
        die("listen");
    }
    server = fork();
    if (server == 0) {
        serve(listener, argv[3][0]);
    }
    close(listener);
    /* The server is no child to wait for: it is ended when the clients are done. */
    printf("%.1f\n",
           measure(&address, strtol(argv[1], NULL, 10), strtol(argv[2], NULL, 10)));
    kill(server, SIGKILL);
    return 0;
}

/* login: how long it takes to log in by POP3, time after time.
 *
 *   login PORT USER PASSWORD COUNT
 *
 * Makes COUNT sessions with PORT of 127.0.0.1, one after the other: USER, PASS, STAT,
 * QUIT, each when the answer before is there. Prints the seconds of all. */
#include "common.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct session {
    int fd;
    size_t len;
    char line[512]; /* what has come of an answer */
};

/* An answer of one line. */
static void read_answer(struct session *session)
{
    session->len = 0;
    while (session->len == 0 || session->line[session->len - 1] != '\n') {
        ssize_t got = read(session->fd, session->line + session->len,
                           sizeof session->line - session->len);
        if (got <= 0) {
            die("read");
        }
        session->len += (size_t)got;
    }
    if (strncmp(session->line, "+OK", 3) != 0) {
        fprintf(stderr, "login: %.*s", (int)session->len, session->line);
        exit(111);
    }
}

static void ask(struct session *session, const char *verb, const char *argument)
{
    char command[256];
    int len = snprintf(command, sizeof command, "%s%s\r\n", verb, argument);

    if (write(session->fd, command, (size_t)len) != len) {
        die("write");
    }
    read_answer(session);
}

static void run(const struct sockaddr_in *address, const char *user,
                const char *password)
{
    struct session session = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    if (session.fd < 0 ||
        connect(session.fd, (const struct sockaddr *)address, sizeof *address) < 0) {
        die("connect");
    }
    read_answer(&session);
    ask(&session, "USER ", user);
    ask(&session, "PASS ", password);
    ask(&session, "STAT", "");
    ask(&session, "QUIT", "");
    close(session.fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    long count = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
    double begin = read_seconds();
    long i;

    if (count <= 0) {
        fputs("usage: login PORT USER PASSWORD COUNT\n", stderr);
        return 100;
    }
    address.sin_port = htons((unsigned short)strtol(argv[1], NULL, 10));
    for (i = 0; i < count; i++) {
        run(&address, argv[2], argv[3]);
    }
    printf("%.6f\n", read_seconds() - begin);
    return 0;
}

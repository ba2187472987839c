#include "template.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct connection {
    char message[TEMPLATE_MESSAGE_MAX];
    size_t len;
    int fd;
};

int template_is_wanted(void)
{
    return getenv(TEMPLATE_VARIABLE) != NULL;
}

/* Our environment, with room for a connection's variables before it. */
static char **make_environment(void)
{
    static const char own[] = TEMPLATE_VARIABLE "=";
    size_t count = 0;
    char **environment;
    char **to;
    char **from;

    while (environ[count]) {
        count++;
    }
    environment = calloc(TEMPLATE_VARIABLES_MAX + count + 1, sizeof *environment);
    if (!environment) {
        return NULL;
    }
    to = environment + TEMPLATE_VARIABLES_MAX;
    for (from = environ; *from; from++) {
        if (strncmp(*from, own, sizeof own - 1) != 0) {
            *to++ = *from;
        }
    }
    return environment;
}

/* The message's variables before the others. */
static void set_environment(char **environment, struct connection *connection)
{
    char **first = environment + TEMPLATE_VARIABLES_MAX;
    char *at = connection->message;

    connection->message[TEMPLATE_MESSAGE_MAX - 1] = '\0';
    while (at < connection->message + connection->len && first > environment) {
        *--first = at;
        at += strlen(at) + 1;
    }
    environ = first;
}

static int take_descriptor(struct msghdr *header)
{
    struct cmsghdr *part = CMSG_FIRSTHDR(header);
    int fd = -1;

    if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
        part->cmsg_len == CMSG_LEN(sizeof fd)) {
        memcpy(&fd, CMSG_DATA(part), sizeof fd);
    }
    return fd;
}

/* 1; 0: nobody asks any more; -1: that was no connection. */
static int receive(struct connection *connection)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {connection->message, sizeof connection->message - 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    ssize_t len;

    do {
        len = recvmsg(0, &header, MSG_CMSG_CLOEXEC);
    } while (len < 0 && errno == EINTR);
    if (len <= 0) {
        return len == 0 ? 0 : -1;
    }
    connection->len = (size_t)len;
    connection->fd = take_descriptor(&header);
    return connection->fd < 0 ? -1 : 1;
}

static int answer(int32_t text)
{
    return send(0, &text, sizeof text, MSG_NOSIGNAL) == sizeof text ? 0 : -1;
}

/* A child of our parent, who waits for it as for one that it started itself. Not by
 * libc's fork, which has no such thing; what that would do beside, for threads and
 * handlers, there is nothing of here. */
static pid_t fork_sibling(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

static void become_session(char **environment, struct connection *connection)
{
    if (dup2(connection->fd, 0) < 0 || dup2(connection->fd, 1) < 0) {
        _exit(111);
    }
    close(connection->fd);
    set_environment(environment, connection);
}

/* 1 in a new process, 0 where the template is over. */
static int serve(char **environment, int (*is_stale)(const void *data),
                 const void *data)
{
    static struct connection connection; /* variables of the environment stay in it */
    int result;
    pid_t pid;

    while ((result = receive(&connection)) != 0) {
        if (result < 0 || is_stale(data)) {
            (void)answer(0);
            return 0;
        }
        pid = fork_sibling();
        if (pid == 0) {
            become_session(environment, &connection);
            return 1;
        }
        result = answer(pid < 0 ? -errno : pid);
        close(connection.fd);
        if (result < 0 && pid > 0) {
            _exit(TEMPLATE_UNTOLD);
        }
        if (result < 0) {
            return 0;
        }
    }
    return 0;
}

int template_serve(int (*is_stale)(const void *data), const void *data)
{
    char **environment = make_environment();
    int result = environment ? serve(environment, is_stale, data) : 0;

    if (!result) {
        free(environment);
    }
    return result;
}

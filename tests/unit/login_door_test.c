#include "../../checkpw/login_door.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "/tmp/login_door_test.XXXXXX/door";

static int listen_at_door(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    CHECK_NUMBER(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_NUMBER(listen(fd, 8), 0);
    return fd;
}

/* The door's side in a child: answers as told (0: not at all), and writes what it
 * received through the client's descriptor. */
static pid_t serve_once(int listener, int answer)
{
    pid_t child = fork();

    if (child == 0) {
        int door = accept(listener, NULL, NULL), client[2];
        struct credentials credentials = {0};
        ssize_t written = 0;

        if (login_door_receive(door, &credentials, client, clock_deadline(5)) == 0) {
            written =
                write(client[1], credentials.password, strlen(credentials.password));
        }
        if (answer >= 0) {
            login_door_answer(door, (enum login_result)answer);
        }
        _exit(written < 0);
    }
    return child;
}

static void check_answer(int listener, int answer, enum login_result expected)
{
    struct credentials credentials;
    char text[16] = "";
    int ends[2], status;
    pid_t child;

    CHECK_NUMBER(pipe(ends), 0);
    child = serve_once(listener, answer);
    CHECK_NUMBER(credentials_make(&credentials, "ann", 3, "secret", 6), 0);
    CHECK_NUMBER(login_door_ask(path, &credentials, ends, clock_deadline(5)), expected);
    close(ends[1]);
    CHECK_NUMBER(read(ends[0], text, sizeof text - 1), 6);
    CHECK_STRING(text, "secret");
    close(ends[0]);
    CHECK_NUMBER(waitpid(child, &status, 0), child);
    CHECK_NUMBER(status, 0);
}

/* What is not one message with two descriptors is refused. */
static void check_hostile(void)
{
    struct credentials credentials = {0};
    int pair[2], client[2] = {-1, -1};

    CHECK_NUMBER(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CHECK_NUMBER(login_door_receive(pair[0], &credentials, client, clock_monotonic()),
                 -1);
    CHECK_NUMBER(errno, ETIMEDOUT);
    CHECK_NUMBER(write(pair[1], "a\0b\0c\0", 6), 6);
    CHECK_NUMBER(login_door_receive(pair[0], &credentials, client, clock_deadline(5)),
                 -1);
    CHECK_NUMBER(errno, EPROTO);
    CHECK_NUMBER(client[0], -1);
    close(pair[1]);
    CHECK_NUMBER(login_door_receive(pair[0], &credentials, client, clock_deadline(5)),
                 -1);
    close(pair[0]);
}

static void send_fds(int socket, int count)
{
    int fds[3] = {0, 1, 2};
    char control[CMSG_SPACE(sizeof fds)] __attribute__((aligned(8))) = {0};
    char text[] = "a\0b\0c";
    struct iovec part = {text, sizeof text};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
    CHECK_NUMBER(sendmsg(socket, &message, 0), sizeof text);
}

static int lowest_free_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

/* One or three descriptors are not two, and none of them stays open. */
static void check_counts(void)
{
    int pair[2], client[2], before, count;

    CHECK_NUMBER(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    before = lowest_free_fd();
    for (count = 1; count <= 3; count++) {
        struct credentials credentials = {0};
        int result;

        send_fds(pair[1], count);
        result = login_door_receive(pair[0], &credentials, client, clock_deadline(5));
        CHECK_NUMBER(result, count == 2 ? 0 : -1);
        if (result == 0) {
            CHECK(fcntl(client[0], F_GETFD) & FD_CLOEXEC);
            CHECK(fcntl(client[1], F_GETFD) & FD_CLOEXEC);
            close(client[0]);
            close(client[1]);
        }
        CHECK_NUMBER(lowest_free_fd(), before);
    }
    close(pair[0]);
    close(pair[1]);
}

/* A door that takes the question and stays silent: nobody may speak any more. */
static void check_silence(int listener)
{
    static const int client[2] = {0, 1};
    struct credentials credentials;

    CHECK_NUMBER(credentials_make(&credentials, "ann", 3, "secret", 6), 0);
    CHECK_NUMBER(login_door_ask(path, &credentials, client, clock_monotonic() + 30),
                 LOGIN_BROKEN);
    close(accept(listener, NULL, NULL));
}

int main(void)
{
    static const int client[2] = {0, 1};
    struct credentials credentials;
    char *slash = strrchr(path, '/');
    int listener;

    *slash = 0;
    CHECK(mkdtemp(path) != NULL);
    *slash = '/';
    CHECK_NUMBER(credentials_make(&credentials, "ann", 3, "secret", 6), 0);
    CHECK_NUMBER(login_door_ask(path, &credentials, client, clock_deadline(5)),
                 LOGIN_TEMPORARY);
    listener = listen_at_door();
    check_answer(listener, LOGIN_ACCEPTED, LOGIN_ACCEPTED);
    check_answer(listener, LOGIN_DENIED, LOGIN_DENIED);
    check_answer(listener, LOGIN_TEMPORARY, LOGIN_TEMPORARY);
    check_answer(listener, -1, LOGIN_TEMPORARY);
    check_silence(listener);
    check_hostile();
    check_counts();
    close(listener);
    unlink(path);
    *slash = 0;
    CHECK_NUMBER(rmdir(path), 0);
    return check_report();
}

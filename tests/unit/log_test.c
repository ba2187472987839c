/* The beginning of a line: for the journal where descriptor 2 is what JOURNAL_STREAM
 * names, else with the time; and what the log makes of a socket that is descriptor 2.
 */
#include "check.h"
#include "log.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* "DEVICE:INODE" of descriptor FD, the inode off by SHIFT, and MORE after it. */
static void set_stream(int fd, unsigned shift, const char *more)
{
    struct stat status;
    char text[80];

    CHECK_NUMBER(fstat(fd, &status), 0);
    snprintf(text, sizeof text, "%ju:%ju%s", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino + shift, more);
    CHECK_NUMBER(setenv("JOURNAL_STREAM", text, 1), 0);
}

static int is_for_journal(void)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "event");
    return strncmp(line.bytes, "<4>pombo[", 9) == 0;
}

static int has_time(void)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARNING, "event");
    return line.bytes[0] == '2' && line.bytes[10] == 'T' &&
           memcmp(line.bytes + 23, "Z pombo[", 8) == 0;
}

static void test_journal(void)
{
    int ends[2];

    CHECK_NUMBER(pipe(ends), 0);
    unsetenv("JOURNAL_STREAM");
    CHECK(has_time());
    set_stream(2, 0, "");
    CHECK(is_for_journal());
    set_stream(2, 1, "");
    CHECK(has_time());
    set_stream(2, 0, "0");
    CHECK(has_time());
    set_stream(ends[1], 0, "");
    CHECK(has_time());
    CHECK_NUMBER(setenv("JOURNAL_STREAM", "", 1), 0);
    CHECK(has_time());
    unsetenv("JOURNAL_STREAM");
}

static int is_same_file(int one, int other)
{
    struct stat a, b;

    CHECK_NUMBER(fstat(one, &a), 0);
    CHECK_NUMBER(fstat(other, &b), 0);
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Logs one event with descriptor 2 a socket of TYPE, and 0 another one or, where
 * IS_CLIENT, the same; LINE gets what came out of it, or nothing. A client is not left
 * there for the next program. */
static void log_to_socket(int type, int is_client, char *line, size_t size)
{
    int ends[2], others[2], error = dup(2);
    ssize_t got;

    CHECK_NUMBER(socketpair(AF_UNIX, type, 0, ends), 0);
    CHECK_NUMBER(socketpair(AF_UNIX, type, 0, others), 0);
    CHECK_NUMBER(dup2(is_client ? ends[0] : others[0], 0), 0);
    CHECK_NUMBER(dup2(ends[0], 2), 2);
    log_open("test");
    log_event(LOG_LEVEL_INFO, "event", "key", "value", (char *)0);
    CHECK_NUMBER(is_same_file(2, ends[0]), !is_client);
    got = recv(ends[1], line, size - 1, MSG_DONTWAIT);
    CHECK(got > 0 || errno == EAGAIN);
    line[got > 0 ? got : 0] = '\0';
    CHECK_NUMBER(dup2(error, 2), 2);
    log_open("pombo");
}

static void test_sockets(void)
{
    char line[LOG_LINE_MAX], expected[100];

    log_to_socket(SOCK_STREAM, 1, line, sizeof line);
    CHECK_STRING(line, "");
    log_to_socket(SOCK_STREAM, 0, line, sizeof line);
    snprintf(expected, sizeof expected, "Z test[%ld] event key=value\n",
             (long)getpid());
    CHECK(strlen(line) > 23);
    CHECK_STRING(line + 23, expected);
    log_to_socket(SOCK_DGRAM, 0, line, sizeof line);
    snprintf(expected, sizeof expected, "<22>test[%ld]: event key=value\n",
             (long)getpid());
    CHECK_STRING(line, expected);
}

/* Descriptor 2 is a TCP connection where descriptor 0 is none. */
static void test_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0), error = dup(2);

    CHECK_NUMBER(bind(listener, (struct sockaddr *)&address, size), 0);
    CHECK_NUMBER(listen(listener, 1), 0);
    CHECK_NUMBER(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    CHECK_NUMBER(connect(fd, (struct sockaddr *)&address, size), 0);
    CHECK_NUMBER(dup2(fd, 2), 2);
    log_open("test");
    CHECK(!is_same_file(2, fd));
    CHECK_NUMBER(dup2(error, 2), 2);
    close(fd);
    close(listener);
    log_open("pombo");
}

int main(void)
{
    test_journal();
    test_sockets();
    test_tcp();
    return check_report();
}

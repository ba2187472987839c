#include "check.h"
#include "packet.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static void open_pair(void)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0) {
        exit(1);
    }
}

static void close_pair(void)
{
    close(ends[0]);
    close(ends[1]);
}

static int count_descriptors(void)
{
    int fd, count = 0;

    for (fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void test_fields(void)
{
    struct packet out = {0}, in = {0};
    int fd = 99;

    open_pair();
    packet_add(&out, "job");
    packet_add_number(&out, 4711);
    packet_add(&out, "");
    packet_add(&out, "last word");
    CHECK_NUMBER(packet_send(ends[0], &out, -1), 0);
    CHECK_NUMBER(packet_receive(ends[1], &in, &fd), 1);
    CHECK_NUMBER(fd, -1);
    CHECK_STRING(packet_next(&in), "job");
    CHECK_NUMBER(packet_next_number(&in, 4711), 4711);
    CHECK_STRING(packet_next(&in), "");
    CHECK_STRING(packet_next(&in), "last word");
    CHECK(!packet_next(&in));
    CHECK(!packet_next(&in));
    CHECK_NUMBER(packet_next_number(&in, 10), -1);
    /* The next packet starts anew. */
    packet_clear(&out);
    packet_add(&out, "second");
    CHECK_NUMBER(packet_send(ends[0], &out, -1), 0);
    CHECK_NUMBER(packet_receive(ends[1], &in, &fd), 1);
    CHECK_STRING(packet_next(&in), "second");
    CHECK(!packet_next(&in));
    packet_free(&out);
    packet_free(&in);
    close_pair();
}

static void test_numbers(void)
{
    static const struct {
        const char *field;
        long long max, number;
    } rows[] = {{"0", 0, 0},   {"12", 12, 12}, {"13", 12, -1}, {"", 12, -1},
                {"x", 12, -1}, {"-1", 12, -1}, {"1 ", 12, -1}};
    struct packet packet = {0};
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        packet_clear(&packet);
        packet_add(&packet, rows[i].field);
        CHECK_NUMBER(packet_next_number(&packet, rows[i].max), rows[i].number);
    }
    packet_free(&packet);
}

static void test_descriptor(void)
{
    struct packet out = {0}, in = {0};
    int pipe_ends[2], fd = -1;
    char byte = 0;

    open_pair();
    CHECK(pipe(pipe_ends) == 0);
    packet_add(&out, "start");
    CHECK_NUMBER(packet_send(ends[0], &out, pipe_ends[1]), 0);
    CHECK_NUMBER(packet_receive(ends[1], &in, &fd), 1);
    CHECK(fd >= 0 && fd != pipe_ends[1]);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK(write(fd, "x", 1) == 1);
    CHECK(read(pipe_ends[0], &byte, 1) == 1 && byte == 'x');
    close(fd);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    packet_free(&out);
    packet_free(&in);
    close_pair();
}

static void send_descriptors(const char *bytes, size_t len, const int *fds,
                             size_t count)
{
    union {
        char bytes[CMSG_SPACE(20 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {memory_copy_bytes(bytes, len), len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    CHECK(sendmsg(ends[0], &message, 0) == (ssize_t)len);
    free(part.iov_base);
}

/* Two descriptors, more than there is room for, and one with bytes that are no packet:
 * refused, and none stays open. */
static void test_bad_descriptors(void)
{
    struct packet in = {0};
    int fds[20], fd, before;
    size_t i;

    open_pair();
    for (i = 0; i < 20; i++) {
        fds[i] = ends[0];
    }
    before = count_descriptors();
    send_descriptors("x", 2, fds, 2);
    CHECK(packet_receive(ends[1], &in, &fd) == -1 && errno == EPROTO && fd == -1);
    CHECK_NUMBER(count_descriptors(), before);
    send_descriptors("x", 2, fds, 20);
    CHECK(packet_receive(ends[1], &in, &fd) == -1 && errno == EPROTO && fd == -1);
    CHECK_NUMBER(count_descriptors(), before);
    send_descriptors("x", 1, fds, 1);
    CHECK(packet_receive(ends[1], &in, &fd) == -1 && errno == EPROTO && fd == -1);
    CHECK_NUMBER(count_descriptors(), before);
    packet_free(&in);
    close_pair();
}

static void test_sizes(void)
{
    struct packet out = {0}, in = {0};
    stralloc field = STRALLOC_ZERO;
    const char *got;
    int fd, room = 4 * PACKET_MAX;

    open_pair();
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    while (field.len < PACKET_MAX - 1) {
        text_add_byte(&field, 'y');
    }
    packet_add(&out, text_string(&field));
    CHECK_NUMBER(packet_send(ends[0], &out, -1), 0);
    CHECK_NUMBER(packet_receive(ends[1], &in, &fd), 1);
    got = packet_next(&in);
    CHECK(got && strlen(got) == PACKET_MAX - 1);
    packet_add(&out, "");
    CHECK(packet_send(ends[0], &out, -1) == -1 && errno == EMSGSIZE);
    /* A peer that keeps to no limit is noticed. */
    CHECK(send(ends[0], out.bytes.s, out.bytes.len, 0) == PACKET_MAX + 1);
    CHECK(packet_receive(ends[1], &in, &fd) == -1 && errno == EPROTO);
    text_free(&field);
    packet_free(&out);
    packet_free(&in);
    close_pair();
}

static void test_ends(void)
{
    struct packet packet = {0};
    int fd;

    open_pair();
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK(packet_receive(ends[0], &packet, &fd) == -1 && errno == EAGAIN);
    packet_add(&packet, "x");
    while (packet_send(ends[0], &packet, -1) == 0) {
    }
    CHECK(errno == EAGAIN);
    close_pair();
    open_pair();
    close(ends[1]);
    CHECK(packet_send(ends[0], &packet, -1) == -1 && errno == EPIPE);
    CHECK(packet_receive(ends[0], &packet, &fd) == 0);
    close(ends[0]);
    packet_free(&packet);
}

int main(void)
{
    test_fields();
    test_numbers();
    test_descriptor();
    test_bad_descriptors();
    test_sizes();
    test_ends();
    return check_report();
}

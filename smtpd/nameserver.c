#include "nameserver.h"

#include "clock.h"
#include "netaddress.h"
#include "text.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRY_SECONDS 3
#define TRIES 2
#define SERVERS_MAX 3
#define QUESTION_MAX 512

struct servers {
    struct net_address list[SERVERS_MAX];
    int count;
};

struct question {
    unsigned char bytes[QUESTION_MAX];
    int len;
};

/* Lines "nameserver ADDRESS"; none means the machine itself, as in resolv.conf(5). */
static void read_configuration(struct servers *servers)
{
    static const char key[] = "nameserver";
    FILE *file = fopen("/etc/resolv.conf", "re");
    char line[256];

    while (file && servers->count < SERVERS_MAX && fgets(line, sizeof line, file)) {
        char *value = line + sizeof key - 1;
        struct net_address *server = &servers->list[servers->count];
        if (strncmp(line, key, sizeof key - 1) != 0 || strspn(value, " \t") == 0) {
            continue;
        }
        value += strspn(value, " \t");
        value[strcspn(value, " \t\r\n%")] = '\0';
        if (net_address_parse(value, server) == 0) {
            server->port = NS_DEFAULTPORT;
            servers->count++;
        }
    }
    if (file) {
        fclose(file);
    }
    if (servers->count == 0) {
        net_address_parse("127.0.0.1", &servers->list[0]);
        servers->list[0].port = NS_DEFAULTPORT;
        servers->count = 1;
    }
}

/* A socket that takes packets of that server alone, or -1. */
static int connect_to(const struct net_address *server, int type)
{
    union net_socket_address address;
    socklen_t len = net_address_for_socket(server, &address);
    int fd = socket(server->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, &address.any, len) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* 1 where the descriptor is ready before the deadline. */
static int wait_for(int fd, short events, clock_ms deadline)
{
    struct pollfd one = {.fd = fd, .events = events};
    int ready;

    do {
        ready = poll(&one, 1, clock_poll_timeout(deadline));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* Whether a message answers the question: its number, and the question repeated. */
static int is_answer(const struct question *question, const unsigned char *bytes,
                     int len)
{
    ns_msg asked, answered;
    ns_rr ours, theirs;

    return len >= NS_HFIXEDSZ && memcmp(bytes, question->bytes, 2) == 0 &&
           ns_initparse(question->bytes, question->len, &asked) == 0 &&
           ns_initparse(bytes, len, &answered) == 0 &&
           ns_msg_getflag(answered, ns_f_qr) && ns_msg_count(answered, ns_s_qd) == 1 &&
           ns_parserr(&asked, ns_s_qd, 0, &ours) == 0 &&
           ns_parserr(&answered, ns_s_qd, 0, &theirs) == 0 &&
           ns_rr_type(ours) == ns_rr_type(theirs) &&
           strcasecmp(ns_rr_name(ours), ns_rr_name(theirs)) == 0;
}

/* The answer's length, or -1. */
static int ask_by_udp(const struct net_address *server, const struct question *question,
                      unsigned char *answer, int size)
{
    clock_ms deadline = clock_deadline(TRY_SECONDS);
    int fd = connect_to(server, SOCK_DGRAM);
    int len = -1;

    if (fd < 0) {
        return -1;
    }
    if (send(fd, question->bytes, (size_t)question->len, MSG_NOSIGNAL) ==
        question->len) {
        while (wait_for(fd, POLLIN, deadline)) {
            len = (int)recv(fd, answer, (size_t)size, 0);
            if (len < 0 || is_answer(question, answer, len)) {
                break;
            }
            len = -1; /* of an earlier question, or forged */
        }
    }
    close(fd);
    return len;
}

/* Moves LEN bytes by read or write calls before the deadline. 0, or -1. */
static int move_all(int fd, unsigned char *bytes, size_t len, int is_sending,
                    clock_ms deadline)
{
    while (len > 0) {
        ssize_t moved;
        if (!wait_for(fd, is_sending ? POLLOUT : POLLIN, deadline)) {
            return -1;
        }
        moved =
            is_sending ? send(fd, bytes, len, MSG_NOSIGNAL) : recv(fd, bytes, len, 0);
        if (moved <= 0 && !(moved < 0 && (errno == EAGAIN || errno == EINTR))) {
            return -1;
        }
        bytes += moved > 0 ? moved : 0;
        len -= moved > 0 ? (size_t)moved : 0;
    }
    return 0;
}

/* RFC 1035 section 4.2.2: a length of two bytes goes before each message. */
static int ask_by_tcp(const struct net_address *server, const struct question *question,
                      unsigned char *answer, int size)
{
    clock_ms deadline = clock_deadline(TRY_SECONDS);
    int fd = connect_to(server, SOCK_STREAM);
    unsigned char framed[QUESTION_MAX + 2];
    unsigned char prefix[2];
    int len = -1;

    if (fd < 0) {
        return -1;
    }
    ns_put16((unsigned)question->len, framed);
    memcpy(framed + 2, question->bytes, (size_t)question->len);
    if (move_all(fd, framed, (size_t)question->len + 2, 1, deadline) == 0 &&
        move_all(fd, prefix, sizeof prefix, 0, deadline) == 0) {
        len = (int)ns_get16(prefix);
        if (len > size || move_all(fd, answer, (size_t)len, 0, deadline) < 0 ||
            !is_answer(question, answer, len)) {
            len = -1;
        }
    }
    close(fd);
    return len;
}

/* What the answer's code says (RFC 1035 section 4.1.1). */
static enum nameserver_result judge(const unsigned char *answer, int len)
{
    ns_msg message;

    if (ns_initparse(answer, len, &message) < 0) {
        return NAMESERVER_TEMPORARY;
    }
    switch (ns_msg_getflag(message, ns_f_rcode)) {
    case ns_r_noerror:
        return ns_msg_count(message, ns_s_an) > 0 ? NAMESERVER_ANSWER : NAMESERVER_NONE;
    case ns_r_nxdomain:
        return NAMESERVER_NONE;
    default:
        return NAMESERVER_TEMPORARY;
    }
}

/* A question with a number that nobody can guess. 0, or -1. */
static int make_question(struct question *question, const char *name, int type)
{
    question->len = res_mkquery(ns_o_query, name, ns_c_in, type, NULL, 0, NULL,
                                question->bytes, sizeof question->bytes);
    return question->len < 0 || getrandom(question->bytes, 2, 0) != 2 ? -1 : 0;
}

enum nameserver_result nameserver_ask(const char *server, const char *name, int type,
                                      unsigned char *answer, int size, int *len)
{
    struct servers servers = {.count = 0};
    struct question question;
    enum nameserver_result result = NAMESERVER_TEMPORARY;
    int i;

    *len = -1;
    if (!*server) {
        read_configuration(&servers);
    } else if (net_address_parse_endpoint(server, NS_DEFAULTPORT, &servers.list[0]) ==
               0) {
        servers.count = 1;
    }
    if (make_question(&question, name, type) < 0) {
        return NAMESERVER_NONE; /* no such name can be */
    }
    for (i = 0; i < TRIES * servers.count && result == NAMESERVER_TEMPORARY; i++) {
        const struct net_address *one = &servers.list[i % servers.count];
        *len = ask_by_udp(one, &question, answer, size);
        if (*len >= NS_HFIXEDSZ && (answer[2] & 2)) { /* cut off */
            *len = ask_by_tcp(one, &question, answer, size);
        }
        result = *len < 0 ? NAMESERVER_TEMPORARY : judge(answer, *len);
    }
    return result;
}

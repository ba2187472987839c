#include "answer.h"

#include "../cdb/textfile.h"
#include "command.h"
#include "linereader.h"
#include "netaddress.h"
#include "text.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TRY_SECONDS 5
#define LINE_SIZE 1024
/* Connections that bring no greeting before it counts as broken. */
#define REFUSALS_MAX 3

static void pause_a_moment(void)
{
    const struct timespec pause = {.tv_nsec = 10000000L};

    nanosleep(&pause, NULL);
}

/* 1 while there is sense in waiting. */
static int may_go_on(const struct process *process, clock_ms deadline)
{
    return process_is_alive(process) && clock_poll_timeout(deadline) > 0;
}

int answer_wait_ready(const struct process *process, const char *path,
                      clock_ms deadline, stralloc *out)
{
    struct textfile file;
    int is_there = 0;

    do {
        if (access(path, F_OK) == 0 && textfile_read(&file, path) == 0) {
            is_there = !file.is_absent;
            text_set_string(out, file.bytes);
            text_string(out);
            textfile_free(&file);
        } else {
            pause_a_moment();
        }
    } while (!is_there && may_go_on(process, deadline));
    return is_there && process_is_alive(process) ? 0 : -1;
}

/* One that listens on all addresses is asked on loopback. 0 or -1. */
static int parse_endpoint(const char *text, struct net_address *out)
{
    char changed[NET_ADDRESS_TEXT_SIZE];

    if (strncmp(text, "*:", 2) == 0) {
        snprintf(changed, sizeof changed, "127.0.0.1%s", text + 1);
        text = changed;
    }
    return net_address_parse_endpoint(text, 0, out);
}

static int connect_to(const struct net_address *address)
{
    const struct timeval limit = {.tv_sec = TRY_SECONDS};
    union net_socket_address to;
    socklen_t len = net_address_for_socket(address, &to);
    int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    /* The limit holds for connect too. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, &to.any, len) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* One try. 1 greeted, 0 no connection, -1 another answer or none. */
static int ask_greeting(const struct net_address *address, const char *greeting)
{
    struct line_reader reader;
    int fd = connect_to(address);
    int result = -1;
    char *line;
    size_t len;

    if (fd < 0) {
        return 0;
    }
    line_reader_open(&reader, fd, LINE_SIZE);
    if (line_read(&reader, LINE_SIZE - 2, 1, clock_deadline(TRY_SECONDS), &line,
                  &len) == LINE_OK) {
        result = strncmp(line, greeting, strlen(greeting)) == 0 ? 1 : -1;
        if (line_write(fd, "QUIT\r\n", 6, clock_deadline(1)) == LINE_OK) {
            line_read(&reader, LINE_SIZE - 2, 1, clock_deadline(1), &line, &len);
        }
    }
    line_reader_close(&reader);
    close(fd);
    return result;
}

int answer_wait_greeting(const struct process *process, const char *address,
                         const char *greeting, clock_ms deadline)
{
    struct net_address parsed;
    int refusals = 0;
    int answer;

    if (parse_endpoint(address, &parsed) < 0) {
        return -1;
    }
    do {
        answer = ask_greeting(&parsed, greeting);
        if (answer > 0) {
            return 0;
        }
        refusals += answer < 0;
        pause_a_moment();
    } while (refusals < REFUSALS_MAX && may_go_on(process, deadline));
    return -1;
}

int answer_wait_lock(const struct process *process, clock_ms deadline)
{
    do {
        if (command_find_qsend() == process->pid) {
            return 0;
        }
        pause_a_moment();
    } while (may_go_on(process, deadline));
    return -1;
}

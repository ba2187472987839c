#include "tls_door.h"

#include "door.h"
#include "packet.h"
#include "paths.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int tls_may_be_offered(const struct tables *tables)
{
    return *setting_text(tables, SET_tls) != 'n';
}

int tls_is_offered(const struct tables *tables)
{
    const char *wish = setting_text(tables, SET_tls);
    stralloc path = STRALLOC_ZERO;
    struct stat status;
    int is_there;

    if (*wish != 'a') {
        return *wish == 'y';
    }
    is_there = stat(path_make(&path, PATH_RUN, "tls"), &status) == 0;
    text_free(&path);
    return is_there;
}

static int wait_readable(int fd, clock_ms deadline)
{
    int result = door_wait(fd, deadline);

    if (result == 0) {
        errno = ETIMEDOUT;
    }
    return result > 0 ? 0 : -1;
}

ssize_t tls_door_read_line(int door, char out[TLS_LINE_MAX], clock_ms deadline)
{
    size_t used = 0;

    while (used < TLS_LINE_MAX) {
        const char *lf;
        ssize_t got;
        if (wait_readable(door, deadline) < 0) {
            return -1;
        }
        got = recv(door, out + used, TLS_LINE_MAX - used, MSG_PEEK);
        if (got > 0) {
            lf = memchr(out + used, '\n', (size_t)got);
            got = read(door, out + used,
                       lf ? (size_t)(lf - out) + 1 - used : (size_t)got);
        }
        if (got > 0) {
            used += (size_t)got;
            if (out[used - 1] == '\n') {
                out[used - 1] = '\0';
                return (ssize_t)used - 1;
            }
        } else if (got == 0) {
            errno = ECONNRESET;
            return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    errno = EPROTO;
    return -1;
}

/* WHY: the text behind NO, or errno's. */
static int refuse(char why[TLS_TEXT_MAX], const char *line)
{
    const char *text =
        strncmp(line, "NO ", 3) == 0 ? line + 3 : "the door talks nonsense";

    snprintf(why, TLS_TEXT_MAX, "%.*s", TLS_TEXT_MAX - 1, text);
    return -1;
}

static int fail(char why[TLS_TEXT_MAX])
{
    snprintf(why, TLS_TEXT_MAX, "%s",
             errno == ECONNRESET ? "the door has closed" : strerror(errno));
    return -1;
}

static int send_question(int door, const char *service, const char *peer, int client)
{
    struct packet packet = {.next = 0};
    int result;

    packet_add(&packet, "server");
    packet_add(&packet, service);
    packet_add(&packet, peer);
    result = packet_send(door, &packet, client);
    packet_free(&packet);
    return result;
}

int tls_door_ask(const char *path, const char *service, const char *peer, int client,
                 clock_ms deadline, char why[TLS_TEXT_MAX])
{
    char line[TLS_LINE_MAX];
    int door = door_connect(path, deadline);
    int result = -1;

    if (door < 0) {
        return fail(why);
    }
    if (send_question(door, service, peer, client) < 0 ||
        tls_door_read_line(door, line, deadline) < 0) {
        fail(why);
    } else if (strcmp(line, "READY") != 0) {
        refuse(why, line);
    } else {
        result = door;
    }
    if (result < 0) {
        close(door);
    }
    return result;
}

int tls_door_wait(int door, struct tls_state *out, clock_ms deadline,
                  char why[TLS_TEXT_MAX])
{
    char line[TLS_LINE_MAX];
    ssize_t len = tls_door_read_line(door, line, deadline);

    if (len < 0) {
        return fail(why);
    }
    return tls_state_parse(line, (size_t)len, out) < 0 ? refuse(why, line) : 0;
}

int tls_door_receive(int door, struct tls_question *out, clock_ms deadline)
{
    struct packet packet = {.next = 0};
    int client = -1;
    int got =
        wait_readable(door, deadline) < 0 ? -1 : packet_receive(door, &packet, &client);

    if (got > 0 &&
        tls_question_parse(packet.bytes.s, packet.bytes.len, client, out) < 0) {
        errno = EPROTO;
        got = -1;
    } else if (got == 0) {
        errno = ECONNRESET;
        got = -1;
    }
    packet_free(&packet);
    if (got < 0 && client >= 0) {
        int saved = errno;
        close(client);
        errno = saved;
    }
    return got < 0 ? -1 : 0;
}

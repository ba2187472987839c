#include "tls_request.h"

#include "door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const check_names[TLS_CHECKS] = {
    [TLS_CHECK_NONE] = "none",     [TLS_CHECK_NAMES] = "names",
    [TLS_CHECK_TRY] = "try-names", [TLS_CHECK_FINGERPRINT] = "fingerprint",
    [TLS_CHECK_DANE] = "dane",
};

/* WHY: errno's text. */
static int fail(char why[TLS_TEXT_MAX])
{
    snprintf(why, TLS_TEXT_MAX, "%s",
             errno == ECONNRESET ? "tlsc has closed the connection" : strerror(errno));
    return -1;
}

enum tls_result tls_request_refusal(const char *line, char why[TLS_TEXT_MAX])
{
    char word[40] = "";
    int used = 0;
    enum tls_result result;

    if (sscanf(line, "NO %39s %n", word, &used) != 1 || used == 0 ||
        (result = tls_result_find(word)) == TLS_RESULTS || result == TLS_RESULT_OK) {
        snprintf(why, TLS_TEXT_MAX, "tlsc talks nonsense");
        return TLS_RESULT_NONE;
    }
    snprintf(why, TLS_TEXT_MAX, "%.*s", TLS_TEXT_MAX - 1, line + used);
    return result;
}

static int send_request(int door, const struct tls_request *request)
{
    struct packet packet = {.next = 0};
    int result;

    packet_add(&packet, "client");
    packet_add(&packet, request->name);
    packet_add(&packet, check_names[request->check]);
    packet_add(&packet, request->list);
    packet_add_number(&packet, request->seconds);
    result = packet_send(door, &packet, request->server);
    packet_free(&packet);
    return result;
}

int tls_request_ask(const char *path, const struct tls_request *request,
                    clock_ms deadline, char why[TLS_TEXT_MAX])
{
    char line[TLS_LINE_MAX];
    int door = door_connect(path, deadline);
    int result = -1;

    if (door < 0) {
        return fail(why);
    }
    if (send_request(door, request) < 0 ||
        tls_door_read_line(door, line, deadline) < 0) {
        fail(why);
    } else if (strcmp(line, "READY") != 0) {
        tls_request_refusal(line, why);
    } else {
        result = door;
    }
    if (result < 0) {
        close(door);
    }
    return result;
}

int tls_request_go(int door, struct tls_state *out, clock_ms deadline,
                   char why[TLS_TEXT_MAX], enum tls_result *result)
{
    char line[TLS_LINE_MAX];
    ssize_t len = -1;

    *result = TLS_RESULT_NONE;
    if (send(door, "GO\n", 3, MSG_NOSIGNAL) == 3) {
        len = tls_door_read_line(door, line, deadline);
    }
    if (len < 0) {
        return fail(why);
    }
    if (tls_state_parse(line, (size_t)len, out) < 0) {
        *result = tls_request_refusal(line, why);
        return -1;
    }
    *result = TLS_RESULT_OK;
    return 0;
}

int tls_request_parse(struct packet *packet, struct tls_request *out)
{
    const char *verb = packet_next(packet);
    const char *name = packet_next(packet);
    const char *check = packet_next(packet);
    const char *list = packet_next(packet);
    int i;

    *out = (struct tls_request){.name = name, .list = list, .server = -1};
    out->seconds = packet_next_number(packet, TLS_REQUEST_SECONDS_MAX);
    for (i = 0; check && i < TLS_CHECKS && strcmp(check, check_names[i]) != 0; i++) {
    }
    out->check = (enum tls_check)i;
    if (!verb || strcmp(verb, "client") != 0 || !list || i == TLS_CHECKS ||
        out->seconds < 1 || strlen(name) > TLS_NAME_MAX || packet_next(packet) ||
        (out->check == TLS_CHECK_NONE) != (*list == '\0')) {
        return -1;
    }
    return 0;
}

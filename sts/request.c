#include "request.h"

#include "cache.h"
#include "door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DOOR_SECONDS 5

static int send_request(int door, const struct sts_request *request)
{
    struct packet packet = {.next = 0};
    int result;

    packet_add(&packet, "fetch");
    packet_add(&packet, request->domain);
    packet_add(&packet, request->id);
    result = packet_send(door, &packet, -1);
    packet_free(&packet);
    return result;
}

int sts_request_ask(const char *path, const struct sts_request *request,
                    clock_ms deadline, char why[TLS_TEXT_MAX])
{
    char line[TLS_LINE_MAX];
    int door = door_connect(path, clock_deadline(DOOR_SECONDS));
    int result = -1;

    if (door >= 0 && send_request(door, request) == 0) {
        if (deadline == 0) {
            result = 1;
        } else if (tls_door_read_line(door, line, deadline) >= 0) {
            result = strcmp(line, "OK") == 0;
        }
    }
    if (result < 0) {
        snprintf(why, TLS_TEXT_MAX, "%s", strerror(errno));
    }
    if (door >= 0) {
        close(door);
    }
    return result;
}

int sts_request_parse(struct packet *packet, struct sts_request *out)
{
    const char *verb = packet_next(packet);

    out->domain = packet_next(packet);
    out->id = packet_next(packet);
    return out->id && !packet_next(packet) && strcmp(verb, "fetch") == 0 &&
                   sts_cache_name_is_good(out->domain) &&
                   sts_id_is_good(out->id, strlen(out->id))
               ? 0
               : -1;
}

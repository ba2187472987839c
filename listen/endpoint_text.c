#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_number(const char *text, int base, unsigned long max,
                        unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9') {
        return -1;
    }
    errno = 0;
    *number = strtoul(text, &end, base);
    return errno || *end || *number > max ? -1 : 0;
}

static int parse_unix(struct endpoint *endpoint, const char *text)
{
    const char *comma = strstr(text, ",mode=");
    size_t len = comma ? (size_t)(comma - text) : strlen(text);
    unsigned long mode;

    if (*text != '/' || len >= sizeof endpoint->path) {
        return -1;
    }
    if (comma) {
        if (parse_number(comma + 6, 8, 0777, &mode) < 0) {
            return -1;
        }
        endpoint->has_mode = true;
        endpoint->mode = (mode_t)mode;
    }
    endpoint->family = AF_UNIX;
    memcpy(endpoint->path, text, len);
    endpoint->path[len] = 0;
    return 0;
}

static int parse_ip(struct endpoint *endpoint, const char *text, size_t len)
{
    char ip[INET6_ADDRSTRLEN];

    if (len == 1 && *text == '*') {
        endpoint->family = AF_INET6; /* all zero: the wildcard */
        endpoint->is_dual = true;
        return 0;
    }
    endpoint->family = AF_INET;
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        endpoint->family = AF_INET6;
        text++;
        len -= 2;
    }
    if (len >= sizeof ip) {
        return -1;
    }
    memcpy(ip, text, len);
    ip[len] = 0;
    return inet_pton(endpoint->family, ip, endpoint->ip) == 1 ? 0 : -1;
}

int endpoint_parse(struct endpoint *endpoint, const char *text)
{
    const char *colon = strrchr(text, ':');
    unsigned long port;

    memset(endpoint, 0, sizeof *endpoint);
    endpoint->fd = -1;
    if (strncmp(text, "unix:", 5) == 0) {
        return parse_unix(endpoint, text + 5);
    }
    if (!colon || parse_number(colon + 1, 10, 65535, &port) < 0) {
        return -1;
    }
    endpoint->port = (unsigned)port;
    return parse_ip(endpoint, text, (size_t)(colon - text));
}

void endpoint_format(const struct endpoint *endpoint, char *text)
{
    char ip[INET6_ADDRSTRLEN] = "";

    if (endpoint->family == AF_UNIX) {
        snprintf(text, ENDPOINT_TEXT_MAX, "unix:%s", endpoint->path);
    } else if (endpoint->is_dual) {
        snprintf(text, ENDPOINT_TEXT_MAX, "*:%u", endpoint->port);
    } else if (inet_ntop(endpoint->family, endpoint->ip, ip, sizeof ip)) {
        snprintf(text, ENDPOINT_TEXT_MAX,
                 endpoint->family == AF_INET ? "%s:%u" : "[%s]:%u", ip, endpoint->port);
    }
}

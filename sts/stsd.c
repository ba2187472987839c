/* stsd: fetches policies of MTA-STS (RFC 8461) from their HTTPS servers, and keeps
 * them.
 *
 *     stsd [-r FILE] [-l SOCKET]     the door run/sts (request.h)
 *     stsd -f DOMAIN                 fetches DOMAIN's policy now, and ends
 *
 * Loads libcurl and OpenSSL once, and forks for each question: looks the server up,
 * fetches the policy, writes it where qmx reads it. At the start and every hour another
 * process fetches those anew that are in use and of yesterday. User: pombo-sts; whoever
 * called pombo up in the quick start. fd 2: the log; fd 3 with LISTEN_FDS: the
 * listening socket, which -l makes itself. FILE gets the socket's path when it listens.
 * Signals: TERM ends all.
 *
 * Files: etc/tables.cdb; the folder sts, which it writes; the certificates of CAs in
 * the folder of tls_ca_dir; /etc/resolv.conf unless the setting dns_server is there.
 * Environment: POMBO_DIR (lib/paths.h); those of resolv.conf(5).
 * Exit codes: 0; 100 misused; 111 temporary, and with -f: no policy is to be had. */
#include "../door/forker.h"
#include "../door/listener.h"
#include "../qsend/dns.h"
#include "../qsend/punycode.h"
#include "cache.h"
#include "discovery.h"
#include "door.h"
#include "exitcode.h"
#include "log.h"
#include "request.h"
#include "settings.h"
#include "sweep.h"
#include "text.h"
#include "update.h"
#include "walls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUESTION_SECONDS 10
#define SWEEP_SECONDS 3600
#define FETCHES_MAX 100

struct options {
    const char *ready_file, *socket, *domain;
};

static int read_options(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt(argc, argv, "r:l:f:")) != -1) {
        if (option == 'r') {
            options->ready_file = optarg;
        } else if (option == 'l') {
            options->socket = optarg;
        } else if (option == 'f') {
            options->domain = optarg;
        } else {
            return -1;
        }
    }
    return optind == argc && !(options->domain && options->socket) ? 0 : -1;
}

static void tell_exhaustion(void)
{
    log_event(LOG_LEVEL_ERROR, "memory", "why", "exhausted", (char *)0);
}

/* 0, or -1 when that is told. */
static int prepare(struct update_settings *settings)
{
    struct tables tables;
    int result;

    if (tables_open(&tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
    }
    settings->authorities = memory_copy_string(setting_text(&tables, SET_tls_ca_dir));
    settings->port = (unsigned)setting_number(&tables, SET_mta_sts_port);
    settings->seconds = setting_number(&tables, SET_mta_sts_timeout);
    result = dns_open(&tables);
    tables_close(&tables);
    if (result < 0) {
        log_event(LOG_LEVEL_ERROR, "resolver", "text", "no usable name server",
                  (char *)0);
        return -1;
    }
    if (fetch_open() < 0) {
        log_event(LOG_LEVEL_ERROR, "libcurl", "why", "does not begin", (char *)0);
        return -1;
    }
    return 0;
}

/* 1; 0: nobody asked; -1 with errno. */
static int receive(int door, struct packet *packet, struct sts_request *request)
{
    int fd = -1;
    int result = door_wait(door, clock_deadline(QUESTION_SECONDS));

    if (result <= 0) {
        errno = result == 0 ? ETIMEDOUT : errno;
        return -1;
    }
    result = packet_receive(door, packet, &fd);
    if (fd >= 0) {
        close(fd);
    }
    if (result > 0 && sts_request_parse(packet, request) < 0) {
        errno = EPROTO;
        return -1;
    }
    return result;
}

/* Who does not wait has gone. */
static void say(int door, const char *text)
{
    char line[STS_FETCH_WHY_MAX + 8];
    int len =
        snprintf(line, sizeof line, "%s%s\n", text ? "NO " : "OK", text ? text : "");

    (void)send(door, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int serve(void *data, int door)
{
    struct packet packet = {.next = 0};
    struct sts_request request;
    char why[STS_FETCH_WHY_MAX];
    int result;

    walls_enter(WALLS_STSD_SESSION,
                ((const struct update_settings *)data)->authorities);
    result = receive(door, &packet, &request);
    if (result < 0) {
        log_failure("question", (char *)0);
    }
    if (result > 0) {
        say(door, update_run(data, request.domain, request.id, time(NULL), why) < 0
                      ? why
                      : NULL);
    }
    packet_free(&packet);
    return result < 0 ? EXITCODE_TEMPORARY : EXITCODE_DONE;
}

static int sweep(void *data)
{
    walls_enter(WALLS_STSD_SESSION,
                ((const struct update_settings *)data)->authorities);
    sweep_run(data);
    return EXITCODE_DONE;
}

/* As if somebody asked for it just now. */
static int fetch_now(const struct update_settings *settings, const char *domain)
{
    char name[DNS_NAME_SIZE];
    char why[STS_FETCH_WHY_MAX];
    char id[STS_ID_MAX + 1];
    unsigned long ttl;

    walls_enter(WALLS_STSD_SESSION, settings->authorities);
    if (punycode_encode_domain(domain, name, sizeof name) == 0) {
        text_lower(name, strlen(name));
        if (sts_cache_name_is_good(name) && sts_discover(name, id, &ttl) == STS_THERE) {
            return update_run(settings, name, id, time(NULL), why) < 0
                       ? EXITCODE_TEMPORARY
                       : EXITCODE_DONE;
        }
    }
    log_event(LOG_LEVEL_WARNING, "no-record", "domain", domain, (char *)0);
    return EXITCODE_TEMPORARY;
}

static int listen_at(struct forker *forker, const struct options *options)
{
    forker->listener =
        options->socket ? listener_make(options->socket, 0600) : listener_adopt();
    if (forker->listener < 0) {
        log_failure("listen", "socket", options->socket ? options->socket : "fd 3",
                    (char *)0);
        return -1;
    }
    if (forker_open(forker) < 0 ||
        listener_announce(options->ready_file, options->socket ? options->socket : "") <
            0) {
        log_failure("prepare", (char *)0);
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: stsd [-r readyfile] [-l socket] | -f domain\n";
    struct update_settings settings = {.port = 0};
    struct forker forker = {.serve = serve,
                            .busy = "NO too many sessions at once\n",
                            .work = sweep,
                            .period = SWEEP_SECONDS,
                            .data = &settings,
                            .most = FETCHES_MAX,
                            .limit = "fetches"};
    struct options options = {.socket = NULL};

    log_open("stsd");
    if (read_options(argc, argv, &options) < 0) {
        return write(2, usage, sizeof usage - 1) < 0 ? EXITCODE_TEMPORARY
                                                     : EXITCODE_PERMANENT;
    }
    if (prepare(&settings) < 0) {
        return EXITCODE_TEMPORARY;
    }
    if (options.domain) {
        return fetch_now(&settings, options.domain);
    }
    if (listen_at(&forker, &options) < 0) {
        return EXITCODE_TEMPORARY;
    }
    text_wait_on_exhaustion(tell_exhaustion);
    walls_enter(WALLS_STSD, settings.authorities);
    log_event(LOG_LEVEL_INFO, "start", "authorities", settings.authorities, (char *)0);
    forker_run(&forker);
    return EXITCODE_DONE;
}

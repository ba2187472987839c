/* pombo up. */
#include "certificates.h"
#include "command.h"
#include "exitcode.h"
#include "layout.h"
#include "service.h"
#include "settings.h"
#include "stop.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define USAGE                                                                          \
    "up DIR [--domain NAME] [--host NAME] [--smtp ADDRESS:PORT] [--submission "        \
    "ADDRESS:PORT] [--pop3 ADDRESS:PORT] [--smtps ADDRESS:PORT] [--pop3s "             \
    "ADDRESS:PORT]"
/* The longest name of a socket below DIR. */
#define LONGEST_SOCKET "/run/login"

struct up_options {
    const char *dir, *domain, *host;
    struct service_options services;
};

static int add_address(struct service_options *options, enum service_kind kind,
                       const char *address)
{
    if (options->counts[kind] == SERVICE_ADDRESSES_MAX) {
        return -1;
    }
    options->addresses[kind][options->counts[kind]++] = address;
    return 0;
}

/* Where nobody says otherwise. Who says where SMTP and POP3 are has to say it of the
 * ports with TLS from the start as well. */
static void add_defaults(struct service_options *options)
{
    static const struct {
        const char *address;
        enum service_kind kind;
        int is_optional;
    } defaults[] = {
        {"127.0.0.1:2525", SERVICE_SMTP, 0},  {"127.0.0.1:2587", SERVICE_SUBMISSION, 0},
        {"127.0.0.1:2110", SERVICE_POP3, 0},  {"127.0.0.1:2465", SERVICE_SMTPS, 1},
        {"127.0.0.1:2995", SERVICE_POP3S, 1},
    };
    int has_any = 0;
    size_t i;

    for (i = 0; i < SERVICE_COUNT; i++) {
        has_any |= options->counts[i] > 0;
    }
    for (i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        if (options->counts[defaults[i].kind] == 0 &&
            (!has_any || !defaults[i].is_optional)) {
            add_address(options, defaults[i].kind, defaults[i].address);
        }
    }
}

static int read_options(int argc, char **argv, struct up_options *options)
{
    static const struct option names[] = {
        {"domain", required_argument, NULL, 'd'},
        {"host", required_argument, NULL, 'h'},
        {"smtp", required_argument, NULL, 's'},
        {"submission", required_argument, NULL, 'u'},
        {"pop3", required_argument, NULL, 'p'},
        {"smtps", required_argument, NULL, 'S'},
        {"pop3s", required_argument, NULL, 'P'},
        {NULL, 0, NULL, 0},
    };
    struct service_options *services = &options->services;
    int result = 0;
    int option;

    while (result == 0 && (option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'd':
            options->domain = optarg;
            break;
        case 'h':
            options->host = optarg;
            break;
        case 's':
            result = add_address(services, SERVICE_SMTP, optarg);
            break;
        case 'u':
            result = add_address(services, SERVICE_SUBMISSION, optarg);
            break;
        case 'p':
            result = add_address(services, SERVICE_POP3, optarg);
            break;
        case 'S':
            result = add_address(services, SERVICE_SMTPS, optarg);
            break;
        case 'P':
            result = add_address(services, SERVICE_POP3S, optarg);
            break;
        default:
            result = -1;
        }
    }
    if (result < 0 || argc - optind != 1) {
        return -1;
    }
    options->dir = argv[optind];
    add_defaults(services);
    return 0;
}

/* What a folder's path must be to hold sockets and to stand in a line of text. */
static int check_dir(void)
{
    char *dir = command_path("");
    int result = EXITCODE_DONE;
    size_t i;

    if (strlen(dir) + strlen(LONGEST_SOCKET) >=
        sizeof((struct sockaddr_un *)0)->sun_path) {
        result = command_fail(EXITCODE_PERMANENT,
                              "%s: the path is too long for UNIX sockets in it", dir);
    }
    for (i = 0; dir[i] && result == EXITCODE_DONE; i++) {
        if (iscntrl((unsigned char)dir[i])) {
            result = command_fail(EXITCODE_PERMANENT, "control bytes in the path");
        }
    }
    free(dir);
    return result;
}

/* A socket of an earlier time would have clients offered what is not there. */
static int leave_out_tls(struct service_options *services)
{
    char *path = command_path("run/tls");
    int result =
        unlink(path) < 0 && errno != ENOENT ? command_fail_errno(path) : EXITCODE_DONE;

    services->counts[SERVICE_SMTPS] = services->counts[SERVICE_POP3S] = 0;
    free(path);
    return result;
}

/* A first certificate, where there is none. Without one all goes on without TLS, but
 * for the services that are nothing without it. */
static int prepare_tls(struct service_options *services)
{
    struct tables tables = {0};
    int made;

    if (tables_open(&tables) < 0) {
        return command_fail_errno("etc/tables.cdb");
    }
    made = certificates_make_first(setting_host_name(&tables));
    tables_close(&tables);
    if (made < 0) {
        return command_fail_errno("etc/tls");
    }
    services->has_tls = made;
    return made ? EXITCODE_DONE : leave_out_tls(services);
}

static int start(const struct up_options *options, struct state *state)
{
    int result = service_start_all(&options->services, state);

    if (result != EXITCODE_DONE) {
        stop_services(state, STOP_SECONDS);
        return result;
    }
    state_print(state, 0);
    return EXITCODE_DONE;
}

static int bring_up(struct up_options *options, struct state *state)
{
    int is_read = state_read(state);
    int alive = is_read > 0 ? state_count_alive(state) : 0;
    int started = state_count_started(state);
    int result = is_read < 0 ? command_fail_errno("run/state") : EXITCODE_DONE;

    if (result == EXITCODE_DONE) {
        result = layout_make_files(options->domain, options->host);
    }
    if (result == EXITCODE_DONE) {
        result = prepare_tls(&options->services);
    }
    if (result != EXITCODE_DONE) {
        return result;
    }
    /* The addresses are written last: without them nobody has seen all answer. */
    if (alive > 0 && alive == started && state->addresses.len > 0) {
        command_fail(0, "%s is up already", options->dir);
        state_print(state, 0);
        return command_signal_qsend();
    }
    if (alive > 0 && alive == started) {
        command_fail(0, "the start of %s was cut off; all services are started anew",
                     options->dir);
        result = stop_services(state, STOP_SECONDS);
    } else if (is_read > 0) {
        command_fail(0, "%d of %d services of %s have ended; all are started anew",
                     started - alive, started, options->dir);
        result = stop_services(state, STOP_SECONDS);
    }
    state_free(state);
    return result == EXITCODE_DONE ? start(options, state) : result;
}

int command_up(int argc, char **argv)
{
    struct up_options options = {0};
    struct state state = {0};
    int lock;
    int result;

    if (read_options(argc, argv, &options) < 0) {
        return command_usage(USAGE);
    }
    result = layout_make_folders(options.dir);
    if (result == EXITCODE_DONE) {
        result = check_dir();
    }
    if (result != EXITCODE_DONE) {
        return result;
    }
    lock = state_lock();
    if (lock < 0) {
        return command_fail_errno("run/.lock");
    }
    result = bring_up(&options, &state);
    state_free(&state);
    close(lock);
    return result;
}

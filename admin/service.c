#include "service.h"

#include "answer.h"
#include "command.h"
#include "exitcode.h"
#include "logtail.h"
#include "spawn.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_SECONDS 20
#define ARGUMENTS_MAX 64

static const struct {
    const char *log;
    const char *program[3]; /* each beside us, but for options */
    const char *socket;     /* below DIR, with its mode; NULL: TCP */
    const char *limits[4];  /* qlisten's -c and -C */
    const char *busy;       /* the line for those turned away, as the protocol has it */
    const char *greeting;   /* NULL: none that can be read */
} services[SERVICE_COUNT] = {
    [SERVICE_TLSC] = {.log = "log/tlsc.log", .program = {"tlsc"}, .socket = "run/tlsc"},
    [SERVICE_STS] = {.log = "log/stsd.log", .program = {"stsd"}, .socket = "run/sts"},
    [SERVICE_QSEND] = {"log/qsend.log", {"qstart"}, NULL, {NULL}, NULL, NULL},
    [SERVICE_TLS] = {"log/tlsd.log", {"tlsd", "-d"}, "run/tls", {NULL}, NULL, NULL},
    [SERVICE_LOGIN] = {"log/pop3d.log",
                       {"checkpw", "-d", "pop3d"},
                       "run/login,mode=0600",
                       {"-c", "1000", "-C", "1000"},
                       "Z",
                       NULL},
    [SERVICE_AUTH] = {"log/auth.log",
                      {"checkpw", "-a"},
                      "run/auth,mode=0600",
                      {"-c", "1000", "-C", "1000"},
                      "",
                      NULL},
    [SERVICE_QMQP] = {"log/qmqpd.log",
                      {"qmqpd"},
                      "run/qmqp,mode=0666",
                      {NULL},
                      "20:Ztoo many at once #4,",
                      NULL},
    [SERVICE_SMTP] = {"log/smtpd.log", {"smtpd"}, NULL, {NULL}, NULL, "220"},
    [SERVICE_SUBMISSION] =
        {"log/submission.log", {"smtpd", "-s"}, NULL, {NULL}, NULL, "220"},
    [SERVICE_POP3] = {"log/pop3d.log",
                      {"popup"},
                      NULL,
                      {NULL},
                      "-ERR [SYS/TEMP] too many connections, try again later",
                      "+OK"},
    [SERVICE_SMTPS] =
        {"log/submission.log", {"smtpd", "-s", "-t"}, NULL, {NULL}, NULL, NULL},
    [SERVICE_POP3S] = {"log/pop3d.log", {"popup", "-t"}, NULL, {NULL}, NULL, NULL},
};

/* Those without a socket of pombo's own are on the network. */
static int is_network(enum service_kind kind)
{
    return kind != SERVICE_QSEND && !services[kind].socket;
}

static int is_wanted(enum service_kind kind, const struct service_options *options)
{
    return is_network(kind)      ? options->counts[kind] > 0
           : kind == SERVICE_TLS ? options->has_tls
                                 : 1;
}

/* A command line under way; its strings are freed together. */
struct command_line {
    char *arguments[ARGUMENTS_MAX];
    int count;
};

static void add_argument(struct command_line *line, char *argument)
{
    line->arguments[line->count++] = argument;
}

static void add_copy(struct command_line *line, const char *argument)
{
    add_argument(line, memory_copy_string(argument));
}

/* 0, or an exit code. */
static int add_program(struct command_line *line, const char *name)
{
    char *path = spawn_find_program(name);

    if (!path) {
        return command_fail(EXITCODE_TEMPORARY, "the program %s is not there", name);
    }
    add_argument(line, path);
    return EXITCODE_DONE;
}

static char *ready_path(enum service_kind kind)
{
    char name[40];

    snprintf(name, sizeof name, "run/%s.ready", service_names[kind]);
    return command_path(name);
}

static void add_addresses(struct command_line *line, enum service_kind kind,
                          const struct service_options *options)
{
    char *path;
    char *address = NULL;
    int i;

    if (services[kind].socket) {
        path = command_path(services[kind].socket);
        if (asprintf(&address, "unix:%s", path) < 0) {
            text_exhausted();
        }
        add_argument(line, address);
        free(path);
        return;
    }
    for (i = 0; i < options->counts[kind]; i++) {
        add_copy(line, options->addresses[kind][i]);
    }
}

/* smtpd and popup fork their sessions themselves. */
static int has_template(enum service_kind kind)
{
    return is_network(kind);
}

/* qlisten's options and addresses, up to "--". */
static int add_listener(struct command_line *line, enum service_kind kind,
                        const struct service_options *options)
{
    int result = add_program(line, "qlisten");
    int i;

    if (result != EXITCODE_DONE) {
        return result;
    }
    if (has_template(kind)) {
        add_copy(line, "-T");
    }
    add_copy(line, "-n");
    add_copy(line, services[kind].program[0]);
    add_copy(line, "-r");
    add_argument(line, ready_path(kind));
    for (i = 0; i < 4 && services[kind].limits[i]; i++) {
        add_copy(line, services[kind].limits[i]);
    }
    if (services[kind].busy) {
        add_copy(line, "-B");
        add_copy(line, services[kind].busy);
    }
    add_addresses(line, kind, options);
    add_copy(line, "--");
    return EXITCODE_DONE;
}

/* tlsd, tlsc and stsd listen by themselves: they fork for each session what they have
 * made ready once. */
static int is_door(enum service_kind kind)
{
    return kind == SERVICE_TLS || kind == SERVICE_TLSC || kind == SERVICE_STS;
}

static void add_own_socket(struct command_line *line, enum service_kind kind)
{
    add_copy(line, "-r");
    add_argument(line, ready_path(kind));
    add_copy(line, "-l");
    add_argument(line, command_path(services[kind].socket));
}

static int make_command(struct command_line *line, enum service_kind kind,
                        const struct service_options *options)
{
    const char *const *program = services[kind].program;
    int result = EXITCODE_DONE;
    int i;

    if (kind != SERVICE_QSEND && !is_door(kind)) {
        result = add_listener(line, kind, options);
    }
    for (i = 0; i < 3 && program[i] && result == EXITCODE_DONE; i++) {
        if (program[i][0] == '-') {
            add_copy(line, program[i]);
        } else {
            result = add_program(line, program[i]);
        }
    }
    if (is_door(kind) && result == EXITCODE_DONE) {
        add_own_socket(line, kind);
    }
    return result;
}

static int remove_ready_file(enum service_kind kind)
{
    char *path = ready_path(kind);
    int result =
        unlink(path) < 0 && errno != ENOENT ? command_fail_errno(path) : EXITCODE_DONE;

    free(path);
    return result;
}

/* The process waits until its pid is written down: one that nobody knows of would stand
 * in the way of the next start. */
static int run_command(enum service_kind kind, const struct command_line *line,
                       const char *log, struct state *state)
{
    struct spawn spawn;

    if (spawn_prepare(&spawn, line->arguments, log) < 0) {
        return command_fail_errno(line->arguments[0]);
    }
    state->services[kind] = spawn.process;
    if (state_write(state) < 0) {
        int result = command_fail_errno("run/state");
        spawn_cancel(&spawn);
        return result;
    }
    return spawn_release(&spawn) < 0 ? command_fail_errno(line->arguments[0])
                                     : EXITCODE_DONE;
}

static int start_service(enum service_kind kind, const struct service_options *options,
                         struct state *state)
{
    struct command_line line = {.count = 0};
    char *log = command_path(services[kind].log);
    int result = remove_ready_file(kind);
    int i;

    if (result == EXITCODE_DONE) {
        result = make_command(&line, kind, options);
    }
    if (result == EXITCODE_DONE) {
        result = run_command(kind, &line, log, state);
    }
    for (i = 0; i < line.count; i++) {
        free(line.arguments[i]);
    }
    free(log);
    return result;
}

/* Adds "smtp=ADDRESS" for each line of a ready file, when it answers there. */
static int take_addresses(enum service_kind kind, struct state *state, char *ready,
                          clock_ms deadline)
{
    char *rest = ready;
    char *address;

    while ((address = strtok_r(rest, "\n", &rest))) {
        if (services[kind].greeting &&
            answer_wait_greeting(&state->services[kind], address,
                                 services[kind].greeting, deadline) < 0) {
            return -1;
        }
        text_add_format(&state->addresses, "%s=%s\n", service_names[kind], address);
    }
    return 0;
}

static int wait_for_service(enum service_kind kind, struct state *state,
                            clock_ms deadline)
{
    const struct process *process = &state->services[kind];
    stralloc ready = STRALLOC_ZERO;
    char *path;
    int result;

    if (kind == SERVICE_QSEND) {
        return answer_wait_lock(process, deadline);
    }
    path = ready_path(kind);
    result = answer_wait_ready(process, path, deadline, &ready);
    if (result == 0 && is_network(kind)) {
        result = take_addresses(kind, state, ready.s, deadline);
    }
    text_free(&ready);
    free(path);
    return result;
}

static int report_failure(enum service_kind kind, const struct state *state,
                          const off_t *log_starts)
{
    const char *program = services[kind].program[0];
    char *log = command_path(services[kind].log);

    command_fail(EXITCODE_TEMPORARY, "%s %s; the end of %s:", program,
                 process_is_alive(&state->services[kind]) ? "does not answer"
                                                          : "did not start",
                 log);
    logtail_print(log, log_starts[kind]);
    free(log);
    return EXITCODE_TEMPORARY;
}

int service_start_all(const struct service_options *options, struct state *state)
{
    off_t log_starts[SERVICE_COUNT];
    clock_ms deadline = clock_deadline(START_SECONDS);
    char *log;
    int result;
    int i;

    for (i = 0; i < SERVICE_COUNT; i++) {
        log = command_path(services[i].log);
        log_starts[i] = logtail_size(log);
        free(log);
    }
    for (i = 0; i < SERVICE_COUNT; i++) {
        if (!is_wanted((enum service_kind)i, options)) {
            continue;
        }
        result = start_service((enum service_kind)i, options, state);
        if (result != EXITCODE_DONE) {
            return result;
        }
        /* Whom it is for would else do without it. */
        if (i < SERVICE_QSEND &&
            wait_for_service((enum service_kind)i, state, deadline) < 0) {
            return report_failure((enum service_kind)i, state, log_starts);
        }
    }
    for (i = 0; i < SERVICE_COUNT; i++) {
        if (is_wanted((enum service_kind)i, options) &&
            wait_for_service((enum service_kind)i, state, deadline) < 0) {
            return report_failure((enum service_kind)i, state, log_starts);
        }
    }
    return state_write(state) < 0 ? command_fail_errno("run/state") : EXITCODE_DONE;
}

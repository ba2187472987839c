#include "front.h"

#include "exitcode.h"
#include "log.h"
#include "netaddress.h"
#include "walls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Longer than the handshake may take. */
#define WAIT_SLACK_SECONDS 10

static int set_number(const char *name, int number)
{
    char text[16];

    snprintf(text, sizeof text, "%d", number);
    return setenv(name, text, 1);
}

static int set_text(const char *name, const char *text)
{
    return *text ? setenv(name, text, 1) : unsetenv(name);
}

static int tell_state(const struct tls_state *state)
{
    return set_text("TLS_PROTOCOL", state->protocol) < 0 ||
                   set_text("TLS_CIPHER", state->cipher) < 0 ||
                   set_number("TLS_BITS", state->bits) < 0 ||
                   set_text("TLS_SNI", state->sni) < 0 ||
                   set_text("TLS_EXPORTER", state->exporter) < 0 ||
                   set_text("TLS_END_POINT", state->end_point) < 0
               ? -1
               : 0;
}

/* The program could not ask its socket any more. */
static int tell_address(const char *ip_name, const char *port_name,
                        const struct net_address *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    if (!address->family) {
        return 0;
    }
    return setenv(ip_name, net_address_format(address, text), 1) < 0 ||
                   set_number(port_name, address->port) < 0
               ? -1
               : 0;
}

static int tell_addresses(const struct net_address *peer)
{
    struct net_address local;

    net_local(0, &local);
    return tell_address("TCPREMOTEIP", "TCPREMOTEPORT", peer) < 0 ||
                   tell_address("TCPLOCALIP", "TCPLOCALPORT", &local) < 0
               ? -1
               : 0;
}

/* The child: becomes the program when the session is inside TLS. */
static void become_program(char **program, int plain, long long seconds)
    __attribute__((noreturn));

static void become_program(char **program, int plain, long long seconds)
{
    struct tls_state state;
    char why[TLS_TEXT_MAX];

    if (tls_door_wait(plain, &state, clock_deadline(seconds), why) < 0) {
        _exit(EXITCODE_TEMPORARY); /* the other side has told */
    }
    signal(SIGPIPE, SIG_DFL);
    if (tell_state(&state) == 0 && dup2(plain, 0) == 0 && dup2(plain, 1) == 1) {
        execvp(program[0], program);
    }
    log_failure("program", "name", program[0], (char *)0);
    _exit(EXITCODE_TEMPORARY);
}

int front_run(const char *service, char **program, SSL_CTX *context,
              const struct session_settings *settings)
{
    struct tls_question question = {.kind = TLS_QUESTION_SERVER, .client = 0};
    struct net_address peer;
    int ends[2];
    pid_t pid;

    net_peer(0, &peer);
    net_address_format(&peer, question.peer);
    snprintf(question.service, sizeof question.service, "%s", service);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    if (tell_addresses(&peer) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        log_failure("prepare", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    pid = fork();
    if (pid < 0) {
        log_failure("fork", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    if (pid == 0) {
        close(ends[0]);
        signal(SIGCHLD, SIG_DFL);
        become_program(program, ends[1],
                       settings->handshake_seconds + WAIT_SLACK_SECONDS);
    }
    close(ends[1]);
    walls_enter(WALLS_TLS_SESSION, NULL);
    return session_serve(0, ends[0], &question, context, settings);
}

/* checkpw: checks a user's password, then becomes the program that serves the user.
 *
 *     checkpw PROGRAM ARGS...      the checkpassword interface: credentials on fd 3
 *     checkpw -d PROGRAM ARGS...   the log-in door: one question on fd 0
 *     checkpw -a                   the door run/auth: answers on fd 0, and ends
 *
 * Runs as the owner of the mailboxes with a group more that may read the hashes
 * (dropped before PROGRAM runs), or as root (becomes the mail root's owner).
 * Reads etc/tables.cdb and etc/passwords.cdb, locks run/checkpw.lock.
 * PROGRAM gets the client on fd 0 and 1, the mail root as its current directory, and
 * USER HOME SHELL MAILBOX in the environment; through the door also LOGIN_METHOD and
 * TCPREMOTEIP where popup tells them.
 * Exit codes: 1 wrong user or password, 2 misused, 111 temporary; PROGRAM's own. */
#include "account.h"
#include "auth.h"
#include "clock.h"
#include "credentials.h"
#include "dump.h"
#include "exitcode.h"
#include "log.h"
#include "login.h"
#include "login_door.h"
#include "netaddress.h"
#include "program.h"
#include "walls.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDENTIALS_FD 3
#define CREDENTIALS_WAIT_SECONDS 60

enum { EXIT_DENIED = 1, EXIT_MISUSED = 2 };

static const char usage[] = "usage: checkpw [-d] PROGRAM [ARGS...]\n"
                            "       checkpw -a\n";

/* Reads fd 3 to its end, at most one byte more than may be there. */
static int read_credentials(struct credentials *credentials)
{
    clock_ms deadline = clock_deadline(CREDENTIALS_WAIT_SECONDS);
    struct pollfd entry = {.fd = CREDENTIALS_FD, .events = POLLIN};
    ssize_t got = 1;

    while (got > 0 && credentials->len < sizeof credentials->bytes) {
        if (poll(&entry, 1, clock_poll_timeout(deadline)) == 0) {
            errno = ETIMEDOUT;
            return EXITCODE_TEMPORARY;
        }
        got = read(CREDENTIALS_FD, credentials->bytes + credentials->len,
                   sizeof credentials->bytes - credentials->len);
        credentials->len += got > 0 ? (size_t)got : 0;
    }
    close(CREDENTIALS_FD);
    return got < 0 || credentials_parse(credentials) < 0 ? EXIT_MISUSED : 0;
}

/* Fields that the door's client may set for PROGRAM, which logs them. */
static int take_fields(const struct credentials *credentials)
{
    const char *method = credentials_get(credentials, "LOGIN_METHOD");
    const char *ip = credentials_get(credentials, "TCPREMOTEIP");
    struct net_address parsed;

    if (method && setenv("LOGIN_METHOD", method, 1) < 0) {
        return -1;
    }
    return ip && net_address_parse(ip, &parsed) == 0 ? setenv("TCPREMOTEIP", ip, 1) : 0;
}

static enum login_result decide(struct credentials *credentials, int client_fd,
                                struct account *account)
{
    char peer_text[NET_ADDRESS_TEXT_SIZE] = "-";
    struct net_address peer;
    enum login_result result;

    net_peer(client_fd, &peer);
    if (peer.family) {
        net_address_format(&peer, peer_text);
    }
    result = login_check(credentials, peer_text, LOGIN_FOR_PROGRAM, account);
    credentials_wipe(credentials);
    return result;
}

static int serve_pipe(char **program)
{
    struct credentials credentials = {0};
    struct account account = {{0}, {0}};
    int code = read_credentials(&credentials);

    if (code) {
        log_event(LOG_LEVEL_ERROR, "misused", "with", "fd 3", (char *)0);
        return code;
    }
    switch (decide(&credentials, 0, &account)) {
    case LOGIN_ACCEPTED:
        break;
    case LOGIN_DENIED:
        return EXIT_DENIED;
    default:
        return EXITCODE_TEMPORARY;
    }
    if (program_prepare(&account, program[0]) == 0) {
        execvp(program[0], program);
    }
    log_failure("trouble", "with", program[0], (char *)0);
    return EXITCODE_TEMPORARY;
}

/* The door's own connection goes where no later program sees it. */
static int serve_door(char **program)
{
    struct credentials credentials = {0};
    struct account account = {{0}, {0}};
    enum login_result result = LOGIN_TEMPORARY;
    int door = 0, client[2];

    if (login_door_receive(door, &credentials, client,
                           clock_deadline(CREDENTIALS_WAIT_SECONDS)) < 0) {
        log_failure("misused", "with", "door", (char *)0);
        return EXIT_MISUSED;
    }
    if (take_fields(&credentials) == 0) {
        result = decide(&credentials, client[0], &account);
    }
    if (result == LOGIN_ACCEPTED && program_prepare(&account, program[0]) < 0) {
        log_failure("trouble", "with", program[0], (char *)0);
        result = LOGIN_TEMPORARY;
    }
    if (login_door_answer(door, result) < 0 || result != LOGIN_ACCEPTED) {
        return result == LOGIN_DENIED || result == LOGIN_CUT_OFF ? EXIT_DENIED
                                                                 : EXITCODE_TEMPORARY;
    }
    if (program_take_client(client) == 0) {
        execvp(program[0], program);
    }
    log_failure("trouble", "with", program[0], (char *)0);
    return EXITCODE_TEMPORARY;
}

/* Root could not give anything up any more behind these walls. */
static int serve_auth(void)
{
    if (geteuid() == 0 && !getenv("POMBO_DIR")) {
        log_event(LOG_LEVEL_ERROR, "misused", "with", "root", (char *)0);
        return EXIT_MISUSED;
    }
    switch (auth_serve(0, clock_deadline(CREDENTIALS_WAIT_SECONDS))) {
    case LOGIN_ACCEPTED:
        return EXITCODE_DONE;
    case LOGIN_DENIED:
    case LOGIN_CUT_OFF:
        return EXIT_DENIED;
    case LOGIN_TEMPORARY:
        return EXITCODE_TEMPORARY;
    default:
        log_failure("misused", "with", "auth door", (char *)0);
        return EXIT_MISUSED;
    }
}

int main(int argc, char **argv)
{
    int is_auth = argc == 2 && strcmp(argv[1], "-a") == 0;
    int is_door = argc > 1 && strcmp(argv[1], "-d") == 0;
    char **program = argv + 1 + is_door;

    log_open("checkpw");
    dump_forbid();
    if (!is_auth && (argc < 2 + is_door || (program[0][0] == '-' && !is_door))) {
        ssize_t written = write(2, usage, sizeof usage - 1);
        return written < 0 ? EXITCODE_TEMPORARY : EXIT_MISUSED;
    }
    walls_enter(is_auth ? WALLS_AUTH : WALLS_STARTER, NULL);
    if (is_auth) {
        return serve_auth();
    }
    return is_door ? serve_door(program) : serve_pipe(program);
}

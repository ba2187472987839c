#include "stls.h"

#include "log.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The door answers READY at once where it answers at all. */
#define READY_SECONDS 10

int stls_is_offered(const struct authorization *session)
{
    return session->tls_door && !session->tls.is_active;
}

static void log_trouble(const struct authorization *session, const char *why)
{
    log_event(LOG_LEVEL_INFO, "failed", "in", "tls", "ip", session->peer, "why", why,
              (char *)0);
}

static clock_ms soon(const struct authorization *session, long long seconds)
{
    return clock_sooner(clock_deadline(seconds), session->connection->deadline);
}

/* The door's connection, or -1. */
static int ask_door(const struct authorization *session)
{
    char why[TLS_TEXT_MAX];
    int door = tls_door_ask(session->tls_door, "pop3", session->peer, 0,
                            soon(session, READY_SECONDS), why);

    if (door < 0) {
        log_trouble(session, why);
    }
    return door;
}

/* The plaintext side takes the client's place. 0 or -1; DOOR is closed. */
static int take_plaintext(struct authorization *session, int door)
{
    clock_ms deadline = soon(session, session->connection->timeout);
    char why[TLS_TEXT_MAX];
    int result = tls_door_wait(door, &session->tls, deadline, why);

    if (result == 0 && (dup2(door, 0) != 0 || dup2(door, 1) != 1)) {
        snprintf(why, sizeof why, "%s", strerror(errno));
        result = -1;
    }
    if (result < 0) {
        log_trouble(session, why);
    }
    close(door);
    return result;
}

enum pop3_event stls_start(struct authorization *session)
{
    struct pop3_connection *connection = session->connection;
    int door;

    if (session->tls.is_active) {
        return pop3_error(connection, "TLS is active already");
    }
    /* What was sent before is not what the client says inside TLS. */
    if (line_reader_has_input(&connection->reader)) {
        pop3_error(connection, "you did not wait for the answer");
        return POP3_CLOSE;
    }
    if (pop3_flush(connection) < 0) {
        return POP3_LOST;
    }
    door = ask_door(session);
    if (door < 0) {
        return pop3_error(connection, "[SYS/TEMP] TLS is not available");
    }
    pop3_ok(connection, "go ahead");
    if (pop3_flush(connection) < 0 || take_plaintext(session, door) < 0) {
        return POP3_LOST;
    }
    text_clear(&session->user);
    return POP3_NEXT;
}

int stls_at_once(struct authorization *session)
{
    int door = ask_door(session);

    return door < 0 ? -1 : take_plaintext(session, door);
}

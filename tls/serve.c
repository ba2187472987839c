#include "serve.h"

#include "log.h"
#include "settings.h"
#include "tickets.h"
#include "walls.h"
#include "warmup.h"

/* For the keys of tickets, which are not to stay where nobody comes. */
#define IDLE_SECONDS 3600

void server_read_settings(struct server *server)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_1_VERSION, TLS1_VERSION};
    const char *oldest = setting_text(&server->tables, SET_tls_oldest);

    server->settings.handshake_seconds =
        setting_number(&server->tables, SET_tls_handshake_timeout);
    server->settings.oldest = versions[oldest[2] == '2' ? 0 : oldest[2] == '1' ? 1 : 2];
    server->forker.most = (unsigned)setting_number(&server->tables, SET_tls_sessions);
    server->store.host_name = setting_host_name(&server->tables);
}

/* New certificates, keys of tickets and settings, for the sessions from here on. */
static void refresh(void *data, int is_asked)
{
    struct server *server = data;

    if (!is_asked && clock_monotonic() < server->store.next_look) {
        return;
    }
    if (tables_refresh(&server->tables) > 0) {
        server_read_settings(server);
    }
    store_refresh(&server->store, is_asked);
    if (!server->is_warm && server->store.count > 0) {
        server->is_warm = 1;
        warmup_run(server->context);
    }
    if (tickets_rotate() < 0) {
        log_event(LOG_LEVEL_ERROR, "tickets", "why", "no randomness", (char *)0);
    }
}

/* In the session's own process, whose walls become closer. */
static int serve(void *data, int door)
{
    const struct server *server = data;

    walls_enter(WALLS_TLS_SESSION, NULL);
    return session_serve_door(door, server->context, &server->store, &server->settings);
}

int server_open(struct server *server)
{
    server->forker.serve = serve;
    server->forker.refresh = refresh;
    server->forker.idle = IDLE_SECONDS;
    server->forker.data = server;
    server->forker.limit = "tls_sessions";
    server->forker.busy = "NO too many sessions at once\n";
    return forker_open(&server->forker);
}

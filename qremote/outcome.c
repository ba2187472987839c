#include "outcome.h"

#include "log.h"
#include "packet.h"
#include "settings.h"

#include <errno.h>
#include <stdio.h>

void outcome_begin(struct outcome *outcome, int fd)
{
    struct net_address own;

    *outcome = (struct outcome){.result = TLS_RESULT_NONE};
    if (fd >= 0) {
        net_local(fd, &own);
        if (own.family != 0) {
            net_address_format(&own, outcome->source);
        }
    }
}

void outcome_set(struct outcome *outcome, enum tls_result result, const char *text)
{
    outcome->result = result;
    snprintf(outcome->text, sizeof outcome->text, "%s", text);
}

void outcome_tell(struct outcome *outcome, const struct tables *tables,
                  const struct host *host)
{
    char address[NET_ADDRESS_TEXT_SIZE];
    struct packet packet = {.next = 0};

    if (outcome->result == TLS_RESULT_NONE ||
        setting_number(tables, SET_tls_reports) == 0) {
        return;
    }
    packet_add(&packet, "tls");
    packet_add(&packet, tls_result_names[outcome->result]);
    packet_add(&packet, host->name);
    packet_add(&packet, net_address_format(&host->address, address));
    packet_add(&packet, outcome->source);
    packet_add(&packet, outcome->text);
    if (packet_send(0, &packet, -1) < 0 && errno != EPIPE && errno != ECONNRESET) {
        log_failure("send", (char *)0);
    }
    packet_free(&packet);
    outcome->result = TLS_RESULT_NONE;
}

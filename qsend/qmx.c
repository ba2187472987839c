/* qmx: answers qsend's questions for mail exchangers, one at a time.
 *
 * User: pombo-out; whoever called pombo up in the quick start.
 * fd 0: the SOCK_SEQPACKET socket to qsend; packets as in doc/INTERNALS.
 * fd 2: the log.
 * Environment: POMBO_DIR (lib/paths.h); those of resolv.conf(5).
 * Files: etc/tables.cdb; /etc/resolv.conf unless the setting dns_server is there; the
 * policies of MTA-STS that are kept in the folder sts, and the socket run/sts.
 * Exit codes: 0 when qsend closed its end, 100 misused, 111 on trouble with the socket.
 */
#include "dns.h"
#include "exitcode.h"
#include "log.h"
#include "mx.h"
#include "packet.h"
#include "text.h"
#include "walls.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Bytes that a host's fields take at most, beside what DANE says. */
#define HOST_BYTES 400

static void write_answer(struct packet *packet, long long number,
                         struct mx_answer *answer)
{
    char status[2] = {answer->status, '\0'};
    char text[NET_ADDRESS_TEXT_SIZE];
    size_t i;

    packet_clear(packet);
    packet_add(packet, "mx");
    packet_add_number(packet, number);
    packet_add(packet, status);
    packet_add(packet, answer->enhanced);
    packet_add(packet, answer->text);
    packet_add_number(packet, (long long)answer->ttl);
    packet_add(packet, text_string(&answer->reports));
    for (i = 0; answer->status == 'K' && i < answer->count; i++) {
        /* The last to be tried are left out where there is no room for them. */
        if (packet->bytes.len + HOST_BYTES + strlen(answer->hosts[i].dane) >
            PACKET_MAX) {
            break;
        }
        packet_add_number(packet, answer->hosts[i].preference);
        packet_add(packet, answer->hosts[i].name);
        packet_add(packet, net_address_format(&answer->hosts[i].address, text));
        packet_add(packet, answer->hosts[i].dane);
    }
}

static int send_answer(const struct packet *packet)
{
    if (packet_send_wait(0, packet) < 0) {
        return errno == EPIPE || errno == ECONNRESET ? 0 : -1;
    }
    return 1;
}

/* 1 to go on, 0 at the end, -1 on trouble. */
static int serve(struct packet *packet, struct tables *tables)
{
    static struct mx_answer answer;
    const char *verb, *name;
    long long number, port;
    int fd;
    int result = packet_receive(0, packet, &fd);

    if (result <= 0) {
        if (result < 0) {
            log_failure("receive", (char *)0);
        }
        return result;
    }
    if (fd >= 0) {
        close(fd);
    }
    verb = packet_next(packet);
    number = packet_next_number(packet, 1LL << 60);
    name = packet_next(packet);
    port = packet->next < packet->bytes.len ? packet_next_number(packet, 65535) : 0;
    if (!name || port < 0 || number < 0 ||
        (strcmp(verb, "mx") != 0 && strcmp(verb, "host") != 0)) {
        log_event(LOG_LEVEL_ERROR, "protocol", "peer", "qsend", (char *)0);
        return -1;
    }
    if (verb[0] == 'h') {
        mx_find_host(name, (unsigned)port, &answer);
    } else {
        mx_find(tables, name, (unsigned)port, &answer);
    }
    write_answer(packet, number, &answer);
    return send_answer(packet);
}

int main(int argc, char **argv)
{
    struct packet packet = {0};
    struct tables tables = {0};
    int result;

    (void)argv;
    log_open("qmx");
    signal(SIGPIPE, SIG_IGN);
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "text", "qmx takes no arguments",
                  (char *)0);
        return EXITCODE_PERMANENT;
    }
    if (tables_open(&tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    if (dns_open(&tables) < 0) {
        log_event(LOG_LEVEL_ERROR, "resolver", "text", "no usable name server",
                  (char *)0);
        return EXITCODE_CONFIGURATION;
    }
    walls_enter(WALLS_QMX, NULL);
    while ((result = serve(&packet, &tables)) > 0) {
    }
    packet_free(&packet);
    tables_close(&tables);
    return result == 0 ? EXITCODE_DONE : EXITCODE_TEMPORARY;
}

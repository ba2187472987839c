/* qlocal: delivers mail to mailboxes on this host, a batch at a time.
 *
 * User: pombo-mail, the owner of the mailboxes; whoever called pombo up in the quick
 * start. fd 0: the SOCK_SEQPACKET socket to qsend; packets as in doc/INTERNALS. fd 2:
 * the log. Environment: POMBO_DIR (lib/paths.h). Files: mailboxes below the mail root,
 * through lib/mailbox.h alone. Exit codes: 0 when qsend closed its end, 100 misused,
 * 111 on trouble with the socket. */
#include "delivery.h"
#include "exitcode.h"
#include "log.h"
#include "mailbox.h"
#include "packet.h"
#include "walls.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

/* As many jobs share one round of syncs, at most: none is taken beyond. */
#define BATCH_JOBS 64
#define BATCH_BYTES (4ULL * 1024 * 1024)

/* 1: there is a packet or the end; 0: nothing just now. */
static int has_packet(void)
{
    struct pollfd poller = {.fd = 0, .events = POLLIN};

    return poll(&poller, 1, 0) > 0;
}

/* Takes one packet and adds its delivery to the batch. 1; 0 at the end; -1 on trouble.
 */
static int take_job(struct packet *packet, struct mailbox_batch *batch,
                    struct delivery *delivery)
{
    int fd;
    int result = packet_receive(0, packet, &fd);

    if (result < 0) {
        log_failure("receive", (char *)0);
        return -1;
    }
    if (result == 0) {
        return 0;
    }
    if (delivery_parse(delivery, packet, fd) < 0) {
        log_event(LOG_LEVEL_ERROR, "protocol", "peer", "qsend", (char *)0);
        return -1;
    }
    delivery_add(delivery, batch);
    return 1;
}

/* One round: takes what waits, commits, answers. As take_job. */
static int run_batch(struct packet *packet, struct mailbox_batch *batch)
{
    static struct delivery deliveries[BATCH_JOBS];
    unsigned long long bytes = 0, copies = 0;
    int count = 0;
    int result;
    int i;

    do {
        result = take_job(packet, batch, &deliveries[count]);
        if (result > 0) {
            const struct delivery *delivery = &deliveries[count++];
            copies += delivery->copies;
            bytes += (unsigned long long)delivery->file.body_length * delivery->copies;
        }
    } while (result > 0 && count < BATCH_JOBS && bytes < BATCH_BYTES &&
             copies < MAILBOX_BATCH_MAX && has_packet());
    mailbox_batch_commit(batch);
    for (i = 0; i < count; i++) {
        if (delivery_answer(&deliveries[i], packet) < 0 && result > 0) {
            result = errno == EPIPE || errno == ECONNRESET ? 0 : -1;
        }
        delivery_free(&deliveries[i]);
    }
    return result;
}

int main(int argc, char **argv)
{
    struct packet packet = {0};
    struct mailbox_batch *batch;
    int result;

    (void)argv;
    log_open("qlocal");
    signal(SIGPIPE, SIG_IGN);
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "text", "qlocal takes no arguments",
                  (char *)0);
        return EXITCODE_PERMANENT;
    }
    walls_enter(WALLS_QLOCAL, NULL);
    batch = mailbox_batch_new();
    do {
        result = run_batch(&packet, batch);
    } while (result > 0);
    mailbox_batch_free(batch);
    packet_free(&packet);
    return result == 0 ? EXITCODE_DONE : EXITCODE_TEMPORARY;
}

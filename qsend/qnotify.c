/* qnotify: queues bounces, delay warnings, success notifications and forwards.
 *
 * User: pombo-q, the queue's; whoever called pombo up in the quick start.
 * fd 0: the SOCK_SEQPACKET socket to qsend; packets as in doc/INTERNALS.
 * fd 2: the log.
 * Environment: POMBO_DIR (lib/paths.h).
 * Files: the queue, by way of lib/queuefile.h; etc/tables.cdb.
 * Exit codes: 0 when qsend closed its end, 100 misused, 111 on trouble with the socket.
 */
#include "exitcode.h"
#include "forward.h"
#include "log.h"
#include "notify_job.h"
#include "report.h"
#include "walls.h"

#include <errno.h>
#include <signal.h>

/* Reads the message, and checks that all of the job's recipients are in it. */
static int load_message(struct notify_job *job)
{
    enum queue_result result = queue_read(job->fd, &job->file);
    size_t i;

    if (result != QUEUE_OK) {
        notify_job_unreadable(job, result == QUEUE_CORRUPT);
        return -1;
    }
    for (i = 0; i < job->count; i++) {
        if (job->recipients[i].index >= job->file.envelope.recipient_count) {
            notify_job_result_all(job, 'Z', "4.3.0",
                                  "the queue file lacks a recipient");
            return -1;
        }
    }
    return 0;
}

static void run_job(struct notify_job *job, struct tables *tables)
{
    if (load_message(job) < 0) {
        return;
    }
    if (tables_refresh(tables) < 0 && !tables->is_open) {
        log_failure("open", "file", "tables.cdb", (char *)0);
        notify_job_result_all(job, 'Z', "4.3.0", "cannot read the tables");
    } else if (job->kind == NOTIFY_FORWARD) {
        forward_run(job, tables);
    } else {
        report_run(job, tables);
    }
}

/* 1 to go on, 0 at the end, -1 on trouble. */
static int serve(struct packet *packet, struct tables *tables)
{
    struct notify_job job;
    int fd;
    int result = packet_receive(0, packet, &fd);

    if (result <= 0) {
        if (result < 0) {
            log_failure("receive", (char *)0);
        }
        return result;
    }
    if (notify_job_parse(&job, packet, fd) < 0) {
        log_event(LOG_LEVEL_ERROR, "protocol", "peer", "qsend", (char *)0);
        return -1;
    }
    run_job(&job, tables);
    result = notify_job_answer(&job, packet) == 0    ? 1
             : errno == EPIPE || errno == ECONNRESET ? 0
                                                     : -1;
    notify_job_free(&job);
    return result;
}

int main(int argc, char **argv)
{
    struct packet packet = {0};
    struct tables tables = {0};
    int result;

    (void)argv;
    log_open("qnotify");
    signal(SIGPIPE, SIG_IGN);
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "text", "qnotify takes no arguments",
                  (char *)0);
        return EXITCODE_PERMANENT;
    }
    if (tables_open(&tables) < 0) {
        tables.is_open = 0;
    }
    walls_enter(WALLS_QNOTIFY, NULL);
    while ((result = serve(&packet, &tables)) > 0) {
    }
    packet_free(&packet);
    tables_close(&tables);
    return result == 0 ? EXITCODE_DONE : EXITCODE_TEMPORARY;
}

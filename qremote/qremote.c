/* qremote: the SMTP client for one batch of mail: all that waits for one set of
 * exchangers, in one session (RFC 5321).
 *
 * User: pombo-out; whoever called pombo up in the quick start.
 * fd 0: the SOCK_SEQPACKET socket to qsend; packets as in doc/INTERNALS.
 * fd 2: the log.
 * Environment: POMBO_DIR (lib/paths.h).
 * Files: etc/tables.cdb; messages come as descriptors, none is opened by name. For TLS
 * the socket run/tlsc. etc/relay_passwords.cdb is opened before the walls, and closed
 * before any server is spoken to: of it the one password is read that is asked for.
 * Exit codes: 0 no more mail, or the destination is unreachable; 100 misused; 111
 * trouble with the socket to qsend or the tables. */
#include "dump.h"
#include "exitcode.h"
#include "job.h"
#include "log.h"
#include "relay_password.h"
#include "session.h"
#include "settings.h"
#include "transaction.h"
#include "walls.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum next { NEXT_JOB, NEXT_END, NEXT_TROUBLE };

struct client {
    struct tables tables;
    struct hosts hosts;
    struct session session;
    struct packet packet;
    struct session_failure failure;
    int is_refusing;   /* no host can have what all the mail here demands (RFC 8689) */
    int secrets;       /* the open table of passwords, until one is read; or -1, */
    int secrets_error; /* ... and why */
    struct relay_password secret;
};

/* Reads a packet and takes it apart as a job. */
static enum next receive_job(struct client *client, struct job *job)
{
    const char *verb;
    int fd;
    int got = packet_receive(0, &client->packet, &fd);

    if (got == 0) {
        return NEXT_END;
    }
    verb = got > 0 ? packet_next(&client->packet) : NULL;
    if (!verb || strcmp(verb, "job") != 0) {
        if (fd >= 0) {
            close(fd);
        }
        log_event(LOG_LEVEL_ERROR, "protocol", "peer", "qsend", (char *)0);
        return NEXT_TROUBLE;
    }
    return job_parse(job, &client->packet, fd) < 0 ? NEXT_TROUBLE : NEXT_JOB;
}

/* Waits for a packet as long as remote_linger, and no longer than the server keeps the
 * session (if there is one). Then takes no more: what qsend has sent already is still
 * read, and what it would send now it gives to somebody else. */
static void linger(const struct client *client)
{
    struct pollfd pollers[2] = {{.fd = 0, .events = POLLIN},
                                {.fd = client->session.fd, .events = POLLIN}};
    long long seconds = setting_number(&client->tables, SET_remote_linger);
    clock_ms deadline = clock_monotonic() + seconds * 1000;
    int ready;

    do {
        ready = poll(pollers, 2, clock_poll_timeout(deadline));
    } while (ready < 0 && errno == EINTR);
    if (!pollers[0].revents && shutdown(0, SHUT_RD) < 0) {
        log_failure("shutdown", (char *)0);
    }
}

static enum next wait_job(struct client *client, struct job *job)
{
    if (client->session.fd >= 0 || client->is_refusing) {
        linger(client);
    }
    return receive_job(client, job);
}

/* That qsend is gone meanwhile shows at the next read. */
static void tell(const struct packet *packet)
{
    if (packet_send(0, packet, -1) < 0 && errno != EPIPE && errno != ECONNRESET) {
        log_failure("send", (char *)0);
    }
}

/* Tells qsend that no host takes a connection. What it has sent comes back to it. */
static void tell_unreachable(struct client *client)
{
    packet_clear(&client->packet);
    packet_add(&client->packet, "unreachable");
    packet_add(&client->packet, client->failure.text);
    packet_add(&client->packet, client->failure.code);
    tell(&client->packet);
}

/* Tells qsend that there is a session, what LIMITS said (0: nothing), and for the log
 * of its deliveries how it is protected. */
static void tell_session(struct client *client)
{
    const struct capabilities *capabilities = &client->session.capabilities;
    const struct tls_state *tls = &client->session.tls;

    packet_clear(&client->packet);
    packet_add(&client->packet, "session");
    packet_add_number(&client->packet, (long long)capabilities->rcpt_max);
    packet_add_number(&client->packet, (long long)capabilities->mail_max);
    packet_add(&client->packet, tls->is_active ? tls->protocol : "no");
    packet_add(&client->packet, tls->is_active ? tls->verified : "");
    tell(&client->packet);
}

/* 0: there is a session, or a reason to refuse all mail for good; -1: neither, and
 * qsend was told. */
static int open_session(struct client *client)
{
    if (client->session.fd >= 0 || client->is_refusing) {
        return 0;
    }
    if (session_open(&client->session, &client->hosts, &client->failure) < 0) {
        client->is_refusing = client->failure.weight == FAILURE_FINAL;
        if (client->is_refusing) {
            return 0;
        }
        tell_unreachable(client);
        return -1;
    }
    tell_session(client);
    return 0;
}

/* Reads the message's header; a file that can't be read is no matter of the server's.
 */
static int load_job(struct job *job)
{
    enum queue_result result = queue_read(job->fd, &job->file);
    size_t i;

    if (result != QUEUE_OK) {
        job_set_unreadable(job, result == QUEUE_CORRUPT);
        return -1;
    }
    for (i = 0; i < job->count; i++) {
        if (job->recipients[i].index >= job->file.envelope.recipient_count) {
            job_set_rest(job, 'Z', "4.3.0", "the queue file lacks a recipient");
            return -1;
        }
    }
    return 0;
}

/* One job, in the open session or a new one. 0 to go on; -1: stop, and what else qsend
 * has sent goes back to it. */
static int run_job(struct client *client, struct job *job)
{
    enum transaction_end end = TRANSACTION_DONE;

    if (load_job(job) == 0) {
        do {
            if (session_is_stale(&client->session)) {
                session_close(&client->session, 0);
            }
            if (open_session(client) < 0) {
                return -1;
            }
            if (client->is_refusing) {
                job_set_rest(job, 'D', client->failure.code, client->failure.text);
                break;
            }
            end = transaction_run(&client->session, job);
        } while (end == TRANSACTION_UNTRIED);
    }
    if (job_answer(job) < 0) {
        return -1;
    }
    return end == TRANSACTION_OVER ? -1 : 0;
}

/* Takes no more packets, and throws away what qsend has sent already. Were any left
 * unread when we exit, qsend would get ECONNRESET before the results that it has not
 * read yet. */
static void drain(struct client *client)
{
    int fd;

    if (shutdown(0, SHUT_RD) < 0) {
        return; /* not connected any more */
    }
    while (packet_receive(0, &client->packet, &fd) > 0) {
        if (fd >= 0) {
            close(fd);
        }
    }
}

static int serve(struct client *client)
{
    enum next next = NEXT_END;
    struct job job;
    int result = open_session(client);

    while (result == 0 && (next = wait_job(client, &job)) == NEXT_JOB) {
        result = run_job(client, &job);
        job_free(&job);
    }
    session_close(&client->session, result == 0);
    return next == NEXT_TROUBLE ? EXITCODE_TEMPORARY : EXITCODE_DONE;
}

/* The first packet names the hosts. 1; 0 at the end; -1. */
static int receive_hosts(struct client *client)
{
    int fd;
    int got = packet_receive(0, &client->packet, &fd);
    const char *verb = got > 0 ? packet_next(&client->packet) : NULL;

    if (fd >= 0) {
        close(fd);
    }
    if (got == 0) {
        return 0;
    }
    if (!verb || strcmp(verb, "hosts") != 0 ||
        hosts_parse(&client->hosts, &client->packet) < 0) {
        log_event(LOG_LEVEL_ERROR, "protocol", "peer", "qsend", (char *)0);
        return -1;
    }
    return 1;
}

/* Reads the password that the packet asks for, if any, and closes the table in any
 * case. 0, or -1 where there is none: FAILURE tells. */
static int take_secret(struct client *client)
{
    const char *key = client->hosts.auth;
    int result = 0;

    if (*key) {
        errno = client->secrets_error;
        result = client->secrets < 0
                     ? -1
                     : relay_password_read(client->secrets, key, &client->secret);
        client->session.secret = &client->secret;
    }
    if (result < 0) {
        log_failure("password", "key", key, (char *)0);
        snprintf(client->failure.text, sizeof client->failure.text,
                 "AUTH: the password for %.255s can't be read", key);
        memcpy(client->failure.code, "4.3.5", sizeof "4.3.5");
    }
    if (client->secrets >= 0) {
        close(client->secrets);
        client->secrets = -1;
    }
    return result;
}

static int run(struct client *client)
{
    int got = receive_hosts(client);

    if (got <= 0) {
        return got < 0 ? EXITCODE_TEMPORARY : EXITCODE_DONE;
    }
    if (take_secret(client) < 0) {
        tell_unreachable(client);
        return EXITCODE_DONE;
    }
    return serve(client);
}

int main(int argc, char **argv)
{
    struct client client = {.session = {.fd = -1}, .secrets = -1};
    int result;

    (void)argv;
    log_open("qremote");
    signal(SIGPIPE, SIG_IGN);
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "text", "qremote takes no arguments",
                  (char *)0);
        return EXITCODE_PERMANENT;
    }
    client.session.tables = &client.tables;
    if (tables_open(&client.tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    dump_forbid();
    client.secrets = relay_password_open();
    client.secrets_error = errno;
    walls_enter(WALLS_QREMOTE, NULL);
    result = run(&client);
    relay_password_free(&client.secret);
    drain(&client);
    reply_free(&client.session.reply);
    hosts_free(&client.hosts);
    packet_free(&client.packet);
    tables_close(&client.tables);
    return result;
}

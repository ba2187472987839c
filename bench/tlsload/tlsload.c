/* tlsload: sessions inside TLS, as load for a server.
 *
 *     tlsload [-c CLIENTS] [-n COUNT] [-k ecdsa|rsa] [-v 1.2|1.3] [-r] smtp|pop3s PORT
 *     tlsload [-c CLIENTS] [-n COUNT] [-k ecdsa|rsa] [-v 1.2|1.3] [-d] -s SIZE smtp
 * PORT tlsload -p ...
 *
 * CLIENTS processes together make COUNT sessions with PORT of 127.0.0.1: for smtp EHLO,
 * STARTTLS, the handshake, EHLO and QUIT, for pop3s the handshake, CAPA and QUIT. With
 * -s each carries a message of SIZE bytes from sender@bench.test to u@bench.test; with
 * -d a client keeps its session for all its messages. -r: each session but a client's
 * first offers the ticket of the one before. -k: the key of the certificate that is
 * asked for; -v: the one version that is spoken. -p: smtp without TLS, to compare.
 *
 * Prints SECONDS COUNT RESUMED VERSION CIPHER, the last two of the first session, of
 * which the server's certificate is not verified (its signature is). Exit codes: 0;
 * 100 misused; 111 something went wrong. */
#include "wire.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HEADER                                                                         \
    "From: <sender@bench.test>\r\nTo: <u@bench.test>\r\nSubject: bench\r\n"            \
    "Message-ID: <1@client.bench.test>\r\nDate: Mon, 1 Jan 2024 00:00:00 "             \
    "+0000\r\n\r\n"
#define LINE_WIDTH 80
#define TEXT_MAX 1024

struct load {
    int port, clients, is_plain, is_pop3, is_kept, is_resumed;
    long count;
    size_t size; /* of a message; 0: none is sent */
    const char *key, *version;
    char *message;
    size_t message_len;
    SSL_CTX *context;
};

/* What a client tells its parent. */
struct result {
    long done, resumed;
    char version[16], cipher[64];
};

/* What the client got last, since the callback has no place for it; as bytes, since
 * OpenSSL uses a session of TLS 1.3 once only, and not all servers give a new ticket to
 * who came with one. */
static unsigned char *ticket;
static long ticket_len;

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    OPENSSL_free(ticket);
    ticket = NULL;
    ticket_len = i2d_SSL_SESSION(session, &ticket);
    return 0;
}

static SSL_SESSION *make_session(void)
{
    const unsigned char *at = ticket;

    return ticket ? d2i_SSL_SESSION(NULL, &at, ticket_len) : NULL;
}

static SSL_CTX *make_context(const struct load *load)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int version = strcmp(load->version, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
    const char *signatures =
        strcmp(load->key, "rsa") == 0 ? "rsa_pss_rsae_sha256" : "ECDSA+SHA256";

    if (!context || SSL_CTX_set_min_proto_version(context, version) != 1 ||
        SSL_CTX_set_max_proto_version(context, version) != 1 ||
        SSL_CTX_set1_sigalgs_list(context, signatures) != 1) {
        wire_die("context");
    }
    SSL_CTX_set_session_cache_mode(
        context, load->is_resumed ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                  : SSL_SESS_CACHE_OFF);
    SSL_CTX_sess_set_new_cb(context, keep_ticket);
    return context;
}

/* The text that ends DATA included, as smtp-source makes it. */
static void make_message(struct load *load)
{
    size_t at = sizeof HEADER - 1;
    size_t i;

    load->message = malloc(load->size + sizeof HEADER + LINE_WIDTH + 8);
    if (!load->message) {
        wire_die("memory");
    }
    memcpy(load->message, HEADER, at);
    while (at < load->size) {
        for (i = 0; i < LINE_WIDTH - 2; i++) {
            load->message[at++] = 'X';
        }
        load->message[at++] = '\r';
        load->message[at++] = '\n';
    }
    memcpy(load->message + at, ".\r\n", 3);
    load->message_len = at + 3;
}

/* A whole SMTP reply, of which WANT is the first digit. */
static void expect(struct wire *wire, char want)
{
    char line[TEXT_MAX];

    do {
        wire_read_line(wire, line, sizeof line);
        if (*line != want) {
            wire_die(line);
        }
    } while (line[3] == '-');
}

static void ask(struct wire *wire, const char *command, char want)
{
    wire_send(wire, command, strlen(command));
    expect(wire, want);
}

static void ask_for_capabilities(struct wire *wire)
{
    char line[TEXT_MAX];

    wire_send(wire, "CAPA\r\n", 6);
    do {
        wire_read_line(wire, line, sizeof line);
    } while (strcmp(line, ".") != 0);
}

static void send_message(struct wire *wire, const struct load *load)
{
    ask(wire, "MAIL FROM:<sender@bench.test>\r\n", '2');
    ask(wire, "RCPT TO:<u@bench.test>\r\n", '2');
    ask(wire, "DATA\r\n", '3');
    wire_send(wire, load->message, load->message_len);
    expect(wire, '2');
}

static void note(const SSL *ssl, struct result *result)
{
    if (!*result->version) {
        snprintf(result->version, sizeof result->version, "%s", SSL_get_version(ssl));
        snprintf(result->cipher, sizeof result->cipher, "%s", SSL_get_cipher_name(ssl));
    }
    result->resumed += SSL_session_reused(ssl);
}

static void start_tls(struct wire *wire, const struct load *load, struct result *result)
{
    SSL_SESSION *old = load->is_resumed ? make_session() : NULL;

    wire_start_tls(wire, load->context, old);
    SSL_SESSION_free(old);
    note(wire->ssl, result);
}

static void open_session(struct wire *wire, const struct load *load,
                         struct result *result)
{
    wire_connect(wire, load->port);
    if (!load->is_pop3) {
        expect(wire, '2');
        ask(wire, "EHLO client.bench.test\r\n", '2');
    }
    if (load->is_plain) {
        return;
    }
    if (!load->is_pop3) {
        ask(wire, "STARTTLS\r\n", '2');
    }
    start_tls(wire, load, result);
    if (load->is_pop3) {
        expect(wire, '+');
        ask_for_capabilities(wire);
    } else {
        ask(wire, "EHLO client.bench.test\r\n", '2');
    }
}

static void close_session(struct wire *wire, const struct load *load)
{
    ask(wire, "QUIT\r\n", load->is_pop3 ? '+' : '2');
    wire_close(wire);
}

static struct result run_client(const struct load *load, long count)
{
    struct result result = {.done = count};
    struct wire wire = {.fd = -1};
    long i;

    for (i = 0; i < count; i++) {
        if (i == 0 || !load->is_kept) {
            open_session(&wire, load, &result);
        }
        if (load->size > 0) {
            send_message(&wire, load);
        }
        if (i == count - 1 || !load->is_kept) {
            close_session(&wire, load);
        }
    }
    return result;
}

static void start_client(const struct load *load, int number, const int ends[2])
{
    long count = load->count / load->clients + (number < load->count % load->clients);
    struct result result;

    switch (fork()) {
    case -1:
        wire_die("fork");
    case 0:
        close(ends[0]);
        result = run_client(load, count);
        if (write(ends[1], &result, sizeof result) != sizeof result) {
            wire_die("result");
        }
        _exit(0);
    default:
        return;
    }
}

/* Returns 0 where all clients went well. */
static int collect(const struct load *load, int fd, struct result *sum)
{
    struct result one;
    int failed = 0;
    int status;

    while (read(fd, &one, sizeof one) == sizeof one) {
        sum->done += one.done;
        sum->resumed += one.resumed;
        memcpy(sum->version, one.version, sizeof sum->version);
        memcpy(sum->cipher, one.cipher, sizeof sum->cipher);
    }
    while (wait(&status) > 0) {
        failed |= status;
    }
    return failed || sum->done != load->count ? -1 : 0;
}

static double read_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(const struct load *load)
{
    struct result sum = {.done = 0};
    double start = read_seconds();
    int ends[2];
    int i;

    if (pipe(ends) < 0) {
        wire_die("pipe");
    }
    for (i = 0; i < load->clients; i++) {
        start_client(load, i, ends);
    }
    close(ends[1]);
    if (collect(load, ends[0], &sum) < 0) {
        return 111;
    }
    printf("%.4f %ld %ld %s %s\n", read_seconds() - start, sum.done, sum.resumed,
           *sum.version ? sum.version : "-", *sum.cipher ? sum.cipher : "-");
    return 0;
}

static int read_options(int argc, char **argv, struct load *load)
{
    int option;

    while ((option = getopt(argc, argv, "c:dk:n:prs:v:")) != -1) {
        switch (option) {
        case 'c':
            load->clients = (int)strtol(optarg, NULL, 10);
            break;
        case 'd':
            load->is_kept = 1;
            break;
        case 'k':
            load->key = optarg;
            break;
        case 'n':
            load->count = strtol(optarg, NULL, 10);
            break;
        case 'p':
            load->is_plain = 1;
            break;
        case 'r':
            load->is_resumed = 1;
            break;
        case 's':
            load->size = strtoul(optarg, NULL, 10);
            break;
        case 'v':
            load->version = optarg;
            break;
        default:
            return -1;
        }
    }
    if (argc - optind != 2 || load->clients < 1) {
        return -1;
    }
    load->is_pop3 = strcmp(argv[optind], "pop3s") == 0;
    load->port = (int)strtol(argv[optind + 1], NULL, 10);
    return 0;
}

int main(int argc, char **argv)
{
    struct load load = {.clients = 10, .count = 1000, .key = "ecdsa", .version = "1.3"};

    if (read_options(argc, argv, &load) < 0) {
        fprintf(stderr, "usage: tlsload [-c clients] [-n count] [-k ecdsa|rsa] "
                        "[-v 1.2|1.3] [-prd] [-s size] smtp|pop3s PORT\n");
        return 100;
    }
    signal(SIGPIPE, SIG_IGN);
    load.context = make_context(&load);
    if (load.size > 0) {
        make_message(&load);
    }
    return run(&load);
}

/* qremote against a hostile server: from the connection through EHLO and the
 * transactions of one message. What it says is commands of one line each and the
 * message; each recipient has a result; texts that go into logs and bounces are one
 * line (CVE-2020-8794). Where there is a password no mail goes before a log-in that was
 * taken, and the password itself is told to no host but one on this machine. First
 * byte: pace; second: which message, from 192 on with a password, with the bit 32 to a
 * host on this machine; third: after how many bytes the connection breaks.
 * fuzz-options: -max_len=400 -entropic=0 */
#include "../../qremote/transaction.h"
#include "fake.h"
#include "fuzz.h"
#include "image.h"
#include "table.h"
#include "text.h"

#define SESSIONS_MAX 4

static const char *const headers[] = {
    "T 1700000000\nB smtp 192.0.2.1\nF 8h\nE id+2B\nS bob@far.example\n"
    "R . sf - rfc822;a@b ann@one.example\nR . - - - bob@two.example\n"
    "R D - - - gone@two.example\n\n",
    "T 1700000000\nB smtp 192.0.2.1\nF 8uf\nE \nS b\xc3\xb6"
    "b@far.example\n"
    "R . n - utf-8;x ann@one.example\nR w - - - \xc3\xa9@two.example\n\n",
    /* as no program of ours would write it */
    "T 0\nB \nF \nE \nS bob@far.example> SIZE=1\nR . - - - ann@one.example\n"
    "R . - - a>b bob@two.example>\n\n",
    "T 0\nB \nF \nE \nS \nR . d - a\xff"
    "b ann@one.example> NOTIFY=NEVER\n"
    "R . - - rfc822;x \"a>b\"@two.example\n\n",
    "T 1700000000\nB x\nF q\nE \nS bob@far.example\nR . - - - ann@one.example\n"
    "R . - - - bob@two.example\n\n",
};
#define WITH_REQUIRETLS 4
static const char *const bodies[] = {
    "Subject: x\n\nhello\n.dot\n",
    "Subject: \xc3\xa9\n\nhello\r.\r\nx",
    ".\n.\n",
    "",
    "secret\n",
};

static int connections;

int __wrap_host_connect(const struct host *host, long long seconds);
int __wrap_host_connect(const struct host *host, long long seconds)
{
    REQUIRE(host->name && seconds > 0);
    return ++connections <= SESSIONS_MAX ? FAKE_SOCKET : -1;
}

/* Lines end in CRLF, and hold no control bytes: no message here has any but CR. */
static void check_output(const char *output, size_t len)
{
    size_t at = 0;

    while (at < len) {
        const char *line = output + at;
        const char *lf = memchr(line, '\n', len - at);
        size_t line_len = lf ? (size_t)(lf - line) - 1 : len - at;
        REQUIRE(!lf || (lf > line && lf[-1] == '\r'));
        REQUIRE(!fuzz_has_control(line, line_len));
        if (line_len > 10 && (memcmp(line, "MAIL FROM:", 10) == 0 ||
                              memcmp(line, "RCPT TO:<", 9) == 0)) {
            REQUIRE(memchr(line, '>', line_len));
            REQUIRE(!memmem(line, line_len, "> SIZE=1>", 9));
        }
        at += line_len + 2;
    }
}

/* There is no TLS here. */
static void check_demand(unsigned which, const char *output, size_t len)
{
    REQUIRE(len == 0 || !memmem(output, len, "REQUIRETLS", 10));
    REQUIRE(len == 0 || which != WITH_REQUIRETLS || !memmem(output, len, "MAIL", 4));
}

static int has_text(const char *output, size_t len, const char *text)
{
    return len > 0 && memmem(output, len, text, strlen(text));
}

static void check_login(const char *output, size_t len, int is_local)
{
    const char *mail = len > 0 ? memmem(output, len, "MAIL FROM:", 10) : NULL;
    size_t before = mail ? (size_t)(mail - output) : 0;

    REQUIRE(!mail || (has_text(output, before, "AUTH ") &&
                      has_text(fake.input, fake.input_len, "235")));
    REQUIRE(!has_text(output, len, "pencil"));
    /* As LOGIN and PLAIN tell it. */
    REQUIRE(is_local || (!has_text(output, len, "cGVuY2ls") &&
                         !has_text(output, len, "AHVzZXIAcGVuY2ls")));
}

static void check_job(const struct job *job, int is_over)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        const struct job_recipient *recipient = &job->recipients[i];
        REQUIRE(!is_over || recipient->status);
        REQUIRE(!recipient->status || strchr("KRZDC", recipient->status));
        if (recipient->status) {
            REQUIRE(strlen(recipient->text) <= 700);
            REQUIRE(!fuzz_has_control(recipient->text, strlen(recipient->text)));
            REQUIRE(strspn(recipient->enhanced, "0123456789.") ==
                    strlen(recipient->enhanced));
        }
    }
}

static void run(struct session *session, const struct hosts *hosts, struct job *job)
{
    enum transaction_end end = TRANSACTION_UNTRIED;
    struct session_failure failure;

    while (end == TRANSACTION_UNTRIED && session_open(session, hosts, &failure) == 0) {
        end = transaction_run(session, job);
        check_job(job, end != TRANSACTION_UNTRIED);
        REQUIRE((session->fd >= 0) == (end == TRANSACTION_DONE));
    }
    if (end == TRANSACTION_UNTRIED) {
        REQUIRE(!fuzz_has_control(failure.text, strlen(failure.text)));
    }
    session_close(session, 1);
}

static void make_job(struct job *job, unsigned which)
{
    static stralloc image;
    size_t i;

    image_make(&image, headers[which], strlen(headers[which]), bodies[which],
               strlen(bodies[which]));
    *job = (struct job){.fd = fake_add_file("cur/x", image.s, image.len), .number = 1};
    REQUIRE(queue_read(job->fd, &job->file) == QUEUE_OK);
    job->name = strdup("x");
    job->recipients = calloc(2, sizeof *job->recipients);
    for (i = 0; i < 2; i++) {
        job->recipients[i].index = i;
    }
    job->count = 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[] = "mx1.far.example", second[] = "mx2.far.example";
    struct host list[2] = {{.name = first}, {.name = second}};
    struct hosts hosts = {.list = list, .count = 2};
    struct session session = {.tables = table_standard(), .fd = -1};
    struct fuzz_input input = fuzz_open(data, size);
    unsigned pace = fuzz_byte(&input), which = fuzz_byte(&input);
    unsigned limit = fuzz_byte(&input);
    int has_secret = which >= 192, is_local = has_secret && (which & 32);
    static char user[] = "user", password[] = "pencil";
    struct relay_password secret = {{.s = user, .len = 4}, {.s = password, .len = 6}};
    struct job job;

    session.secret = has_secret ? &secret : NULL;
    net_address_parse(is_local ? "127.0.0.1" : "192.0.2.7", &list[0].address);
    net_address_parse("2001:db8::7", &list[1].address);
    connections = 0;
    fake_begin(input.at, input.left);
    fake_choose(pace);
    fake.write_limit = limit * 4;
    which = which == WITH_REQUIRETLS ? which : which % WITH_REQUIRETLS;
    make_job(&job, which);
    run(&session, &hosts, &job);
    check_output(fake.output, fake.output_len);
    check_demand(which, fake.output, fake.output_len);
    if (has_secret) {
        check_login(fake.output, fake.output_len, is_local);
    }
    job_free(&job);
    reply_free(&session.reply);
    fake_end();
    return 0;
}

/* QMQP, both ways: what qmqpd takes can be written into the queue; what qinject makes
 * of an envelope is taken back as the same; a server's answer leaves one bounded text.
 * First byte: 0 a request, 1 a server's answer, 2 and 3 one field; second: pace.
 * fuzz-options: -max_len=400 */
#include "../../qinject/qmqp.h"

#include "../../qinject/request.h"
#include "fake.h"
#include "fuzz.h"
#include "table.h"
#include "text.h"

#include <sys/socket.h>

int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    return FAKE_SOCKET;
}
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    (void)address;
    (void)len;
    REQUIRE(fd == FAKE_SOCKET);
    return 0;
}

static void check_same(const struct envelope *a, const struct envelope *b)
{
    size_t i;

    REQUIRE(a->sender.len == b->sender.len && a->envid.len == b->envid.len);
    REQUIRE(a->flags == b->flags && a->recipient_count == b->recipient_count);
    for (i = 0; i < a->recipient_count; i++) {
        REQUIRE(strcmp(a->recipients[i].address, b->recipients[i].address) == 0);
        REQUIRE(strcmp(a->recipients[i].orcpt, b->recipients[i].orcpt) == 0);
        REQUIRE(a->recipients[i].notify == b->recipients[i].notify);
    }
}

/* ENVELOPE as fields, taken back. */
static void check_fields(const struct envelope *envelope)
{
    static stralloc field;
    static struct envelope again;
    size_t i;

    envelope_clear(&again);
    text_clear(&field);
    qmqp_add_sender(&field, envelope);
    REQUIRE(qmqp_take_sender(&again, field.s, field.len) == 0);
    for (i = 0; i < envelope->recipient_count; i++) {
        text_clear(&field);
        qmqp_add_recipient(&field, &envelope->recipients[i]);
        REQUIRE(qmqp_take_recipient(&again, field.s, field.len) == 0);
    }
    check_same(envelope, &again);
}

static void check_queue(const struct envelope *envelope)
{
    static struct queue_file file;
    struct queue_writer writer = {.fd = -1};

    REQUIRE(queue_begin(&writer, envelope) == 0);
    REQUIRE(queue_commit(&writer) == 0);
    REQUIRE(queue_read(fake_next_new(-1), &file) == QUEUE_OK);
    check_same(envelope, &file.envelope);
}

static void check_request(void)
{
    static struct envelope envelope;
    struct request request = {.deadline = CLOCK_NEVER,
                              .tables = table_standard(),
                              .spool = fake_add_file("spool", "", 0),
                              .envelope = &envelope};
    struct verdict verdict;

    envelope_clear(&envelope);
    line_reader_open(&request.reader, 0, 256);
    verdict = request_take(&request);
    REQUIRE(verdict.letter == 0 || strchr("KZD", verdict.letter));
    REQUIRE(verdict.letter == 0 || verdict.letter == 'K' || verdict.text);
    REQUIRE(fake_file(request.spool)->len <= 1024);
    if (verdict.letter == 'K') {
        REQUIRE(envelope.recipient_count > 0);
        check_fields(&envelope);
        check_queue(&envelope);
    }
    line_reader_close(&request.reader);
}

static void check_answer(void)
{
    static struct envelope envelope;
    char reason[100];
    char letter;

    if (envelope.recipient_count == 0) {
        envelope_add_recipient(&envelope, "ann@local.example", 0, NULL, 0);
    }
    memset(reason, 'x', sizeof reason);
    letter =
        qmqp_send(fake_add_file("spool", "x\n", 2), &envelope, reason, sizeof reason);
    REQUIRE(letter == 'K' || letter == 'Z' || letter == 'D');
    REQUIRE(memchr(reason, 0, sizeof reason));
}

static void check_field(const char *bytes, size_t len, int is_sender)
{
    static struct envelope envelope;

    envelope_clear(&envelope);
    if (is_sender) { /* no file in the queue is without one */
        envelope_add_recipient(&envelope, "ann@local.example", 0, NULL, 0);
    }
    if ((is_sender ? qmqp_take_sender(&envelope, bytes, len)
                   : qmqp_take_recipient(&envelope, bytes, len)) == 0) {
        check_fields(&envelope);
        check_queue(&envelope);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    unsigned what = fuzz_byte(&input) & 3, pace = fuzz_byte(&input);

    fake_begin(input.at, input.left);
    fake_choose(pace);
    switch (what) {
    case 0:
        check_request();
        break;
    case 1:
        check_answer();
        break;
    default:
        check_field(input.at, input.left, what == 2);
        break;
    }
    fake_end();
    return 0;
}

/* Bounces, warnings, reports and forwards, made of queue files and of what remote hosts
 * said: the result can be read again, its header is whole fields, and the part for
 * programs has nothing in it that a peer put there as a line of its own. First byte:
 * kind; then, each up to 0xff: the packet's fields behind the name, the queue file's
 * header, the message.
 * fuzz-options: -max_len=500 */
#include "../../qsend/report.h"

#include "../../qsend/forward.h"
#include "fake.h"
#include "fuzz.h"
#include "header.h"
#include "image.h"
#include "table.h"
#include "text.h"

#define NAME "abcdefghijklmnopqrstuvwxyz"

static int make_job(struct notify_job *job, unsigned kind, struct fuzz_input *input)
{
    static const char *const verbs[] = {"bounce", "delay", "success", "forward"};
    static stralloc image;
    static struct packet packet;
    size_t fields_len, header_len, i;
    const char *fields = fuzz_until(input, '\xff', &fields_len);
    const char *header = fuzz_until(input, '\xff', &header_len);

    packet_clear(&packet);
    packet_add(&packet, verbs[kind]);
    packet_add_number(&packet, 1);
    packet_add(&packet, NAME);
    text_add_bytes(&packet.bytes, fields, fields_len);
    text_add_byte(&packet.bytes, '\0');
    image_make(&image, header, header_len, input->at, input->left);
    if (notify_job_parse(job, &packet, fake_add_file("cur/" NAME, image.s, image.len)) <
        0) {
        return -1;
    }
    if (queue_read(job->fd, &job->file) != QUEUE_OK) {
        return -1;
    }
    for (i = 0; i < job->count; i++) {
        if (job->recipients[i].index >= job->file.envelope.recipient_count) {
            return -1;
        }
    }
    return 0;
}

static int is_bad(char c)
{
    return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 127;
}

/* Fields up to an empty line: no control bytes, each line with a colon or folded. */
static size_t check_fields(const char *bytes, size_t len)
{
    size_t at = 0, line = 0;
    int has_colon = 0;

    for (at = 0; at < len && !(bytes[at] == '\n' && at == line); at++) {
        REQUIRE(!is_bad(bytes[at]));
        has_colon |= bytes[at] == ':' || (at == line && bytes[at] == '\t');
        if (bytes[at] == '\n') {
            REQUIRE(has_colon && at - line <= 1100);
            line = at + 1;
            has_colon = 0;
        }
    }
    REQUIRE(at < len);
    return at + 1;
}

/* The report's header, and its part for programs. */
static void check_report(const char *bytes, size_t len)
{
    static const char mark[] = "Content-Description: Delivery report\n";
    const char *status;

    REQUIRE(memcmp(bytes, "Received: by ", 13) == 0);
    check_fields(bytes, len);
    status = memmem(bytes, len, mark, sizeof mark - 1);
    REQUIRE(status);
    status += check_fields(status, len - (size_t)(status - bytes)); /* MIME */
    while (memcmp(status, "--", 2) != 0) {
        status += check_fields(status, len - (size_t)(status - bytes));
    }
}

static void check_result(int fd, unsigned kind)
{
    static struct queue_file file;
    const struct fake_file *made = fake_file(fd);

    REQUIRE(queue_read(fd, &file) == QUEUE_OK);
    REQUIRE(strcmp(file.envelope.parent, NAME) == 0);
    REQUIRE(file.envelope.kind == "bwsf"[kind]);
    if (kind < 3) {
        REQUIRE(file.envelope.sender.len == 0 && file.envelope.recipient_count == 1);
        check_report(made->bytes + file.body_offset, (size_t)file.body_length);
    }
}

static void check_job(const struct notify_job *job)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        REQUIRE(strchr("KRZD", job->recipients[i].status));
        REQUIRE(!job->recipients[i].derived || job->recipients[i].status != 'Z');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    unsigned kind = fuzz_byte(&input) & 3;
    struct packet answer = {0};
    struct notify_job job;
    int fd = -1;

    fake_begin("", 0);
    if (make_job(&job, kind, &input) == 0) {
        if (kind == 3) {
            forward_run(&job, table_standard());
        } else {
            report_run(&job, table_standard());
        }
        check_job(&job);
        while ((fd = fake_next_new(fd)) >= 0) {
            check_result(fd, kind);
        }
        REQUIRE(notify_job_answer(&job, &answer) == 0 && fake.packets > 0);
    }
    if (job.fd >= 0) {
        notify_job_free(&job);
    }
    packet_free(&answer);
    fake_end();
    return 0;
}

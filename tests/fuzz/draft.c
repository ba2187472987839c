/* qinject's reader of messages: the header section that is kept is whole fields with
 * LF line ends, without what must not go out; and the envelope made of it can be
 * written into the queue and read again. First byte: flags; second: pace.
 * fuzz-options: -max_len=400 */
#include "../../qinject/draft.h"

#include "../../qinject/addressing.h"
#include "../../qinject/person.h"
#include "fake.h"
#include "fuzz.h"
#include "header.h"
#include "queuefile.h"
#include "table.h"
#include "text.h"

#include <stdarg.h>

/* In place of complaint.c: fuzzing makes millions of complaints. */
void complain(const char *format, ...)
{
    (void)format;
}
const char *person_name(void)
{
    return "caller";
}

static void check_header(const struct draft *draft)
{
    static const char *const dropped[] = {"Bcc", "Resent-Bcc", "Return-Path",
                                          "Content-Length"};
    size_t at = 0, len, i;

    if (draft->header.len == 0) {
        return;
    }
    REQUIRE(draft->header.s[draft->header.len - 1] == '\n');
    REQUIRE(header_section_length(draft->header.s, draft->header.len) ==
            draft->header.len);
    while ((len = header_field_length(draft->header.s + at, draft->header.len - at)) >
           0) {
        for (i = 0; i < 4; i++) {
            const char *value;
            size_t value_len;
            REQUIRE(!header_field_is(draft->header.s + at, len, dropped[i], &value,
                                     &value_len));
        }
        at += len;
    }
    REQUIRE(at == draft->header.len);
}

/* Writes the envelope into the queue and reads it back. */
static void check_envelope(const struct envelope *envelope)
{
    struct queue_writer writer = {.fd = -1};
    struct queue_file file = {0};
    size_t i;
    int fd;

    REQUIRE(queue_begin(&writer, envelope) == 0);
    REQUIRE(queue_write(&writer, "x\n", 2) == 0);
    REQUIRE(queue_commit(&writer) == 0);
    fd = fake_next_new(-1);
    REQUIRE(fd >= 0 && queue_read(fd, &file) == QUEUE_OK);
    REQUIRE(file.envelope.recipient_count == envelope->recipient_count);
    for (i = 0; i < envelope->recipient_count; i++) {
        REQUIRE(strcmp(file.envelope.recipients[i].address,
                       envelope->recipients[i].address) == 0);
    }
    queue_file_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input bytes = fuzz_open(data, size);
    unsigned flags = fuzz_byte(&bytes), pace = fuzz_byte(&bytes);
    struct options options = {.reads_headers = 1, .sender = flags & 1 ? "<>" : NULL};
    struct draft draft = {0};
    struct envelope envelope = {0};
    struct input input;

    fake_begin(bytes.at, bytes.left);
    fake_choose(pace);
    input_open(&input, 0, (flags & 2) != 0);
    REQUIRE(draft_read(&draft, &input) == DRAFT_OK);
    check_header(&draft);
    if (addressing_fill(&envelope, &options, table_standard(), &draft) == SYSEXIT_OK) {
        check_envelope(&envelope);
    }
    input_close(&input);
    draft_free(&draft);
    envelope_free(&envelope);
    fake_end();
    return 0;
}

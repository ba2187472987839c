/* Files in the queue, which anyone of the group may make: what is read as right has
 * bounds that hold, and written anew it is the same. First byte: bit 0 sets right
 * lengths and checksums around the input as header, 0xff and message; without it the
 * input is the file.
 * fuzz-options: -max_len=400 */
#include "queuefile.h"

#include "fake.h"
#include "fuzz.h"
#include "image.h"
#include "text.h"

static void check_body(int fd, const struct queue_file *file, struct queue_writer *copy)
{
    struct queue_body body;
    char block[64];
    off_t total = 0;
    ssize_t got;

    queue_body_open(&body, fd, file);
    while ((got = queue_body_read(&body, block, sizeof block)) > 0) {
        total += got;
        REQUIRE(queue_write(copy, block, (size_t)got) == 0);
    }
    REQUIRE(total <= file->body_length);
    if (got == 0) {
        REQUIRE(total == file->body_length && queue_commit(copy) == 0);
    } else {
        queue_abort(copy);
    }
}

static void check_same(const struct envelope *a, const struct envelope *b)
{
    size_t i;

    REQUIRE(a->arrival == b->arrival && a->flags == b->flags);
    REQUIRE(a->sender.len == b->sender.len && a->envid.len == b->envid.len);
    REQUIRE(strcmp(a->parent, b->parent) == 0 && a->kind == b->kind);
    REQUIRE(a->recipient_count == b->recipient_count);
    for (i = 0; i < a->recipient_count; i++) {
        REQUIRE(strcmp(a->recipients[i].address, b->recipients[i].address) == 0);
        REQUIRE(strcmp(a->recipients[i].orcpt, b->recipients[i].orcpt) == 0);
        REQUIRE(a->recipients[i].notify == b->recipients[i].notify);
        REQUIRE(a->recipients[i].flags == b->recipients[i].flags);
    }
}

/* States are bytes of the file, and are changed in place. */
static void check_marks(int fd, struct queue_file *file)
{
    static struct queue_file again;
    size_t i, last = file->envelope.recipient_count - 1;

    for (i = 0; i <= last; i++) {
        const struct envelope_recipient *recipient = &file->envelope.recipients[i];
        REQUIRE(recipient->state_offset > 0 &&
                recipient->state_offset < file->body_offset);
        REQUIRE(fake_file(fd)->bytes[recipient->state_offset] == recipient->state);
        REQUIRE(strchr(".wsrDB", recipient->state));
        REQUIRE(!fuzz_has_control(recipient->address, strlen(recipient->address)));
    }
    REQUIRE(queue_mark(fd, file, last, STATE_BOUNCED) == 0);
    REQUIRE(queue_read(fd, &again) == QUEUE_OK);
    REQUIRE(again.envelope.recipients[last].state == STATE_BOUNCED);
}

static void check_file(int fd, struct queue_file *file)
{
    static struct queue_file again;
    struct queue_writer writer = {.fd = -1};
    int copy;

    REQUIRE(file->envelope.recipient_count > 0);
    REQUIRE(file->body_offset > 0 && file->body_length >= 0);
    REQUIRE((size_t)(file->body_offset + file->body_length) < fake_file(fd)->len);
    REQUIRE(!fuzz_has_control(file->envelope.sender.s, file->envelope.sender.len));
    if (queue_begin(&writer, &file->envelope) == 0) {
        check_body(fd, file, &writer);
        copy = fake_next_new(-1);
        if (copy >= 0) {
            REQUIRE(queue_read(copy, &again) == QUEUE_OK);
            check_same(&file->envelope, &again.envelope);
        }
    } else {
        REQUIRE(file->envelope.parent[0]); /* a name of too many generations */
    }
    check_marks(fd, file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct queue_file file;
    static stralloc bytes;
    struct fuzz_input input = fuzz_open(data, size);
    unsigned flags = fuzz_byte(&input);
    const char *header;
    size_t len;
    int fd;

    text_clear(&bytes);
    if (flags & 1) {
        header = fuzz_until(&input, '\xff', &len);
        image_make(&bytes, header, len, input.at, input.left);
    } else {
        text_add_bytes(&bytes, input.at, input.left);
    }
    fake_begin("", 0);
    fd = fake_add_file("queue/cur/x", bytes.s, bytes.len);
    if (queue_read(fd, &file) == QUEUE_OK) {
        check_file(fd, &file);
    }
    fake_end();
    return 0;
}

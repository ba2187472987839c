/* POP3 after the log-in, with a mailbox of three messages in memory: answers are well
 * formed, whatever the messages hold, and only what was marked before QUIT is removed.
 * First byte: pace; second: how many bytes of the input are the third message.
 * fuzz-options: -max_len=400 */
#include "../../pop3d/transaction.h"
#include "fake.h"
#include "fuzz.h"

#define MESSAGES 3

/* In place of lib/maildir_*.c. */
struct mailbox {
    struct mailbox_item items[MESSAGES];
    int fds[MESSAGES];
    int is_removed[MESSAGES], is_seen[MESSAGES];
    size_t syncs;
};
static struct mailbox mailbox;

enum mailbox_result mailbox_open(struct mailbox **out, const char *name)
{
    (void)name;
    *out = &mailbox;
    return MAILBOX_OK;
}
void mailbox_close(struct mailbox *box)
{
    (void)box;
}
size_t mailbox_count(const struct mailbox *box)
{
    (void)box;
    return MESSAGES;
}
uint64_t mailbox_size(const struct mailbox *box, size_t index)
{
    REQUIRE(index < MESSAGES);
    return box->items[index].size;
}
const struct mailbox_item *mailbox_item(struct mailbox *box, size_t index)
{
    REQUIRE(index < MESSAGES);
    return &box->items[index];
}
int mailbox_read(struct mailbox *box, size_t index)
{
    REQUIRE(index < MESSAGES);
    fake_file(box->fds[index])->at = 0;
    return box->fds[index];
}
enum mailbox_result mailbox_remove(struct mailbox *box, size_t index)
{
    REQUIRE(index < MESSAGES && !box->is_removed[index] && !box->is_seen[index]);
    box->is_removed[index] = 1;
    return MAILBOX_OK;
}
enum mailbox_result mailbox_sync(struct mailbox *box)
{
    box->syncs++;
    return MAILBOX_OK;
}
void mailbox_mark_seen(struct mailbox *box, size_t index)
{
    REQUIRE(index < MESSAGES && !box->is_removed[index]);
    box->is_seen[index] = 1;
}

static void add_message(size_t index, const char *bytes, size_t len)
{
    static const char *const ids[] = {"one", "two", "three"};
    size_t i;

    mailbox.items[index] = (struct mailbox_item){.id = ids[index], .size = len};
    for (i = 0; i < len; i++) {
        mailbox.items[index].size += bytes[i] == '\n';
    }
    mailbox.items[index].size += len > 0 && bytes[len - 1] != '\n' ? 2 : 0;
    mailbox.fds[index] = fake_add_file(ids[index], bytes, len);
}

/* Every answer is a line, or lines that end with a dot alone. A message's own bytes may
 * be anything but a line end. */
static void check_answers(const char *output, size_t len)
{
    size_t at = 0;

    REQUIRE(len >= 2 && output[len - 1] == '\n' && output[len - 2] == '\r');
    while (at < len) {
        const char *lf = memchr(output + at, '\n', len - at);
        REQUIRE(lf > output && lf[-1] == '\r');
        at = (size_t)(lf - output) + 1;
    }
    REQUIRE(memcmp(output, "+OK 3 messages, ", 16) == 0);
}

/* After QUIT alone something may be gone. */
static void check_mailbox(const struct transaction *session)
{
    size_t i, removed = 0;

    for (i = 0; i < MESSAGES; i++) {
        int is_marked = (session->maildrop.marks[i] & MAILDROP_DELETED) != 0;
        removed += mailbox.is_removed[i] != 0;
        REQUIRE(mailbox.is_removed[i] == (is_marked && session->is_finished));
    }
    REQUIRE(removed == session->deleted && (removed > 0) == (mailbox.syncs == 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char first[] = "Subject: a\n\n.\n..\nlast";
    static struct pop3_connection connection;
    struct transaction session = {.connection = &connection};
    struct fuzz_input input = fuzz_open(data, size);
    unsigned pace = fuzz_byte(&input);
    size_t len = fuzz_byte(&input);

    len = len < input.left ? len : input.left;
    fake_begin(input.at + len, input.left - len);
    fake_choose(pace);
    mailbox = (struct mailbox){0};
    add_message(0, first, sizeof first - 1);
    add_message(1, "", 0);
    add_message(2, input.at, len);
    connection.sent = 0;
    connection.commands = 0;
    connection.command_max = 100;
    pop3_open(&connection, 0, 600);
    REQUIRE(maildrop_open(&session.maildrop, "box") == MAILBOX_OK);
    transaction_run(&session);
    check_mailbox(&session);
    maildrop_close(&session.maildrop);
    line_reader_close(&connection.reader);
    if (fake.output_len > 0) {
        check_answers(fake.output, fake.output_len);
    }
    fake_end();
    return 0;
}

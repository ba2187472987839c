#include "check.h"
#include "queuefile.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/pombo-queue-test.XXXXXX";

static void make_folders(void)
{
    static const char *const folders[] = {"queue", "queue/tmp", "queue/new"};
    size_t i;

    if (!mkdtemp(root) || chdir(root) < 0) {
        exit(1);
    }
    setenv("POMBO_DIR", root, 1);
    for (i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdir(folders[i], 0700) < 0) {
            exit(1);
        }
    }
}

static void fill(struct envelope *envelope)
{
    envelope->arrival = 1700000000;
    envelope->flags = ENVELOPE_8BITMIME | ENVELOPE_RET_HDRS;
    text_set_string(&envelope->brought_by, "smtp [192.0.2.1]");
    text_set_string(&envelope->envid, "id+2Bx");
    text_set_string(&envelope->sender, "ann@example.org");
    envelope_add_recipient(envelope, "\"a b\"@example.org", 0, NULL, 0);
    envelope_add_recipient(envelope, "bob@example.net", NOTIFY_SUCCESS | NOTIFY_DELAY,
                           "rfc822;bob+40example.net", RECIPIENT_EXPANDED);
}

/* Writes a message of LEN bytes; returns an open descriptor of the queued file. */
static int queue_message(struct envelope *envelope, size_t len, char *name)
{
    struct queue_writer writer = {.fd = -1};
    char path[QUEUE_NAME_SIZE + 16];
    size_t i;

    CHECK(queue_begin(&writer, envelope) == 0);
    for (i = 0; i < len; i += 1000) {
        char block[1000];
        size_t part = len - i < sizeof block ? len - i : sizeof block;
        memset(block, 'a' + (int)(i / 1000 % 26), sizeof block);
        CHECK(queue_write(&writer, block, part) == 0);
    }
    memcpy(name, writer.name, sizeof writer.name);
    CHECK(queue_commit(&writer) == 0);
    snprintf(path, sizeof path, "queue/new/%s", name);
    return open(path, O_RDWR);
}

static void test_round_trip(size_t len)
{
    struct envelope envelope = {0};
    struct queue_file file = {0};
    struct queue_body body;
    char name[QUEUE_NAME_SIZE], block[3333];
    size_t total = 0;
    ssize_t got;
    int fd;

    fill(&envelope);
    fd = queue_message(&envelope, len, name);
    CHECK(queue_read(fd, &file) == QUEUE_OK);
    CHECK_NUMBER(file.envelope.arrival, 1700000000);
    CHECK_NUMBER(file.envelope.flags, ENVELOPE_8BITMIME | ENVELOPE_RET_HDRS);
    CHECK_STRING(text_string(&file.envelope.sender), "ann@example.org");
    CHECK_STRING(text_string(&file.envelope.envid), "id+2Bx");
    CHECK_STRING(text_string(&file.envelope.brought_by), "smtp [192.0.2.1]");
    CHECK_NUMBER(file.envelope.recipient_count, 2);
    CHECK_STRING(file.envelope.recipients[0].address, "\"a b\"@example.org");
    CHECK_STRING(file.envelope.recipients[1].orcpt, "rfc822;bob+40example.net");
    CHECK_NUMBER(file.envelope.recipients[1].notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
    CHECK_NUMBER(file.envelope.recipients[1].flags, RECIPIENT_EXPANDED);
    CHECK_NUMBER(file.body_length, len);
    queue_body_open(&body, fd, &file);
    while ((got = queue_body_read(&body, block, sizeof block)) > 0) {
        total += (size_t)got;
    }
    CHECK_NUMBER(got, 0);
    CHECK_NUMBER(total, len);
    CHECK(queue_mark(fd, &file, 1, STATE_DONE) == 0);
    CHECK(queue_read(fd, &file) == QUEUE_OK);
    CHECK_NUMBER(file.envelope.recipients[0].state, STATE_TODO);
    CHECK_NUMBER(file.envelope.recipients[1].state, STATE_DONE);
    close(fd);
    queue_file_free(&file);
    envelope_free(&envelope);
}

/* Headers and messages whose ends fall before, on and behind the border of the block
 * that the reader takes first. */
static void test_block_border(size_t recipients)
{
    size_t len;

    for (len = 0; len < 200; len += 9) {
        struct envelope envelope = {0};
        struct queue_file file = {0};
        char name[QUEUE_NAME_SIZE];
        size_t i;
        int fd;
        fill(&envelope);
        for (i = 0; i < recipients; i++) {
            envelope_add_recipient(&envelope, "someone@example.org", 0, NULL, 0);
        }
        envelope_add_recipient(&envelope, "last@example.org", 0, NULL, 0);
        text_add_bytes(&envelope.brought_by,
                       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", len % 50);
        fd = queue_message(&envelope, len, name);
        CHECK(queue_read(fd, &file) == QUEUE_OK);
        CHECK_NUMBER(file.envelope.recipient_count, recipients + 3);
        CHECK_STRING(file.envelope.recipients[recipients + 2].address,
                     "last@example.org");
        CHECK_NUMBER(file.body_length, len);
        CHECK(queue_mark(fd, &file, recipients + 2, STATE_BOUNCED) == 0);
        CHECK(queue_read(fd, &file) == QUEUE_OK);
        CHECK_NUMBER(file.envelope.recipients[recipients + 2].state, STATE_BOUNCED);
        close(fd);
        queue_file_free(&file);
        envelope_free(&envelope);
    }
}

/* Each byte of a small file changed, and the file cut at each length: never OK, but for
 * the states, and but for the message itself, which its reader finds out. */
static void test_damage(void)
{
    struct envelope envelope = {0};
    struct queue_file file = {0};
    char name[QUEUE_NAME_SIZE], byte;
    off_t size, i;
    int fd;

    fill(&envelope);
    fd = queue_message(&envelope, 50, name);
    CHECK(queue_read(fd, &file) == QUEUE_OK);
    size = lseek(fd, 0, SEEK_END);
    for (i = 0; i < size; i++) {
        off_t body = file.body_offset;
        char changed;
        CHECK(pread(fd, &byte, 1, i) == 1);
        changed = (char)(byte ^ 4);
        CHECK(pwrite(fd, &changed, 1, i) == 1);
        if (i >= body && i < body + 50) {
            struct queue_body reader;
            char block[64];
            ssize_t got;
            CHECK(queue_read(fd, &file) == QUEUE_OK);
            queue_body_open(&reader, fd, &file);
            while ((got = queue_body_read(&reader, block, sizeof block)) > 0) {
            }
            CHECK(got == -1 && errno == EILSEQ);
        } else if (queue_read(fd, &file) == QUEUE_OK) {
            /* The END record's CRC of the message is checked by the message's reader.
             */
            CHECK(i >= size - 9 && i < size - 1);
        }
        file.body_offset = body;
        CHECK(pwrite(fd, &byte, 1, i) == 1);
    }
    for (i = size - 1; i >= 0; i--) {
        CHECK(ftruncate(fd, i) == 0);
        CHECK(queue_read(fd, &file) == QUEUE_CORRUPT);
    }
    close(fd);
    queue_file_free(&file);
    envelope_free(&envelope);
}

static void test_derived(void)
{
    struct envelope envelope = {0};
    struct queue_file file = {0};
    struct queue_writer writer = {.fd = -1};
    char name[QUEUE_NAME_SIZE];
    int fd;

    fill(&envelope);
    memcpy(envelope.parent, "abcdefghijklmnopqrstuvwxyz", 27);
    envelope.kind = 'b';
    text_set_string(&envelope.covered, "3,7");
    fd = queue_message(&envelope, 10, name);
    CHECK_STRING(name, "abcdefghijklmnopqrstuvwxyz.b3");
    CHECK(queue_read(fd, &file) == QUEUE_OK);
    CHECK_STRING(file.envelope.parent, "abcdefghijklmnopqrstuvwxyz");
    CHECK_NUMBER(file.envelope.kind, 'b');
    CHECK_STRING(text_string(&file.envelope.covered), "3,7");
    close(fd);
    CHECK(queue_begin(&writer, &envelope) == 0);
    CHECK(queue_commit(&writer) == -1 && errno == EEXIST);
    CHECK(rmdir("queue/tmp") == 0 && mkdir("queue/tmp", 0700) == 0); /* it was empty */
    queue_file_free(&file);
    envelope_free(&envelope);
}

/* A line end in an address would add a recipient: it is refused. */
static void test_injection(void)
{
    struct envelope envelope = {0};
    struct queue_writer writer = {.fd = -1};

    fill(&envelope);
    envelope_add_recipient(&envelope, "x@y\nR . - - - evil@example.org", 0, NULL, 0);
    CHECK(queue_begin(&writer, &envelope) == -1 && errno == EINVAL);
    envelope_free(&envelope);
}

static void remove_folders(void)
{
    pid_t child = fork();

    if (child == 0) {
        execlp("rm", "rm", "-rf", root, (char *)0);
        _exit(1);
    }
    waitpid(child, NULL, 0);
}

/* What END says of TLS-Required, whether it was known before or after the message;
 * never beside REQUIRETLS. */
static void test_tls_required(unsigned flags, int is_late, unsigned expected)
{
    struct envelope envelope = {0};
    struct queue_file file = {0};
    struct queue_writer writer = {.fd = -1};
    char path[QUEUE_NAME_SIZE + 16];
    int fd;

    fill(&envelope);
    envelope.flags = flags;
    CHECK(queue_begin(&writer, &envelope) == 0);
    CHECK(queue_write(&writer, "hello\n", 6) == 0);
    if (is_late) {
        queue_set_tls_optional(&writer);
    }
    snprintf(path, sizeof path, "queue/new/%s", writer.name);
    CHECK(queue_commit(&writer) == 0);
    fd = open(path, O_RDWR);
    CHECK(queue_read(fd, &file) == QUEUE_OK);
    CHECK_NUMBER(file.envelope.flags, expected);
    CHECK(pwrite(fd, "x", 1, file.body_offset + file.body_length + 3) == 1);
    CHECK(queue_read(fd, &file) == QUEUE_CORRUPT);
    close(fd);
    queue_file_free(&file);
    envelope_free(&envelope);
}

int main(void)
{
    size_t i;

    make_folders();
    test_round_trip(0);
    test_round_trip(1);
    test_round_trip(65536);
    test_round_trip(300000);
    for (i = 530; i <= 541; i++) {
        test_block_border(i);
    }
    test_block_border(5000);
    test_tls_required(ENVELOPE_8BITMIME, 0, ENVELOPE_8BITMIME);
    test_tls_required(ENVELOPE_TLS_OPTIONAL, 0, ENVELOPE_TLS_OPTIONAL);
    test_tls_required(0, 1, ENVELOPE_TLS_OPTIONAL);
    test_tls_required(ENVELOPE_REQUIRETLS, 1, ENVELOPE_REQUIRETLS);
    test_tls_required(ENVELOPE_REQUIRETLS | ENVELOPE_TLS_OPTIONAL, 0,
                      ENVELOPE_REQUIRETLS);
    test_damage();
    test_derived();
    test_injection();
    remove_folders();
    return check_report();
}

/* A whole SMTP session in memory, from the greeting to its end. Replies are well
 * formed; each message that was acknowledged is in the queue, whole, readable and free
 * of what could be taken for more than it is; each that was not has left nothing. First
 * byte: pace; second: 1 a stranger, 2 no socket (sendmail -bs), 4 repair, 8 the
 * submission service, 16 in which a user has logged in; 32 the door lets all in.
 * fuzz-options: -max_len=480 -entropic=0 */
#include "../../checkpw/auth_door.h"
#include "../../smtpd/dialogue.h"
#include "address.h"
#include "door.h"
#include "fake.h"
#include "fuzz.h"
#include "header.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <sys/socket.h>

#define USER "ann@local.example"
#define FAKE_DOOR 900 /* no descriptor */

static int lets_all_in, is_submitted;

/* In place of the door run/auth: one that is not there, or has an answer ready. */
int __wrap_door_connect(const char *path, clock_ms deadline);
int __wrap_door_connect(const char *path, clock_ms deadline)
{
    (void)path;
    (void)deadline;
    errno = ECONNREFUSED;
    return lets_all_in ? FAKE_DOOR : -1;
}

int __wrap_auth_message_send(int fd, struct auth_message *message);
int __wrap_auth_message_send(int fd, struct auth_message *message)
{
    REQUIRE(fd == FAKE_DOOR && !message->is_bad);
    REQUIRE(strcmp(auth_message_next(message), "plain") == 0);
    REQUIRE(auth_message_next(message) && auth_message_next(message));
    REQUIRE(*auth_message_next(message) && *auth_message_next(message));
    REQUIRE(!auth_message_next(message));
    return 0;
}

int __wrap_auth_message_receive(int fd, struct auth_message *message,
                                clock_ms deadline);
int __wrap_auth_message_receive(int fd, struct auth_message *message, clock_ms deadline)
{
    (void)fd;
    (void)deadline;
    auth_message_clear(message);
    auth_message_add(message, "ok");
    auth_message_add(message, USER);
    return 0;
}

static void open_session(struct session *session, unsigned flags)
{
    session->tables = *table_standard();
    session->is_submission = (flags & 8) != 0;
    session_open(session);
    session->limits.auth_fail_delay = 0;
    session->allowance.fd = -1;
    if ((flags & 24) == 24) {
        text_set_string(&session->user, USER);
        session->may_relay = 1;
    }
    lets_all_in = (flags & 32) != 0;
    net_address_parse(flags & 1 ? "198.51.100.7" : "192.0.2.9", &session->peer);
    net_address_parse("192.0.2.1", &session->local);
    if (flags & 2) {
        session->peer = session->local = (struct net_address){0};
    }
    net_address_format(&session->peer, session->peer_text);
    session->limits.is_repairing = (flags & 4) != 0;
    session->limits.commands = 60;
}

/* Returns how many of the replies acknowledge a message. */
static size_t check_replies(const char *output, size_t len)
{
    static const char queued[] = "250 2.0.0 queued as ";
    size_t at = 0, count = 0;

    REQUIRE(len > 0); /* a greeting at least */
    while (at < len) {
        const char *line = output + at;
        const char *lf = memchr(line, '\n', len - at);
        size_t line_len;
        REQUIRE(lf && lf - line >= 4 && lf[-1] == '\r');
        line_len = (size_t)(lf - line) - 1;
        REQUIRE(line_len <= 510 && !fuzz_has_control(line, line_len));
        REQUIRE(line[0] >= '2' && line[0] <= '5' && line[3] && strchr(" -", line[3]));
        count += line_len >= sizeof queued - 1 &&
                 memcmp(line, queued, sizeof queued - 1) == 0;
        at += line_len + 2;
    }
    return count;
}

/* Of a message that was submitted: whole, with all that it needs, and from the user. */
static void check_header(const char *text, size_t len)
{
    static const char *const once[] = {"From", "Bcc"};
    const char *value;
    size_t counts[2] = {0}, at = 0, field, value_len, i;

    while ((field = header_field_length(text + at, len - at)) > 0) {
        for (i = 0; i < 2; i++) {
            counts[i] +=
                header_field_is(text + at, field, once[i], &value, &value_len) != 0;
        }
        at += field;
    }
    REQUIRE(counts[0] == 1 && counts[1] == 0);
}

static void check_body(int fd, const struct queue_file *file)
{
    static char block[4096];
    struct queue_body body;
    size_t len = 0;
    ssize_t got;

    queue_body_open(&body, fd, file);
    while ((got = queue_body_read(&body, block + len, sizeof block - len)) > 0) {
        len += (size_t)got;
        REQUIRE(len < sizeof block);
    }
    REQUIRE(got == 0); /* the checksum is right */
    REQUIRE(len > 10 && memcmp(block, "Received: ", 10) == 0);
    REQUIRE(!memchr(block, '\r', len) && !memchr(block, '\0', len));
    REQUIRE(block[len - 1] == '\n');
    if (is_submitted) {
        check_header(block, len);
    }
}

static void check_message(int fd)
{
    static struct queue_file file;
    static stralloc again;
    const struct envelope *envelope = &file.envelope;
    unsigned flags = ADDRESS_MAY_BE_UTF8;
    size_t i;

    REQUIRE(queue_read(fd, &file) == QUEUE_OK);
    REQUIRE(address_parse(envelope->sender.s, envelope->sender.len,
                          flags | ADDRESS_MAY_BE_NULL, &again) == ADDRESS_OK);
    REQUIRE(envelope->recipient_count <= 100 && !envelope->parent[0]);
    for (i = 0; i < envelope->recipient_count; i++) {
        const char *address = envelope->recipients[i].address;
        REQUIRE(address_parse(address, strlen(address),
                              flags | ADDRESS_MAY_BE_POSTMASTER, &again) == ADDRESS_OK);
        REQUIRE(strcmp(again.s, address) == 0);
        REQUIRE(envelope->recipients[i].state == STATE_TODO);
    }
    check_body(fd, &file);
}

static size_t check_files(void)
{
    size_t i, count = 0;

    for (i = 0; i < FAKE_FILES; i++) {
        if (fake.files[i].name) {
            REQUIRE(fake.files[i].is_new); /* nothing is left in tmp/ */
            check_message(FAKE_FILE + (int)i);
            count++;
        }
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session session;
    struct fuzz_input input = fuzz_open(data, size);
    unsigned pace = fuzz_byte(&input), flags = fuzz_byte(&input);

    fake_begin(input.at, input.left);
    fake_choose(pace);
    memset(&session, 0, sizeof session);
    is_submitted = (flags & 8) != 0;
    open_session(&session, flags);
    dialogue_run(&session);
    session_close(&session);
    REQUIRE(check_replies(fake.output, fake.output_len) == check_files());
    fake_end();
    return 0;
}

#include "transaction.h"

#include "capability.h"
#include "log.h"
#include "message_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static enum pop3_event refuse_number(struct transaction *session)
{
    return pop3_error(session->connection, "no such message");
}

static enum pop3_event on_stat(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;

    (void)command;
    pop3_add_format(session->connection, "+OK %zu %" PRIu64 "\r\n",
                    session->maildrop.left, session->maildrop.left_size);
    return POP3_NEXT;
}

static void add_size(struct transaction *session, const char *before, size_t number)
{
    pop3_add(session->connection, before, strlen(before));
    pop3_add_number(session->connection, number);
    pop3_add(session->connection, " ", 1);
    pop3_add_number(session->connection, maildrop_size(&session->maildrop, number));
    pop3_add(session->connection, "\r\n", 2);
}

static void add_id(struct transaction *session, const char *before, size_t number)
{
    const char *id = maildrop_id(&session->maildrop, number);

    pop3_add(session->connection, before, strlen(before));
    pop3_add_number(session->connection, number);
    pop3_add(session->connection, " ", 1);
    pop3_add(session->connection, id, strlen(id));
    pop3_add(session->connection, "\r\n", 2);
}

/* LIST and UIDL: one line for one message, or one for each. */
static enum pop3_event list(struct transaction *session,
                            const struct pop3_command *command,
                            void (*add)(struct transaction *, const char *, size_t))
{
    size_t number;

    if (command->has_argument) {
        if (!maildrop_has(&session->maildrop, command->number)) {
            return refuse_number(session);
        }
        add(session, "+OK ", command->number);
        return POP3_NEXT;
    }
    pop3_add_format(session->connection, "+OK %zu messages\r\n",
                    session->maildrop.left);
    for (number = 1; number <= session->maildrop.count; number++) {
        if (maildrop_has(&session->maildrop, number)) {
            add(session, "", number);
        }
    }
    pop3_add(session->connection, ".\r\n", 3);
    return POP3_NEXT;
}

static enum pop3_event on_list(void *data, const struct pop3_command *command)
{
    return list(data, command, add_size);
}

static enum pop3_event on_uidl(void *data, const struct pop3_command *command)
{
    return list(data, command, add_id);
}

/* A message may be gone: another session removed it. */
static int open_message(struct transaction *session, unsigned long long number)
{
    int fd;

    if (!maildrop_has(&session->maildrop, number)) {
        refuse_number(session);
        return -1;
    }
    fd = mailbox_read(session->maildrop.mailbox, number - 1);
    if (fd < 0 && errno == ENOENT) {
        pop3_error(session->connection, "this message was removed meanwhile");
    } else if (fd < 0) {
        log_failure("trouble", "with", "opening", "message",
                    maildrop_id(&session->maildrop, number), (char *)0);
        pop3_error(session->connection, "[SYS/TEMP] can't read this message now");
    }
    return fd;
}

static enum pop3_event send_message(struct transaction *session, int fd, size_t number,
                                    unsigned long long lines)
{
    int result = message_send(session->connection, fd, lines);

    if (result < 0) {
        log_failure("trouble", "with", "reading", "message",
                    maildrop_id(&session->maildrop, number), (char *)0);
    }
    close(fd);
    return result < 0 ? POP3_LOST : POP3_NEXT;
}

static enum pop3_event on_retr(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;
    int fd = open_message(session, command->number);
    enum pop3_event event;

    if (fd < 0) {
        return POP3_NEXT;
    }
    pop3_add_format(session->connection, "+OK %" PRIu64 " octets\r\n",
                    maildrop_size(&session->maildrop, command->number));
    event = send_message(session, fd, command->number, MESSAGE_WHOLE);
    if (event == POP3_NEXT && session->connection->trouble == LINE_OK) {
        session->maildrop.marks[command->number - 1] |= MAILDROP_RETRIEVED;
        session->retrieved++;
    }
    return event;
}

static enum pop3_event on_top(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;
    int fd = open_message(session, command->number);

    if (fd < 0) {
        return POP3_NEXT;
    }
    pop3_ok(session->connection, "top of message follows");
    return send_message(session, fd, command->number, command->second);
}

static enum pop3_event on_dele(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;

    if (!maildrop_has(&session->maildrop, command->number)) {
        return refuse_number(session);
    }
    maildrop_delete(&session->maildrop, command->number);
    return pop3_ok(session->connection, "marked as deleted");
}

static enum pop3_event on_rset(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;

    (void)command;
    maildrop_reset(&session->maildrop);
    return pop3_ok(session->connection, "no message is marked as deleted");
}

static enum pop3_event on_noop(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;

    (void)command;
    return pop3_ok(session->connection, "done");
}

static enum pop3_event on_capa(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;
    const struct capabilities capabilities = {.login_delay = session->login_delay,
                                              .has_login = 1};

    (void)command;
    return capability_list(session->connection, &capabilities);
}

/* RFC 1939 section 6: answered after the removals, so that it can tell of failures. */
static enum pop3_event on_quit(void *data, const struct pop3_command *command)
{
    struct transaction *session = data;
    struct maildrop_update update = maildrop_update(&session->maildrop);

    (void)command;
    session->deleted = update.deleted;
    session->is_finished = 1;
    if (update.failed > 0) {
        pop3_error(session->connection, "[SYS/TEMP] some messages were not removed");
    } else {
        pop3_ok(session->connection, "bye");
    }
    return POP3_CLOSE;
}

static const struct pop3_row rows[] = {
    {"STAT", SHAPE_NONE, on_stat},
    {"LIST", SHAPE_MAY_NUMBER, on_list},
    {"RETR", SHAPE_NUMBER, on_retr},
    {"DELE", SHAPE_NUMBER, on_dele},
    {"NOOP", SHAPE_NONE, on_noop},
    {"RSET", SHAPE_NONE, on_rset},
    {"QUIT", SHAPE_NONE, on_quit},
    {"TOP", SHAPE_TWO_NUMBERS, on_top},
    {"UIDL", SHAPE_MAY_NUMBER, on_uidl},
    {"CAPA", SHAPE_NONE, on_capa},
    {NULL, SHAPE_NONE, NULL},
};

enum pop3_event transaction_run(struct transaction *session)
{
    pop3_add_format(session->connection, "+OK %zu messages, %" PRIu64 " octets\r\n",
                    session->maildrop.left, session->maildrop.left_size);
    return pop3_run(session->connection, rows, session);
}

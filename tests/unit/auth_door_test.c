#include "../../checkpw/auth_door.h"
#include "check.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static void open_pair(void)
{
    CHECK_NUMBER(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void close_pair(void)
{
    close(ends[0]);
    close(ends[1]);
}

static void check_round(void)
{
    struct auth_message sent = {0}, got = {0};

    open_pair();
    auth_message_add(&sent, "plain");
    auth_message_add(&sent, "");
    auth_message_add_bytes(&sent, "ann\0", 3);
    CHECK_NUMBER(auth_message_send(ends[0], &sent), 0);
    CHECK_NUMBER(auth_message_receive(ends[1], &got, clock_deadline(5)), 0);
    CHECK_STRING(auth_message_next(&got), "plain");
    CHECK_STRING(auth_message_next(&got), "");
    CHECK_STRING(auth_message_next(&got), "ann");
    CHECK(!auth_message_next(&got));
    close_pair();
}

static void check_bounds(void)
{
    static char much[AUTH_MESSAGE_MAX];
    struct auth_message message = {0}, got;

    open_pair();
    CHECK_NUMBER(auth_message_send(ends[0], &message), -1); /* empty */
    CHECK_NUMBER(errno, EMSGSIZE);
    auth_message_add_bytes(&message, "a\0b", 3);
    CHECK(message.is_bad);
    auth_message_clear(&message);
    memset(much, 'x', sizeof much);
    auth_message_add_bytes(&message, much, sizeof much - 1);
    CHECK(!message.is_bad);
    CHECK_NUMBER(message.len, AUTH_MESSAGE_MAX);
    CHECK_NUMBER(auth_message_send(ends[0], &message), 0);
    CHECK_NUMBER(auth_message_receive(ends[1], &got, clock_deadline(5)), 0);
    CHECK_NUMBER(strlen(auth_message_next(&got)), sizeof much - 1);
    auth_message_add(&message, "");
    CHECK(message.is_bad);
    CHECK_NUMBER(auth_message_send(ends[0], &message), -1);
    CHECK_NUMBER(errno, EMSGSIZE);
    close_pair();
}

/* RAW on the wire, and what receiving says. */
static void check_raw(const char *raw, size_t len, int result, int error)
{
    struct auth_message got;

    open_pair();
    CHECK_NUMBER(write(ends[0], raw, len), (long long)len);
    close(ends[0]);
    errno = 0;
    CHECK_NUMBER(auth_message_receive(ends[1], &got, clock_deadline(5)), result);
    CHECK_NUMBER(errno, error);
    CHECK(result == 0 || !auth_message_next(&got));
    close(ends[1]);
}

static void check_nonsense(void)
{
    struct auth_message got;

    check_raw("\0\3no", 5, 0, 0);
    check_raw("\0\3nope", 6, -1, EPROTO);  /* no NUL at its end */
    check_raw("\0\3no", 4, -1, EPROTO);    /* cut off */
    check_raw("\0", 1, -1, EPROTO);        /* so too */
    check_raw("", 0, -1, EPROTO);          /* nothing */
    check_raw("\0\0", 2, -1, EPROTO);      /* empty */
    check_raw("\x10\1abc", 5, -1, EPROTO); /* too long */
    open_pair();
    CHECK_NUMBER(auth_message_receive(ends[1], &got, clock_monotonic() + 50), -1);
    close_pair();
}

static void check_words(void)
{
    CHECK_NUMBER(auth_answer_parse("ok"), LOGIN_ACCEPTED);
    CHECK_NUMBER(auth_answer_parse("no"), LOGIN_DENIED);
    CHECK_NUMBER(auth_answer_parse("cut-off"), LOGIN_CUT_OFF);
    CHECK_NUMBER(auth_answer_parse("trouble"), LOGIN_TEMPORARY);
    CHECK_NUMBER(auth_answer_parse("OK"), LOGIN_TEMPORARY);
    CHECK_NUMBER(auth_answer_parse(""), LOGIN_TEMPORARY);
    CHECK_STRING(auth_answer_word(LOGIN_BROKEN), "trouble");
}

int main(void)
{
    check_round();
    check_bounds();
    check_nonsense();
    check_words();
    return check_report();
}

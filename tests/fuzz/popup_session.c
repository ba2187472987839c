/* POP3 before the log-in. What reaches checkpw is one user and one password without
 * control bytes of the protocol (newlines in AUTH, CVE-2020-28021), wrong ones are
 * counted, and not one byte past the line that logged in is read. First byte: pace;
 * second: which log-in is right.
 * fuzz-options: -max_len=400 */
#include "../../pop3d/authorization.h"
#include "../../pop3d/login_chain.h"
#include "fake.h"
#include "fuzz.h"

static unsigned asked, right;

/* In place of the door's other side, and of checkpassword programs. */
enum login_result login_door_ask(const char *path,
                                 const struct credentials *credentials,
                                 const int client[2], clock_ms deadline)
{
    struct credentials copy = *credentials;

    (void)path;
    (void)deadline;
    REQUIRE(client[0] == 0 && client[1] == 1);
    REQUIRE(credentials_parse(&copy) == 0);
    REQUIRE(*copy.user &&
            strcmp(credentials_get(&copy, "TCPREMOTEIP"), "192.0.2.9") == 0);
    REQUIRE(fake.input[fake.input_at - 1] == '\n');
    return ++asked == right ? LOGIN_ACCEPTED : LOGIN_DENIED;
}
enum login_result login_chain_run(char **program, const struct credentials *credentials,
                                  const char *peer, const char *method)
{
    (void)program;
    (void)credentials;
    (void)peer;
    (void)method;
    abort();
}

static void check_answers(const char *output, size_t len)
{
    size_t at = 0;

    while (at < len) {
        const char *line = output + at;
        const char *lf = memchr(line, '\n', len - at);
        size_t line_len;
        REQUIRE(lf && lf - line >= 1 && lf[-1] == '\r');
        line_len = (size_t)(lf - line) - 1;
        REQUIRE(line_len <= 510 && !fuzz_has_control(line, line_len));
        at += line_len + 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pop3_connection connection;
    struct authorization session = {.connection = &connection,
                                    .door = "door",
                                    .peer = "192.0.2.9",
                                    .may_be_plain = 1,
                                    .tries_left = 3,
                                    .fail_delay = 1};
    struct fuzz_input input = fuzz_open(data, size);
    unsigned pace = fuzz_byte(&input);

    right = fuzz_byte(&input) % 5;
    asked = 0;
    fake_begin(input.at, input.left);
    fake_choose(pace);
    connection.sent = connection.commands = 0;
    connection.command_max = 100;
    pop3_open(&connection, 1, 600);
    authorization_run(&session, "mail.local.example");
    REQUIRE(asked <= 3 && session.has_taken == (asked > 0 && asked == right));
    REQUIRE(!session.has_taken || fake.input[fake.input_at - 1] == '\n');
    line_reader_close(&connection.reader);
    check_answers(fake.output, fake.output_len);
    fake_end();
    return 0;
}

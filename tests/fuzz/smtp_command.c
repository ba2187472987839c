/* One command line of SMTP. What is right has a canonical address and parameters that
 * break no line of the queue file, of a report or of another command.
 * fuzz-options: -max_len=256 */
#include "../../smtpd/command.h"
#include "address.h"
#include "encode.h"
#include "fuzz.h"
#include "text.h"

static int is_printable(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (bytes[i] < ' ' || bytes[i] > '~') {
            return 0;
        }
    }
    return 1;
}

/* ENVID and ORCPT: printable as they stand, and decoded (CVE-2020-28021). */
static void check_xtext(const char *bytes, size_t len)
{
    static stralloc plain;

    if (len == 0) {
        return;
    }
    text_clear(&plain);
    REQUIRE(is_printable(bytes, len) && !memchr(bytes, ' ', len));
    if (xtext_decode(&plain, bytes, len) == 0) {
        REQUIRE(is_printable(plain.s, plain.len));
    }
}

static void check_path(const struct command *command)
{
    static stralloc again;
    unsigned flags = ADDRESS_MAY_BE_UTF8;
    const struct parameters *parameters = &command->parameters;

    flags |=
        command->verb == VERB_MAIL ? ADDRESS_MAY_BE_NULL : ADDRESS_MAY_BE_POSTMASTER;
    REQUIRE(address_parse(command->path.s, command->path.len, flags, &again) ==
            ADDRESS_OK);
    REQUIRE(strcmp(again.s, command->path.s) == 0);
    REQUIRE(command->verb == VERB_RCPT || !address_is_utf8(command->path.s) ||
            (parameters->flags & ENVELOPE_SMTPUTF8));
    REQUIRE(parameters->envid.len <= PARAMETER_ENVID_MAX);
    REQUIRE(!(parameters->notify & NOTIFY_NEVER) || parameters->notify == NOTIFY_NEVER);
    REQUIRE(command->verb == VERB_MAIL || parameters->envid.len == 0);
    REQUIRE(command->verb == VERB_RCPT || parameters->orcpt.len == 0);
    REQUIRE(parameters->orcpt.len <= ENVELOPE_ORCPT_MAX);
    check_xtext(parameters->envid.s, parameters->envid.len);
    check_xtext(parameters->orcpt.s, parameters->orcpt.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct command command;
    char *line = fuzz_string((const char *)data, size);

    command_parse(line, strlen(line), &command);
    REQUIRE(command.argument >= line &&
            command.argument_len == strlen(command.argument));
    REQUIRE(command_name(command.verb));
    if (command.fault == COMMAND_RIGHT) {
        REQUIRE(!fuzz_has_control(line, strcspn(line, "\t")));
        if (command.verb == VERB_MAIL || command.verb == VERB_RCPT) {
            check_path(&command);
        }
    }
    free(line);
    return 0;
}

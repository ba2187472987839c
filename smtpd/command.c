#include "command.h"

#include "address.h"
#include "text.h"

#include <limits.h>
#include <string.h>

/* What may follow the verb. */
enum shape { SHAPE_NOTHING, SHAPE_ANYTHING, SHAPE_SOMETHING, SHAPE_PATH, SHAPE_CHUNK };

static const struct {
    const char *name;
    enum verb verb;
    enum shape shape;
} verbs[] = {
    {"HELO", VERB_HELO, SHAPE_SOMETHING},
    {"EHLO", VERB_EHLO, SHAPE_SOMETHING},
    {"STARTTLS", VERB_STARTTLS, SHAPE_NOTHING},
    {"MAIL", VERB_MAIL, SHAPE_PATH},
    {"RCPT", VERB_RCPT, SHAPE_PATH},
    {"DATA", VERB_DATA, SHAPE_NOTHING},
    {"BDAT", VERB_BDAT, SHAPE_CHUNK},
    {"RSET", VERB_RSET, SHAPE_NOTHING},
    {"NOOP", VERB_NOOP, SHAPE_ANYTHING},
    {"QUIT", VERB_QUIT, SHAPE_NOTHING},
    {"VRFY", VERB_VRFY, SHAPE_SOMETHING},
    {"EXPN", VERB_EXPN, SHAPE_SOMETHING},
    {"HELP", VERB_HELP, SHAPE_ANYTHING},
    {"AUTH", VERB_AUTH, SHAPE_SOMETHING},
    {"TURN", VERB_UNIMPLEMENTED, SHAPE_ANYTHING},
    {"ATRN", VERB_UNIMPLEMENTED, SHAPE_ANYTHING},
    {"ETRN", VERB_UNIMPLEMENTED, SHAPE_ANYTHING},
    {"SEND", VERB_UNIMPLEMENTED, SHAPE_ANYTHING},
    {"SOML", VERB_UNIMPLEMENTED, SHAPE_ANYTHING},
    {"SAML", VERB_UNIMPLEMENTED, SHAPE_ANYTHING},
};
#define VERB_ROWS (sizeof verbs / sizeof *verbs)

const char *command_name(enum verb verb)
{
    size_t i;

    for (i = 0; i < VERB_ROWS && verb != VERB_UNIMPLEMENTED; i++) {
        if (verbs[i].verb == verb) {
            return verbs[i].name;
        }
    }
    return "command";
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Tabs are blanks to us; other control bytes have no place in a command. */
static int has_control(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if ((c < ' ' && c != '\t') || c == 127) {
            return 1;
        }
    }
    return 0;
}

static enum command_fault name_address_fault(enum address_result result)
{
    switch (result) {
    case ADDRESS_OK:
        return COMMAND_RIGHT;
    case ADDRESS_TOO_LONG:
        return COMMAND_PATH_LONG;
    case ADDRESS_NEEDS_UTF8:
        return COMMAND_NEEDS_UTF8;
    default:
        return COMMAND_PATH;
    }
}

static enum command_fault parse_parameters(const char *bytes, size_t len,
                                           struct command *out)
{
    enum parameter_place place =
        out->verb == VERB_MAIL ? PARAMETER_OF_MAIL : PARAMETER_OF_RCPT;

    switch (parameters_parse(place, bytes, len, &out->parameters)) {
    case PARAMETER_RIGHT:
        break;
    case PARAMETER_UNKNOWN:
        return COMMAND_PARAMETER_UNKNOWN;
    default:
        return COMMAND_PARAMETER;
    }
    if (out->verb == VERB_MAIL && address_is_utf8(out->path.s) &&
        !(out->parameters.flags & ENVELOPE_SMTPUTF8)) {
        return COMMAND_NEEDS_UTF8;
    }
    return COMMAND_RIGHT;
}

/* "FROM:<...>" or "TO:<...>", then parameters. Blanks after the colon are common
 * and do no harm. */
static enum command_fault parse_path(struct command *out)
{
    const char *word = out->verb == VERB_MAIL ? "FROM:" : "TO:";
    unsigned flags = ADDRESS_MAY_BE_UTF8;
    size_t at = strlen(word);
    const char *argument = out->argument;
    size_t len = out->argument_len;
    size_t used = 0;
    enum command_fault fault;

    if (len < at || !text_equal_nocase(argument, at, word, at)) {
        return COMMAND_SYNTAX;
    }
    while (is_blank(argument[at])) {
        at++;
    }
    if (argument[at] != '<') {
        return COMMAND_SYNTAX;
    }
    flags |= out->verb == VERB_MAIL ? ADDRESS_MAY_BE_NULL : ADDRESS_MAY_BE_POSTMASTER;
    fault = name_address_fault(
        address_parse_path(argument + at, len - at, flags, &out->path, &used));
    text_string(&out->path);
    if (fault != COMMAND_RIGHT) {
        return fault;
    }
    at += used;
    if (at < len && !is_blank(argument[at])) {
        return COMMAND_PATH;
    }
    return parse_parameters(argument + at, len - at, out);
}

/* "SIZE" or "SIZE LAST" (RFC 3030 section 2). */
static enum command_fault parse_chunk(struct command *out)
{
    const char *argument = out->argument;
    size_t digits = strcspn(argument, " \t");
    size_t at = digits;

    if (text_parse_number(argument, digits, LLONG_MAX, &out->chunk_size) < 0) {
        return COMMAND_CHUNK;
    }
    while (is_blank(argument[at])) {
        at++;
    }
    if (at < out->argument_len) {
        out->is_last_chunk = 1;
        if (!text_equal_nocase(argument + at, out->argument_len - at, "LAST", 4)) {
            return COMMAND_CHUNK;
        }
    }
    return COMMAND_RIGHT;
}

static enum command_fault parse_argument(enum shape shape, struct command *out)
{
    switch (shape) {
    case SHAPE_NOTHING:
        return out->argument_len > 0 ? COMMAND_HAS_ARGUMENT : COMMAND_RIGHT;
    case SHAPE_SOMETHING:
        return out->argument_len > 0 ? COMMAND_RIGHT : COMMAND_NO_ARGUMENT;
    case SHAPE_PATH:
        return parse_path(out);
    case SHAPE_CHUNK:
        return parse_chunk(out);
    default:
        return COMMAND_RIGHT;
    }
}

static void clear(struct command *command)
{
    command->verb = VERB_UNKNOWN;
    command->fault = COMMAND_RIGHT;
    text_clear(&command->path);
    parameters_clear(&command->parameters);
    command->chunk_size = 0;
    command->is_last_chunk = 0;
    command->is_utf8_asked = 0;
}

void command_parse(char *line, size_t len, struct command *out)
{
    enum shape shape = SHAPE_ANYTHING;
    size_t verb_len;
    size_t at;
    size_t i;

    clear(out);
    while (len > 0 && is_blank(line[len - 1])) {
        len--;
    }
    line[len] = 0;
    verb_len = strcspn(line, " \t");
    for (i = 0; i < VERB_ROWS; i++) {
        if (text_equal_nocase(line, verb_len, verbs[i].name, strlen(verbs[i].name))) {
            out->verb = verbs[i].verb;
            shape = verbs[i].shape;
            break;
        }
    }
    for (at = verb_len; is_blank(line[at]);) {
        at++;
    }
    out->argument = line + at;
    out->argument_len = len - at;
    if (has_control(line, len)) {
        out->fault = out->verb == VERB_BDAT ? COMMAND_CHUNK : COMMAND_NOT_SMTP;
    } else {
        out->fault = parse_argument(shape, out);
    }
}

void command_free(struct command *command)
{
    text_free(&command->path);
    parameters_free(&command->parameters);
    memset(command, 0, sizeof *command);
}

#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_number(const char *text, unsigned min, unsigned max, unsigned *number)
{
    unsigned long value;
    char *end;

    if (*text < '0' || *text > '9') {
        return -1;
    }
    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || *end || value < min || value > max) {
        return -1;
    }
    *number = (unsigned)value;
    return 0;
}

static int read_option(struct options *options, int letter)
{
    switch (letter) {
    case 'c':
        return read_number(optarg, 1, 100000, &options->connections);
    case 'C':
        return read_number(optarg, 1, 100000, &options->per_source);
    case '4':
        return read_number(optarg, 0, 32, &options->bits4);
    case '6':
        return read_number(optarg, 0, 128, &options->bits6);
    case 'b':
        return read_number(optarg, 1, 65535, &options->backlog);
    case 'B':
        options->busy = optarg;
        return 0;
    case 'r':
        options->ready_file = optarg;
        return 0;
    case 'n':
        options->name = optarg;
        return 0;
    case 'T':
        options->has_template = true;
        return 0;
    case 'v':
        options->is_verbose = true;
        return 0;
    default:
        return -1;
    }
}

/* What is left is `[ADDRESS ...] -- PROGRAM [ARGS...]`; getopt has eaten the `--`
 * already where there is no ADDRESS. */
static int read_rest(struct options *options, char **rest)
{
    options->addresses = rest;
    if (strcmp(rest[-1], "--") != 0) {
        while (*rest && strcmp(*rest, "--") != 0) {
            rest++;
        }
        options->addresses_len = (unsigned)(rest - options->addresses);
        if (!*rest) {
            return -1;
        }
        rest++;
    }
    options->program = rest;
    return *rest ? 0 : -1;
}

int options_read(struct options *options, int count, char **arguments)
{
    int letter;

    *options = (struct options){
        .connections = 1000,
        .per_source = 100,
        .bits4 = 32,
        .bits6 = 64,
        .backlog = 1024,
        .busy = "421 4.3.2 too many connections, try again later",
        .name = "qlisten",
    };
    opterr = 0;
    while ((letter = getopt(count, arguments, "+c:C:4:6:b:B:r:n:Tv")) != -1) {
        if (read_option(options, letter) < 0) {
            return -1;
        }
    }
    return read_rest(options, arguments + optind);
}

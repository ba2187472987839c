/* The command line of qlisten. */
#ifndef LISTEN_OPTIONS_H
#define LISTEN_OPTIONS_H

#include <stdbool.h>

struct options {
    unsigned connections; /* most in all */
    unsigned per_source;  /* most from one source */
    unsigned bits4;       /* prefix that makes a source */
    unsigned bits6;
    unsigned backlog;
    const char *busy; /* text for those turned away, without its line end */
    const char *ready_file;
    const char *name;
    bool is_verbose;
    bool has_template; /* PROGRAM forks its sessions itself (lib/template.h) */
    char **addresses;
    unsigned addresses_len;
    char **program;
};

/* Reads ARGUMENTS. Returns -1 where they are wrong. */
int options_read(struct options *options, int count, char **arguments);

#endif

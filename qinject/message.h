/* From standard input to the queue: the envelope, the completed header, the body. */
#ifndef QINJECT_MESSAGE_H
#define QINJECT_MESSAGE_H

#include "options.h"
#include "tables.h"

/* Exit codes of sysexits.h, which all names of qinject use. */
enum sysexit {
    SYSEXIT_OK = 0,
    SYSEXIT_USAGE = 64,
    SYSEXIT_DATA = 65,
    SYSEXIT_UNAVAILABLE = 69,
    SYSEXIT_SOFTWARE = 70,
    SYSEXIT_OS = 71,
    SYSEXIT_TEMPORARY = 75
};

/* Reads a message from fd 0 and submits it; prints what is wrong on standard error. */
enum sysexit message_submit(const struct options *options, const struct tables *tables);

#endif

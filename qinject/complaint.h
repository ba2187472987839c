/* How qinject tells its caller what went wrong: words on standard error, and an exit
 * code. */
#ifndef QINJECT_COMPLAINT_H
#define QINJECT_COMPLAINT_H

/* Exit codes of sysexits.h, which all names of qinject use. */
enum sysexit {
    SYSEXIT_OK = 0,
    SYSEXIT_USAGE = 64,
    SYSEXIT_DATA = 65,
    SYSEXIT_UNAVAILABLE = 69,
    SYSEXIT_OS = 71,
    SYSEXIT_TEMPORARY = 75
};

/* Prints one line, cut at 1000 bytes; control bytes, which may come from a message or
 * from qmqpd, become '?'. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

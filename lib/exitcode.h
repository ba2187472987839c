/* Exit codes of every program of pombo. The sendmail face of qinject maps them
 * to those of sysexits.h. */
#ifndef LIB_EXITCODE_H
#define LIB_EXITCODE_H

enum exitcode {
    EXITCODE_DONE = 0,
    EXITCODE_TIMEOUT = 99,        /* a peer or a wait took too long */
    EXITCODE_PERMANENT = 100,     /* trying again will not help; also: bad usage */
    EXITCODE_CANNOT_HAPPEN = 101, /* an invariant of ours is broken */
    EXITCODE_CONFIGURATION = 102, /* a fault in the configuration */
    EXITCODE_TEMPORARY = 111      /* out of memory, a full disk, a missing file ... */
};

#endif

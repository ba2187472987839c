/* Inside lib/sandbox: its parts. Each returns 0, or -1 where the kernel lacks it. */
#ifndef LIB_SANDBOX_PARTS_H
#define LIB_SANDBOX_PARTS_H

#include "sandbox.h"

/* System calls have numbers below it, on both architectures. */
#define SANDBOX_CALLS_MAX 512

enum sandbox_action {
    SANDBOX_ALLOW,
    SANDBOX_KILL,
    SANDBOX_NO_CALL,     /* ENOSYS */
    SANDBOX_NOT_ALLOWED, /* EPERM */
    SANDBOX_BY_FAMILY,   /* socket: allowed for the families of the flags */
    SANDBOX_SIBLING,     /* clone: allowed for a process of our parent's alone */
    SANDBOX_OWN_LIMITS   /* prlimit64: not of another process */
};

/* Sets what becomes of each system call under the FLAGS of enum sandbox_calls. */
void sandbox_list_calls(unsigned char actions[SANDBOX_CALLS_MAX], unsigned flags);

int sandbox_filter(unsigned flags);
/* On top of a filter with SANDBOX_TEMPLATE: without what that alone allows. */
int sandbox_filter_forks(void);
int sandbox_landlock(const struct sandbox *sandbox);

#endif

/* What tracer does to one process at the entry and the exit of its system calls. x86-64
 * alone. */
#ifndef CRASH_INJECTION_H
#define CRASH_INJECTION_H

#include <sys/types.h>
#include <sys/user.h>

/* Pseudo numbers of calls: a memory allocation, in programs linked with
 * failing_malloc.c, which tells of each by a read from this descriptor. */
#define CALL_MALLOC 1000
#define MALLOC_FD (-77)
/* The same for the beginning of main. */
#define CALL_MAIN 1001
#define MAIN_FD (-78)
/* Pseudo errors. */
#define ERROR_SHORT (-1)

struct injection {
    /* The plan; 0 and -1 (disk_left) where not wanted. */
    long fail_call, fail_nth, fail_error; /* the nth call of that number fails */
    long long disk_left; /* bytes that regular files may still grow by */

    /* What happened. */
    long long grown; /* bytes of disk_left that were used */
    long seen;       /* calls of the number so far */
    int was_hit;     /* the plan's failure has come */
    long hit_at;     /* the call that it came at, counted from 1 */
    long calls;      /* all calls so far */
    unsigned short *numbers;
    size_t room;

    /* The call under way. */
    int is_changed;
    long long result; /* forced at the exit where has_result */
    int has_result;
    struct user_regs_struct before;
};

void injection_at_entry(struct injection *injection, pid_t pid);
void injection_at_exit(struct injection *injection, pid_t pid);

#endif

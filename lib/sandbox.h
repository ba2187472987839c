/* The walls that a program closes itself in with, once, at its start: no new
 * privileges, limits of resources, Landlock, and a filter of system calls. Uses libc
 * and lib/log alone, because qlisten links it too; what each program gets stands in
 * lib/walls.c.
 *
 * There are two kinds of programs. One that starts others (qlisten, checkpw ...) hands
 * its walls on to them, whatever they are: it forbids only what no mail program needs
 * (loading modules, mounting, tracing others ...), with EPERM. All others allow a list
 * of calls: the rest gets ENOSYS, the answer of a kernel without the call, which libc
 * knows how to live with should it come to use a newer one; and for starting a program
 * and for what only an intruder would ask for the process is killed (SIGSYS). Calls of
 * another architecture are always killed. The kernel logs each denial where its audit
 * log is on.
 *
 * A kernel without one of the walls gives the others, and one line "walls" in the log
 * says what it lacks. All is off where POMBO_WALLS=off is in the environment (nothing
 * of pombo is set-id, so who sets it could run the program without walls anyway), and
 * under the sanitizers. */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include <stddef.h>

/* What may be called beside memory, time, signals to oneself, reading, writing and
 * waiting on open descriptors. */
enum sandbox_calls {
    SANDBOX_OPEN = 1,           /* open, list and look at files */
    SANDBOX_CHANGE = 2,         /* name, remove, sync and lock files */
    SANDBOX_TALK = 4,           /* calls on sockets that are open */
    SANDBOX_UNIX = 8,           /* connect to UNIX sockets */
    SANDBOX_INET = 16,          /* connect to IPv4 and IPv6 */
    SANDBOX_NETLINK = 32,       /* ask the kernel for the machine's addresses */
    SANDBOX_LOOP = 64,          /* epoll, inotify, signalfd; pairs of sockets */
    SANDBOX_SIGNAL = 128,       /* signals to other processes */
    SANDBOX_START_OTHERS = 256, /* the first kind of programs; no other flag counts */
    SANDBOX_SERVE = 512,        /* accept, fork, and closer walls for what was forked */
    SANDBOX_TEMPLATE = 1024,    /* fork siblings, until sandbox_give_up_forks */
    SANDBOX_SYNC_MANY = 2048    /* lib/sync_many.h */
};

/* Rights below a folder (or on one file). */
enum sandbox_rights {
    SANDBOX_READ = 1,
    SANDBOX_WRITE = 2, /* what is there, and the files and folders in it; and to read */
    SANDBOX_EXECUTE = 4
};

struct sandbox_folder {
    const char *path; /* one that is not there, or not for us, gives no right; where
                         another cannot be opened Landlock counts as lacking */
    unsigned rights;
};

#define SANDBOX_UNLIMITED (~0ULL)

struct sandbox {
    unsigned calls;
    unsigned long long memory;    /* bytes of private memory */
    unsigned long long files;     /* descriptors */
    unsigned long long file_size; /* bytes of a file that is written; where fd 1 or
                                     fd 2 is a plain file this limit is not set */
    const struct sandbox_folder *folders; /* NULL: Landlock is not used, and files are
                                             as the user's rights have it */
    size_t folder_count;
    int is_silent; /* no line in the log: for commands whose fd 2 a person reads */
};

/* Puts the walls up. The time zone is read before, as nobody could later. Never fails:
 * what can't be had is logged. */
void sandbox_enter(const struct sandbox *sandbox);

/* In what a process with SANDBOX_TEMPLATE has forked: takes back what that gave. */
void sandbox_give_up_forks(void);

/* For a program that starts others, and nothing else. Sets POMBO_WALLS in the
 * environment for starters among them. */
void sandbox_enter_as_starter(void);

#endif

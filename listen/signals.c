#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_SET_SIZE 8 /* bytes of a set of signals, as the kernel has it */

/* As libc's signal() would, but for the two that libc keeps for itself too: whoever
 * started us may have left those ignored. The kernel's struct is all zero for SIG_DFL.
 */
static void reset_all(void)
{
    static const unsigned long standard[8];
    int number;

    for (number = 1; number < NSIG; number++) {
        /* Fails for KILL and STOP, which can't be changed. */
        syscall(SYS_rt_sigaction, number, standard, NULL, KERNEL_SET_SIZE);
    }
}

int signals_open(void)
{
    sigset_t set;

    reset_all();
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

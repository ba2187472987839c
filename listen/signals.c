#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>

int signals_open(void)
{
    sigset_t set;
    int number;

    for (number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL); /* fails for some, which can't be changed */
    }
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

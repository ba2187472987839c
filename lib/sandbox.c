#include "sandbox.h"

#include "log.h"
#include "sandbox_parts.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Linux 6.3; headers may be older. */
#define MEMORY_NEVER_WRITTEN_AND_RUN 65 /* PR_SET_MDWE */
#define REFUSE_EXEC_GAIN 1

/* What a starter tells the starters among those that it starts: its walls, which they
 * have from it, are the same as theirs, and the kernel need not compile them again. */
#define VARIABLE "POMBO_WALLS"
#define OF_STARTER "starter"

static int is_set(const char *value)
{
    const char *text = getenv(VARIABLE);

    return text && strcmp(text, value) == 0;
}

static int is_off(const struct sandbox *sandbox)
{
#ifdef POMBO_NO_WALLS
    const int has_none = 1;
#else
    const int has_none = 0;
#endif
    return has_none || is_set("off") ||
           (sandbox->calls & SANDBOX_START_OTHERS && is_set(OF_STARTER));
}

/* Lowers both limits; one that is lower already stays, or comes back: who may not raise
 * it gets an error at once. In one call where it was higher, as it mostly is. */
static void set_limit(int resource, unsigned long long most)
{
    struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    struct rlimit old;

    if (most == SANDBOX_UNLIMITED || prlimit(0, resource, &limit, &old) < 0 ||
        old.rlim_cur >= most) {
        return;
    }
    limit.rlim_cur = old.rlim_cur;
    limit.rlim_max = old.rlim_max < most ? old.rlim_max : most;
    setrlimit(resource, &limit);
}

/* 1 where the answers (1) or the log (2) go to a plain file, which may be large
 * already. */
static int is_output_a_file(void)
{
    struct stat status;
    int fd;

    for (fd = 1; fd <= 2; fd++) {
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
            return 1;
        }
    }
    return 0;
}

static void set_limits(const struct sandbox *sandbox)
{
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_DATA, sandbox->memory);
    set_limit(RLIMIT_NOFILE, sandbox->files);
    if (sandbox->calls & SANDBOX_START_OTHERS) {
        return; /* the others may have to write more, and have more processes */
    }
    if (!(sandbox->calls & (SANDBOX_SERVE | SANDBOX_TEMPLATE))) {
        set_limit(RLIMIT_NPROC, 0);
    }
    if (sandbox->file_size != SANDBOX_UNLIMITED && !is_output_a_file()) {
        signal(SIGXFSZ, SIG_IGN); /* a write fails with EFBIG instead */
        set_limit(RLIMIT_FSIZE, sandbox->file_size);
    }
}

static void tell_lack(const char *walls)
{
    log_event(LOG_LEVEL_WARNING, "walls", "lacking", walls, (char *)0);
}

/* 1 where all walls are up. */
static int enter(const struct sandbox *sandbox)
{
    int has_landlock = 1;
    int has_filter;

    if (is_off(sandbox)) {
        return 0;
    }
    tzset();
    set_limits(sandbox);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!(sandbox->calls & SANDBOX_START_OTHERS)) {
        prctl(MEMORY_NEVER_WRITTEN_AND_RUN, REFUSE_EXEC_GAIN, 0, 0, 0);
    }
    if (sandbox->folders) {
        has_landlock = sandbox_landlock(sandbox) == 0;
    }
    has_filter = sandbox_filter(sandbox->calls) == 0;
    if (has_landlock && has_filter) {
        return 1;
    }
    if (!sandbox->is_silent) {
        tell_lack(has_landlock ? "seccomp"
                  : has_filter ? "landlock"
                               : "landlock,seccomp");
    }
    return 0;
}

void sandbox_enter(const struct sandbox *sandbox)
{
    (void)enter(sandbox);
}

/* The limit of processes is none for root, who gets another filter: 27 microseconds
 * that others save. */
void sandbox_give_up_forks(void)
{
    static const struct sandbox session = {.calls = 0};

    if (is_off(&session)) {
        return;
    }
    set_limit(RLIMIT_NPROC, 0);
    if (geteuid() == 0) {
        (void)sandbox_filter_forks(); /* its lack was told when the walls went up */
    }
}

void sandbox_enter_as_starter(void)
{
    static const struct sandbox starter = {.calls = SANDBOX_START_OTHERS,
                                           .memory = 8ULL << 30,
                                           .files = SANDBOX_UNLIMITED,
                                           .file_size = SANDBOX_UNLIMITED};

    if (enter(&starter)) {
        (void)setenv(VARIABLE, OF_STARTER,
                     1); /* without it they are put up once more */
    }
}

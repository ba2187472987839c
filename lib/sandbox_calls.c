/* Which system calls belong to which flag. Lists hold what glibc may use for a purpose,
 * not only what it uses today: openat beside open, newfstatat beside fstat. */
#include "sandbox_parts.h"

#include <string.h>
#include <sys/syscall.h>

/* Younger than some headers; the same on all architectures. */
enum {
    IO_URING_SETUP = 425,
    IO_URING_ENTER = 426,
    IO_URING_REGISTER = 427,
    OPEN_TREE = 428,
    MOVE_MOUNT = 429,
    FSOPEN = 430,
    FSCONFIG = 431,
    FSMOUNT = 432,
    FSPICK = 433,
    PIDFD_GETFD = 438,
    FACCESSAT2 = 439,
    PROCESS_MADVISE = 440,
    MOUNT_SETATTR = 442,
    LANDLOCK_CREATE_RULESET = 444,
    LANDLOCK_ADD_RULE = 445,
    LANDLOCK_RESTRICT_SELF = 446,
    MEMFD_SECRET = 447,
    FCHMODAT2 = 452
};

/* clang-format off */
static const unsigned short always[] = {
    /* descriptors */
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv,
    SYS_pwritev, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_fcntl,
    SYS_dup, SYS_dup3, SYS_ppoll, SYS_pselect6, SYS_close_range,
    /* memory */
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise,
    /* signals to oneself, time, and who one is */
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,
    SYS_restart_syscall, SYS_tgkill, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid,
    SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_clock_gettime,
    SYS_clock_getres, SYS_clock_nanosleep, SYS_gettimeofday, SYS_nanosleep, SYS_uname,
    SYS_sysinfo, SYS_getrandom, SYS_getrusage, SYS_getrlimit, SYS_sched_getaffinity,
    SYS_sched_yield, SYS_futex, SYS_exit, SYS_exit_group, SYS_getcwd, SYS_umask,
#ifdef __x86_64__
    SYS_stat, SYS_lstat, SYS_dup2, SYS_poll, SYS_select, SYS_time,
#endif
};

static const unsigned short opening[] = {
    SYS_openat, SYS_faccessat, FACCESSAT2, SYS_readlinkat, SYS_getdents64, SYS_statfs,
    SYS_fstatfs, SYS_chdir, SYS_fchdir, SYS_fadvise64, SYS_readahead,
#ifdef __x86_64__
    SYS_open, SYS_access, SYS_readlink,
#endif
};

static const unsigned short changing[] = {
    SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_mkdirat, SYS_fsync,
    SYS_fdatasync, SYS_sync_file_range, SYS_syncfs, SYS_ftruncate, SYS_fallocate,
    SYS_fchmod, SYS_fchmodat, FCHMODAT2, SYS_fchown, SYS_utimensat, SYS_flock,
    SYS_copy_file_range, SYS_sendfile, SYS_memfd_create,
#ifdef __x86_64__
    SYS_rename, SYS_link, SYS_unlink, SYS_mkdir, SYS_rmdir, SYS_chmod,
#endif
};

static const unsigned short talking[] = {
    SYS_recvfrom, SYS_sendto, SYS_recvmsg, SYS_sendmsg, SYS_recvmmsg, SYS_sendmmsg,
    SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,
};

static const unsigned short connecting[] = {SYS_connect};
static const unsigned short asking[] = {SYS_bind};

static const unsigned short looping[] = {
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_inotify_init1,
    SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_signalfd4, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_socketpair,
#ifdef __x86_64__
    SYS_epoll_wait,
#endif
};

static const unsigned short signalling[] = {SYS_kill};

/* lib/sync_many.h */
static const unsigned short syncing[] = {SYS_io_setup, SYS_io_submit, SYS_io_getevents};

static const unsigned short starting[] = {
    SYS_execve, SYS_execveat, SYS_clone, SYS_clone3,
#ifdef __x86_64__
    SYS_fork, SYS_vfork,
#endif
};

/* The filter of a child comes on top of its parent's. kill: Landlock keeps it to what
 * was forked. */
static const unsigned short serving[] = {
    SYS_accept4, SYS_clone, SYS_wait4, SYS_kill, SYS_signalfd4, SYS_prctl, SYS_seccomp,
    SYS_prlimit64, LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF,
};

/* Nothing that handles mail needs them; they are what breaks out, spies on other
 * processes, or reaches parts of the kernel where holes have been found. */
static const unsigned short dangerous[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, PROCESS_MADVISE, PIDFD_GETFD,
    SYS_kcmp, SYS_mount, SYS_umount2, SYS_pivot_root, OPEN_TREE, MOVE_MOUNT, FSOPEN,
    FSCONFIG, FSMOUNT, FSPICK, MOUNT_SETATTR, SYS_unshare, SYS_setns, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl,
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_settimeofday, SYS_clock_settime,
    SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_quotactl,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_syslog, SYS_vhangup, SYS_fanotify_init,
    SYS_mbind, SYS_set_mempolicy, SYS_migrate_pages, SYS_move_pages, SYS_lookup_dcookie,
    SYS_nfsservctl, IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER, MEMFD_SECRET,
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs, SYS__sysctl,
    SYS_create_module, SYS_get_kernel_syms, SYS_query_module,
#endif
};
/* clang-format on */

struct list {
    unsigned flags; /* any of them */
    const unsigned short *calls;
    size_t count;
};

#define LIST(flags, calls)                                                             \
    {                                                                                  \
        flags, calls, sizeof(calls) / sizeof *(calls)                                  \
    }

static const struct list groups[] = {
    LIST(SANDBOX_OPEN, opening),
    LIST(SANDBOX_CHANGE, changing),
    LIST(SANDBOX_TALK | SANDBOX_UNIX | SANDBOX_INET | SANDBOX_NETLINK, talking),
    LIST(SANDBOX_UNIX | SANDBOX_INET, connecting),
    LIST(SANDBOX_NETLINK, asking),
    LIST(SANDBOX_LOOP, looping),
    LIST(SANDBOX_SIGNAL, signalling),
    LIST(SANDBOX_SYNC_MANY, syncing),
};

static void set(unsigned char *actions, const unsigned short *calls, size_t count,
                enum sandbox_action action)
{
    size_t i;

    for (i = 0; i < count; i++) {
        actions[calls[i]] = (unsigned char)action;
    }
}

static void set_list(unsigned char *actions, const struct list *list,
                     enum sandbox_action action)
{
    set(actions, list->calls, list->count, action);
}

void sandbox_list_calls(unsigned char actions[SANDBOX_CALLS_MAX], unsigned flags)
{
    static const struct list kept = LIST(0, always);
    static const struct list starts = LIST(0, starting);
    static const struct list serves = LIST(0, serving);
    static const struct list dangers = LIST(0, dangerous);
    size_t i;

    if (flags & SANDBOX_START_OTHERS) {
        memset(actions, SANDBOX_ALLOW, SANDBOX_CALLS_MAX);
        set_list(actions, &dangers, SANDBOX_NOT_ALLOWED);
        return;
    }
    memset(actions, SANDBOX_NO_CALL, SANDBOX_CALLS_MAX);
    set_list(actions, &kept, SANDBOX_ALLOW);
    for (i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (groups[i].flags & flags) {
            set_list(actions, groups + i, SANDBOX_ALLOW);
        }
    }
    if (flags & (SANDBOX_UNIX | SANDBOX_INET | SANDBOX_NETLINK)) {
        actions[SYS_socket] = SANDBOX_BY_FAMILY;
    }
    set_list(actions, &starts, SANDBOX_KILL);
    set_list(actions, &dangers, SANDBOX_KILL);
    if (flags & SANDBOX_TEMPLATE) {
        actions[SYS_clone] = SANDBOX_SIBLING;
        actions[SYS_prlimit64] = SANDBOX_OWN_LIMITS;
        actions[SYS_seccomp] = SANDBOX_ALLOW; /* it only takes away */
    }
    if (flags & SANDBOX_SERVE) {
        set_list(actions, &serves, SANDBOX_ALLOW);
        actions[SYS_clone3] = SANDBOX_NO_CALL; /* libc falls back on clone */
    }
}

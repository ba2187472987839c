"""Which calls are let fail, and how: x86-64 numbers and the errors that each may give."""
import errno as e

SHORT = -1  # as injection.h has it: half of the bytes are moved

DISK = (e.ENOSPC, e.EDQUOT, e.EIO)
FILES = (e.EMFILE, e.ENFILE)
MEMORY = (e.ENOMEM,)
TABLE = {
    # number: name, errors
    0: ("read", (e.EIO, SHORT, e.EINTR)),
    1: ("write", (*DISK, SHORT, e.EINTR)),
    2: ("open", (*FILES, e.ENOSPC, e.EIO, e.ENOMEM)),
    3: ("close", (e.EIO,)),
    4: ("stat", (e.EIO,)),
    5: ("fstat", (e.EIO,)),
    7: ("poll", (e.EINTR, e.ENOMEM)),
    8: ("lseek", (e.EIO,)),
    9: ("mmap", MEMORY),
    10: ("mprotect", MEMORY),
    12: ("brk", MEMORY),
    13: ("rt_sigaction", (e.EINVAL,)),
    16: ("ioctl", (e.EIO,)),
    17: ("pread64", (e.EIO, SHORT, e.EINTR)),
    18: ("pwrite64", (*DISK, SHORT)),
    20: ("writev", (*DISK, SHORT)),
    21: ("access", (e.EIO,)),
    22: ("pipe", FILES),
    25: ("mremap", MEMORY),
    32: ("dup", (e.EMFILE,)),
    33: ("dup2", (e.EMFILE,)),
    41: ("socket", (*FILES, e.ENOBUFS)),
    42: ("connect", (e.ECONNREFUSED, e.ETIMEDOUT, e.ENETUNREACH)),
    43: ("accept", (*FILES, e.ECONNABORTED, e.ENOMEM)),
    44: ("sendto", (e.ENOBUFS, e.EPIPE)),
    45: ("recvfrom", (e.ECONNRESET, e.ENOMEM)),
    46: ("sendmsg", (e.ENOBUFS, e.EPIPE, e.ENOMEM, e.ETOOMANYREFS)),
    47: ("recvmsg", (e.ECONNRESET, e.ENOMEM)),
    48: ("shutdown", (e.ENOTCONN,)),
    49: ("bind", (e.EADDRINUSE,)),
    50: ("listen", (e.EADDRINUSE,)),
    51: ("getsockname", (e.ENOBUFS,)),
    52: ("getpeername", (e.ENOTCONN,)),
    53: ("socketpair", (*FILES, e.ENOBUFS)),
    54: ("setsockopt", (e.ENOBUFS,)),
    55: ("getsockopt", (e.ENOBUFS,)),
    56: ("clone", (e.EAGAIN, e.ENOMEM)),
    57: ("fork", (e.EAGAIN, e.ENOMEM)),
    58: ("vfork", (e.EAGAIN, e.ENOMEM)),
    59: ("execve", (e.ENOMEM, e.EIO, e.ENFILE)),
    61: ("wait4", (e.EINTR,)),
    72: ("fcntl", (e.ENOLCK, e.EMFILE)),
    73: ("flock", (e.EINTR, e.ENOLCK)),
    74: ("fsync", (e.EIO, e.ENOSPC)),
    75: ("fdatasync", (e.EIO, e.ENOSPC)),
    77: ("ftruncate", (e.EIO,)),
    79: ("getcwd", (e.ENOMEM,)),
    80: ("chdir", (e.EIO,)),
    82: ("rename", DISK),
    83: ("mkdir", DISK),
    84: ("rmdir", (e.EIO,)),
    85: ("creat", DISK),
    86: ("link", (*DISK, e.EMLINK)),
    87: ("unlink", (e.EIO,)),
    88: ("symlink", DISK),
    89: ("readlink", (e.EIO,)),
    90: ("chmod", (e.EIO,)),
    91: ("fchmod", (e.EIO,)),
    92: ("chown", (e.EIO,)),
    93: ("fchown", (e.EIO,)),
    132: ("utime", (e.EIO,)),
    137: ("statfs", (e.EIO,)),
    138: ("fstatfs", (e.EIO,)),
    206: ("io_setup", (e.EAGAIN, e.ENOSYS)),
    208: ("io_getevents", (e.EINTR, e.EIO)),
    209: ("io_submit", (e.EAGAIN, e.EIO)),
    217: ("getdents64", (e.EIO,)),
    230: ("clock_nanosleep", (e.EINTR,)),
    232: ("epoll_wait", (e.EINTR,)),
    233: ("epoll_ctl", (e.ENOMEM, e.ENOSPC)),
    254: ("inotify_add_watch", (e.ENOSPC, e.ENOMEM)),
    257: ("openat", (*FILES, e.ENOSPC, e.EIO, e.ENOMEM)),
    258: ("mkdirat", DISK),
    262: ("newfstatat", (e.EIO,)),
    263: ("unlinkat", (e.EIO,)),
    264: ("renameat", DISK),
    265: ("linkat", (*DISK, e.EMLINK)),
    267: ("readlinkat", (e.EIO,)),
    269: ("faccessat", (e.EIO,)),
    271: ("ppoll", (e.EINTR,)),
    280: ("utimensat", (e.EIO,)),
    281: ("epoll_pwait", (e.EINTR,)),
    288: ("accept4", (*FILES, e.ECONNABORTED, e.ENOMEM)),
    289: ("signalfd4", FILES),
    290: ("eventfd2", FILES),
    291: ("epoll_create1", FILES),
    292: ("dup3", (e.EMFILE,)),
    293: ("pipe2", FILES),
    294: ("inotify_init1", FILES),
    302: ("prlimit64", (e.EPERM,)),
    316: ("renameat2", DISK),
    318: ("getrandom", (e.EAGAIN, e.EINTR)),
    319: ("memfd_create", (*FILES, e.ENOMEM)),
    332: ("statx", (e.EIO,)),
    334: ("rseq", (e.EINVAL,)),
    435: ("clone3", (e.EAGAIN, e.ENOMEM)),
    436: ("close_range", (e.EMFILE,)),
    439: ("faccessat2", (e.EIO,)),
    1000: ("malloc", MEMORY),
}
SYNCS = (74, 75)
TEMPORARY = 111  # lib/exitcode.h
OF_MEMORY = (9, 10, 11, 12, 25)
MAIN = 1001  # as injection.h has it
# Where that is not known: these may follow libc's rseq before main is called.
RSEQ = 334
STARTING = (9, 10, 11, 12, 89, 267, 302, 318, 1000)


def name_of(number):
    return TABLE[number][0] if number in TABLE else str(number)


def error_name(error):
    return "SHORT" if error == SHORT else e.errorcode[error]


def plan(numbers, is_sanitized):
    """(number, nth, error) of every failure of a run with these calls. A sanitizer's own
    calls are left out: it ends the program where one fails."""
    points, counts = [], {}
    begin = numbers.index(MAIN) if is_sanitized and MAIN in numbers else 0
    for at, number in enumerate(numbers):
        counts[number] = counts.get(number, 0) + 1
        if at >= begin and number in TABLE and not (is_sanitized and number in OF_MEMORY):
            points += [(number, counts[number], error) for error in TABLE[number][1]]
    return points


def is_start(report):
    """Whether the call that failed came before main: what libc does about it is to end the
    process."""
    numbers = [int(n) for n in report["numbers"].split()]
    if MAIN in numbers:
        return int(report["hit"]) <= numbers.index(MAIN)
    after = numbers.index(RSEQ) + 1 if RSEQ in numbers else len(numbers)
    while after < len(numbers) and numbers[after] in STARTING:
        after += 1
    return int(report["hit"]) <= after


def crash_faults(report):
    """A program that is ended by a signal, but for libc's own start."""
    if report["end"].startswith("signal") and not is_start(report):
        return [f"it crashed: {report['end']}"]
    return []


def command_faults(code, report, point):
    """What must not be where one call of a command failed, which ended with CODE."""
    faults = []
    if code not in (0, TEMPORARY) and code >= 0 and not is_start(report):
        faults.append(f"exit code {code} is no temporary one")
    if point[0] in SYNCS and code == 0:
        faults.append("done in spite of a sync that failed")
    return faults + crash_faults(report)

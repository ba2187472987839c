#include "paths.h"

#include "text.h"

#include <stdlib.h>

static const char *const under_dir[] = {[PATH_ETC] = "/etc",
                                        [PATH_QUEUE] = "/queue",
                                        [PATH_MAIL] = "/mail",
                                        [PATH_RUN] = "/run",
                                        [PATH_STS] = "/sts"};
static const char *const on_server[] = {[PATH_ETC] = "/etc/pombo",
                                        [PATH_QUEUE] = "/var/spool/pombo",
                                        [PATH_MAIL] = "/var/lib/pombo/mail",
                                        [PATH_RUN] = "/run/pombo",
                                        [PATH_STS] = "/var/lib/pombo/sts"};

const char *path_make(stralloc *out, enum path_root root, const char *name)
{
    const char *dir = getenv("POMBO_DIR");

    if (dir && *dir) {
        text_set_string(out, dir);
        text_add_string(out, under_dir[root]);
    } else {
        text_set_string(out, on_server[root]);
    }
    if (*name) {
        text_add_byte(out, '/');
        text_add_string(out, name);
    }
    return text_string(out);
}

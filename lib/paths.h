/* Where things lie. With POMBO_DIR in the environment: $POMBO_DIR/etc, queue,
 * mail, run, sts. Without: /etc/pombo, /var/spool/pombo, /var/lib/pombo/mail,
 * /run/pombo, /var/lib/pombo/sts. */
#ifndef LIB_PATHS_H
#define LIB_PATHS_H

#include <skalibs/stralloc.h>

enum path_root { PATH_ETC, PATH_QUEUE, PATH_MAIL, PATH_RUN, PATH_STS };

/* Sets OUT to ROOT/NAME (ROOT alone for an empty NAME), NUL-terminated; returns
 * OUT's bytes. */
const char *path_make(stralloc *out, enum path_root root, const char *name);

#endif

/* The pairs below etc/tls that are not taken, so that each is told of once, and those
 * who ask can be told. */
#ifndef TLS_REFUSED_H
#define TLS_REFUSED_H

#include "certificate.h"

struct refused_pair {
    char *name;
    char *why;
    struct certificate_stamp stamp;
};

/* The zero constant is an empty one. */
struct refused {
    struct refused_pair *list;
    size_t count;
};

/* Notes that the pair NAME is not taken, and WHY. Whether that is news: another state
 * of its files was noted, or none. */
int refused_note(struct refused *refused, const char *name,
                 const struct certificate_stamp *stamp, const char *why);
/* Nothing happens where there is no NAME. */
void refused_forget(struct refused *refused, const char *name);
/* It can be used again. */
void refused_clear(struct refused *refused);

#endif

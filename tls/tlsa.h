/* TLSA records as text: four words each, usage, selector, matching type and data in
 * hexadecimal (qsend/dane.h). */
#ifndef TLS_TLSA_H
#define TLS_TLSA_H

#include <stddef.h>
#include <stdint.h>

#define TLSA_DATA_MAX 4096 /* qmx's field for all has less */

struct tlsa {
    uint8_t usage, selector, matching;
    unsigned char data[TLSA_DATA_MAX];
    size_t len;
};

/* Takes the next record off *WORDS, which is written to, and NULL after the last. 0, or
 * -1 where there is none as it should be. Pure. */
int tlsa_next(char **words, struct tlsa *out);

#endif

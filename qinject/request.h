/* What a QMQP client asks for, as qmqpd reads it: hostile input. */
#ifndef QINJECT_REQUEST_H
#define QINJECT_REQUEST_H

#include "linereader.h"
#include "queuefile.h"
#include "tables.h"

struct request {
    struct line_reader reader;
    clock_ms deadline;           /* of the whole session */
    const struct tables *tables; /* for size_limit and recipients_limit */
    int spool;                   /* gets the message */
    struct envelope *envelope;   /* gets sender, recipients and flags */
    unsigned long long left;     /* of the outer netstring */
    int has_8bit;                /* the message has bytes over 127 */
};

/* What is to be answered: 'K', 'Z' or 'D' and a text (static); or nothing, as the
 * client is gone. */
struct verdict {
    char letter; /* 0: gone */
    const char *text;
};

/* Reads the whole of the client's netstring. 'K' (no text yet): all of it came, and all
 * of it is right. */
struct verdict request_take(struct request *request);

#endif

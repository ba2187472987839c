/* The envelope of the message being submitted: from the command line, the header and
 * the caller. */
#ifndef QINJECT_ADDRESSING_H
#define QINJECT_ADDRESSING_H

#include "complaint.h"
#include "draft.h"
#include "options.h"
#include "queuefile.h"
#include "tables.h"

/* Sets OUT to the canonical address, with default_domain where it has none. 0, or -1
 * where TEXT is no address. */
int addressing_complete(const struct tables *tables, const char *text, size_t len,
                        stralloc *out);

/* Fills ENVELOPE. SYSEXIT_OK, or what was complained of: DATA a wrong address, USAGE no
 * recipient, UNAVAILABLE more than recipients_limit. */
enum sysexit addressing_fill(struct envelope *envelope, const struct options *options,
                             const struct tables *tables, const struct draft *draft);

#endif

/* What is done with the policies that are kept without anybody's asking: they are
 * fetched anew before they lapse (RFC 8461 section 3.3 and 10.2), and what is left of
 * old ones is removed. */
#ifndef STS_SWEEP_H
#define STS_SWEEP_H

#include "update.h"

/* So long after a policy was last asked for it is still fetched anew. */
#define STS_USED_SECONDS (30 * 86400)

/* Goes through the folder once. */
void sweep_run(const struct update_settings *settings);

#endif

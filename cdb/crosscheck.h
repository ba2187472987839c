/* What only shows when the tables stand together, asked of the compiled tables with the
 * very code that smtpd and qsend use. */
#ifndef CDB_CROSSCHECK_H
#define CDB_CROSSCHECK_H

#include "source.h"
#include "tables.h"

/* Reports targets of aliases that are unknown users of local domains, aliases that
 * lead round in a circle, and a setting postmaster that names nobody. */
void crosscheck_tables(struct source *source, const struct tables *tables);

#endif

/* The signals of qlisten, read from a descriptor. */
#ifndef LISTEN_SIGNALS_H
#define LISTEN_SIGNALS_H

/* Makes every disposition the default, which the children take over, blocks SIGCHLD,
 * SIGTERM, SIGINT and SIGHUP, and returns a non-blocking signalfd for these, or -1
 * with errno. */
int signals_open(void);

#endif

/* Capabilities: what a launcher gives a program instead of running it as root. */
#ifndef LIB_CAPABILITIES_H
#define LIB_CAPABILITIES_H

/* 1 where the launcher has given us CAPABILITY (CAP_SETUID ...) as an ambient one. */
int capabilities_given(unsigned long capability);

/* Drops all capabilities for good, the ambient ones too, which would otherwise go on to
 * what is started next. 0, or -1 with errno. */
int capabilities_drop(void);

#endif

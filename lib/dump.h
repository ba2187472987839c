/* What the kernel shows of a process's memory. */
#ifndef LIB_DUMP_H
#define LIB_DUMP_H

/* For programs through which passwords or keys go: no core, and no look at the memory
 * by others of the same user. The limit of the walls does not do for that: the kernel
 * passes it over where core_pattern is a pipe (core(5)). To be called before the walls
 * go up; children have it too, until they start a program. A change of the user or
 * group takes it back: call again. */
void dump_forbid(void);

#endif

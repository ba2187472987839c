/* Names of files in the queue: RANDOM_NAME_LEN letters a-z and digits 2-7; derived
 * messages add "." KIND INDEX, once for each generation. */
#ifndef QSEND_QUEUENAME_H
#define QSEND_QUEUENAME_H

/* 1 where NAME is such a name and fits QUEUE_NAME_SIZE. */
int queuename_is_valid(const char *name);
/* 1 where a valid NAME is that of a derived message. */
int queuename_is_derived(const char *name);

#endif

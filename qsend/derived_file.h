/* What bounces and forwards share: the steps with which a derived message comes into
 * the queue, and marks its parent (doc/INTERNALS, "Derived messages"). */
#ifndef QSEND_DERIVED_FILE_H
#define QSEND_DERIVED_FILE_H

#include "notify_job.h"

/* Names the parent, the kind and all of the job's recipients in a new envelope. */
void derived_set_parent(struct envelope *envelope, const struct notify_job *job,
                        char kind);
/* queue_begin; a name of too many generations becomes a random one: then a crash before
 * the parent is marked can make a second copy. */
int derived_begin(struct queue_writer *writer, struct envelope *envelope);
/* Copies the message, checked by its CRC. 0, or -1 with errno. */
int derived_copy_body(int fd, const struct queue_file *file,
                      struct queue_writer *writer);
/* Marks all of the job's recipients with STATE and syncs. 0, or -1 with errno. */
int derived_mark(struct notify_job *job, char state);
/* After the commit of NAME: marks and sets the results to K, or to Z. */
void derived_finish(struct notify_job *job, const char *name, char state);
/* NAME is in new/ already, from a run that died: marks what that file covers; the
 * other recipients get Z. So do all where the file is not one of our own: names in
 * new/ can be made by whoever may submit. */
void derived_adopt(struct notify_job *job, const char *name, char state);

#endif

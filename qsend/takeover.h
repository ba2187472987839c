/* Taking one message over: all in new/ is hostile until it has been looked at. What
 * is no message goes to corrupt/ with a line in the log, and stops nothing. */
#ifndef QSEND_TAKEOVER_H
#define QSEND_TAKEOVER_H

struct scheduler;

enum takeover_result {
    TAKEOVER_DONE,    /* its attempt has begun */
    TAKEOVER_SKIPPED, /* it stays, was set aside, or is not there any more */
    TAKEOVER_LATER,   /* an error of the system: it stays where it is */
    TAKEOVER_PAUSE    /* descriptors or memory are short: try later */
};

/* Moves new/NAME to cur/ and starts its attempt. A derived message must have been
 * reported, or be settled by takeover's own doing (derived.h). */
enum takeover_result takeover_new(struct scheduler *scheduler, const char *name,
                                  int is_reported);
/* Starts another attempt of cur/NAME. */
enum takeover_result takeover_old(struct scheduler *scheduler, const char *name);
/* Moves FOLDER/NAME to corrupt/, for the reason WHY. */
void takeover_set_aside(const char *folder, const char *name, const char *why);

#endif

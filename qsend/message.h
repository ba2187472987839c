/* A message under way, in memory from takeover to the end of the attempt, and the
 * set of them all. Its file lies in cur/ all that time; no descriptor stays open. */
#ifndef QSEND_MESSAGE_H
#define QSEND_MESSAGE_H

#include "hash.h"
#include "queuefile.h"

/* Most messages and recipients in memory at once. One message goes in alone
 * whatever its size. */
#define ACTIVE_MAX 10000
#define ACTIVE_RECIPIENTS_MAX 100000

/* What this attempt has brought for one recipient. */
struct outcome {
    char status;          /* 0: nothing yet; K, R, Z or D as in a result packet, or L */
    unsigned char is_new; /* its state is not yet written to the file */
    char *detail;         /* NULL, or ENHANCED NUL HOST NUL TEXT NUL */
};

struct message {
    struct message *next; /* in its bucket */
    char name[QUEUE_NAME_SIZE];
    struct queue_file file;
    struct outcome *outcomes;    /* one for each recipient */
    size_t references;           /* jobs and look-ups that still need it */
    time_t not_before;           /* the end of a destination's back-off; 0: none */
    time_t parked_until;         /* a destination has too much waiting; 0: none has */
    unsigned char is_tls_report; /* one of qtlsreport's */
    unsigned char is_old;        /* came from the wheel or was in cur/ at the start */
    unsigned char is_notifying;
    unsigned char has_new_states;
    unsigned char is_damaged; /* a worker found that its text is not what was queued */
};

struct active {
    struct message *buckets[HASH_SIZE];
    size_t count, recipient_count;
    size_t old_count, old_recipient_count; /* of these, the old ones */
};

/* Takes FILE over (and leaves {0} there) and adds the message to the set. */
struct message *message_add(struct active *active, const char *name,
                            struct queue_file *file, int is_old);
void message_remove(struct active *active, struct message *message);
struct message *message_find(const struct active *active, const char *name);
/* 1 where one more may be taken; old ones never take more than half of the room. */
int active_has_room(const struct active *active);
int active_has_room_for_old(const struct active *active);
/* How full it is. */
unsigned active_percent(const struct active *active);

struct envelope_recipient *message_recipient(struct message *message, size_t index);
/* 1 where the recipient's state is one that is still to be delivered. */
int message_is_todo(struct message *message, size_t index);
/* 1 where nothing is owed to any recipient any more. */
int message_is_settled(const struct message *message);
/* Sets a recipient's state in memory; message_write_states writes it later. */
void message_set_state(struct message *message, size_t index, char state);
/* Sets the outcome of a recipient, over an earlier one. Long texts are cut. */
void message_set_outcome(struct message *message, size_t index, char status,
                         const char *enhanced, const char *host, const char *text);
/* Parts of an outcome; "" where there is none. */
const char *outcome_enhanced(const struct outcome *outcome);
const char *outcome_host(const struct outcome *outcome);
const char *outcome_text(const struct outcome *outcome);
/* Opens cur/NAME; -1 with errno. FLAGS: O_RDONLY or O_RDWR. */
int message_open(const struct message *message, int flags);
/* Writes the states that have changed to the file, without a sync. 0, or -1
 * (logged). */
int message_write_states(struct message *message);

#endif

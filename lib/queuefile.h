/* A message in the queue: one file, made of a text header with the envelope, the
 * message with LF line ends, and an END record. The format, the states and what
 * each guarantees stand in doc/INTERNALS.
 *
 *   pombo 1 HHHHHHHH CCCCCCCC\n   header's length and CRC-32C, both hexadecimal
 *   T SECONDS\n                   arrival, UNIX time
 *   B TEXT\n                      who brought it, as for the log (no control bytes)
 *   F FLAGS\n                     of "8" 8BITMIME, "u" SMTPUTF8, "q" REQUIRETLS,
 *                                 "h" RET=HDRS, "f" RET=FULL; may be empty
 *   E ENVID\n                     RFC 3461, as xtext; may be empty
 *   S ADDRESS\n                   reverse-path, canonical; empty: null
 *   P PARENT KIND INDEXES\n       derived messages alone (see below)
 *   R STATE NOTIFY FLAGS ORCPT ADDRESS\n   a line a recipient
 *   \n
 *   message
 *   END LLLLLLLLLLLLLLLL CCCCCCCC\n   its length and CRC-32C, hexadecimal; "ENDn" and
 * no blank: TLS-Required: No, which is known only when the message was read
 *
 * STATE is one byte, changed in place; NOTIFY is "-" or of "n" NEVER, "s" SUCCESS,
 * "f" FAILURE, "d" DELAY; FLAGS is "-" or "x" (result of an alias, not looked up in
 * aliases again); ORCPT is "-" or as given ("rfc822;" xtext). The header's CRC is
 * taken with each STATE as '.', so it holds through all changes. */
#ifndef LIB_QUEUEFILE_H
#define LIB_QUEUEFILE_H

#include "encode.h"

#include <skalibs/stralloc.h>

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A name in the queue, which is also the log's id: RANDOM_NAME_LEN bytes; derived
 * ones add ".", a kind letter and a recipient's index. */
#define QUEUE_NAME_SIZE 48

#define STATE_TODO '.'      /* to be delivered */
#define STATE_WARNED 'w'    /* to be delivered; the delay warning was queued */
#define STATE_DELIVERED 's' /* delivered here; the success DSN is still owed */
#define STATE_RELAYED 'r'   /* relayed to a host without DSN; its DSN is owed */
#define STATE_DONE 'D'      /* nothing is owed any more */
#define STATE_BOUNCED 'B'   /* the bounce was queued, or none is due */

enum envelope_flag {
    ENVELOPE_8BITMIME = 1,
    ENVELOPE_SMTPUTF8 = 2,
    ENVELOPE_REQUIRETLS = 4,
    ENVELOPE_RET_HDRS = 8,
    ENVELOPE_RET_FULL = 16,
    ENVELOPE_TLS_OPTIONAL = 32 /* RFC 8689 section 4.2.2; kept in END, not in F. Never
                                  with REQUIRETLS, which goes before it */
};
enum notify_flag {
    NOTIFY_NEVER = 1,
    NOTIFY_SUCCESS = 2,
    NOTIFY_FAILURE = 4,
    NOTIFY_DELAY = 8
}; /* 0: not asked for anything */
enum recipient_flag { RECIPIENT_EXPANDED = 1 };

/* The longest ORCPT: 500 octets as a client gives it (RFC 3461 section 4.2), of which
 * two of UTF-8 may have become the seven of \x{7FF} (RFC 6533 section 3). */
#define ENVELOPE_ORCPT_MAX 1750

struct envelope_recipient {
    char *address; /* canonical */
    char *orcpt;   /* "" where none; at most ENVELOPE_ORCPT_MAX */
    unsigned notify;
    unsigned flags;
    char state;
    off_t state_offset; /* set by queue_read: where STATE lies in the file */
};

struct envelope {
    time_t arrival;
    unsigned flags;
    stralloc brought_by, envid, sender; /* NUL-terminated by text_string on use */
    char parent[QUEUE_NAME_SIZE];       /* "" where not derived */
    char kind;                          /* 'b' bounce, 'w' delay warning, 's' success
                                           DSN, 'f' forward */
    stralloc covered; /* indexes of the parent's recipients, "0,3,7" */
    struct envelope_recipient *recipients; /* freed by envelope_clear */
    size_t recipient_count, recipient_room;
};

/* Empties for another message; keeps memory of the strings. Start from {0}. */
void envelope_clear(struct envelope *envelope);
void envelope_free(struct envelope *envelope);
/* Adds one; copies the strings. orcpt may be NULL. */
void envelope_add_recipient(struct envelope *envelope, const char *address,
                            unsigned notify, const char *orcpt, unsigned flags);

struct queue_writer {
    int fd; /* -1 where none is open */
    char name[QUEUE_NAME_SIZE];
    char tmp_name[QUEUE_NAME_SIZE];
    uint32_t crc;
    uint64_t length; /* bytes of message so far */
    int is_derived;  /* envelope->parent was set */
    unsigned late;   /* what of ENVELOPE_TLS_OPTIONAL and _REQUIRETLS END depends on */
    char *buffer;
    size_t used;
};

/* Creates a file in tmp/ and writes the header. envelope->parent set: NAME is derived
 * as PARENT.KINDn with the first covered index, and the file is called otherwise in
 * tmp/, where anyone of the group could be there first with a name that can be guessed.
 * Else NAME is random, unless writer->name is set already (smtpd chooses it by
 * queue_new_name beforehand, for the Received line). 0, or -1 with errno. */
int queue_begin(struct queue_writer *writer, const struct envelope *envelope);
int queue_new_name(char name[QUEUE_NAME_SIZE]);
/* Adds to the message (LF line ends). 0, or -1 with errno; then queue_abort. */
int queue_write(struct queue_writer *writer, const char *bytes, size_t len);
/* The message says TLS-Required: No (lib/header.h): for a writer whose envelope did not
 * know that at queue_begin. Of no effect on a message with REQUIRETLS (RFC 8689 section
 * 4.1). */
void queue_set_tls_optional(struct queue_writer *writer);
/* Writes END, names the file into new/ (never over another: EEXIST), syncs it and new/;
 * who may not open new/ syncs the file alone. A derived one is synced before it is
 * named, too. 0: the message is safe. -1 with errno: it is not in the queue, or no
 * longer, or (only if a sync failed when it had its name) may or may not be: a
 * temporary failure. The writer is closed in each case. */
int queue_commit(struct queue_writer *writer);
/* The same in two steps, for a message that must not go out before something else is
 * certain, and then once. queue_prepare writes END, syncs the file, and moves it from
 * tmp/ to PATH below the queue; the folder of PATH is the caller's to sync.
 * queue_release moves a prepared one to new/NAME (never over another). That is not
 * synced: a power cut may take it back, and whoever prepared it has to release it
 * again. 0, or -1 with errno. */
int queue_prepare(struct queue_writer *writer, const char *path);
int queue_release(const char *path, const char *name);
/* Removes the file from tmp/. Harmless where nothing is open. */
void queue_abort(struct queue_writer *writer);
/* Bytes free on the queue's disk for us; -1 with errno. */
long long queue_free_space(void);

enum queue_result {
    QUEUE_OK,
    QUEUE_CORRUPT,  /* not a queue file, torn, or damaged: to be set aside */
    QUEUE_TEMPORARY /* an error of the system; errno tells */
};

struct queue_file {
    struct envelope envelope;
    off_t body_offset;
    off_t body_length;
    uint32_t body_crc;
};

/* Reads and checks header and END of an open file; trusts nothing in it. Uses pread
 * alone: the descriptor may be shared with others. OUT starts as {0} or from an
 * earlier read. The message's own checksum is the business of who reads it. */
enum queue_result queue_read(int fd, struct queue_file *out);
void queue_file_free(struct queue_file *file);
/* Writes one recipient's state in place. 0, or -1 with errno. No sync. */
int queue_mark(int fd, struct queue_file *file, size_t index, char state);

/* Reads the message in blocks and checks its CRC at the end. */
struct queue_body {
    int fd;
    off_t at, left;
    uint32_t crc, expected;
};
void queue_body_open(struct queue_body *body, int fd, const struct queue_file *file);
/* The message's header section, whole unless it is longer than 256 KiB; NUL-terminated.
 * 0, or -1 with errno; EILSEQ where the file is shorter than it says. */
int queue_read_header(int fd, const struct queue_file *file, stralloc *header);
/* Bytes read, 0 at the end, -1 with errno; EILSEQ where length or CRC are wrong (at
 * the latest instead of the 0). */
ssize_t queue_body_read(struct queue_body *body, char *buffer, size_t size);

#endif

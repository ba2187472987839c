/* The only way to a mailbox. What lies behind (today: a Maildir) is known to
 * lib/maildir_*.c alone; qlocal, pop3d and the tools know nothing of files.
 * A mailbox is named by its folder below the mail root ("example.org/ann"). */
#ifndef LIB_MAILBOX_H
#define LIB_MAILBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum mailbox_result {
    MAILBOX_OK,
    MAILBOX_ABSENT,     /* no such mailbox or message any more */
    MAILBOX_OVER_QUOTA, /* 4.2.2 */
    MAILBOX_FULL_DISK,  /* 4.3.1 */
    MAILBOX_TEMPORARY   /* any other error; errno tells */
};

/* ---- reading (pop3d) ---- */

struct mailbox; /* one session on one mailbox */

struct mailbox_item {
    const char *id; /* unique-id: 1 to 70 printable bytes, the same in each session */
    uint64_t
        size; /* exact octets as POP3 sends them: CRLF line ends, no dot stuffing */
    time_t arrival;
};

/* Opens and lists all messages, in the order of arrival. *OUT is freed
 * by mailbox_close. An absent folder is an empty mailbox. */
enum mailbox_result mailbox_open(struct mailbox **out, const char *name);
void mailbox_close(struct mailbox *mailbox);
size_t mailbox_count(const struct mailbox *mailbox);
/* The size alone of what mailbox_item tells, for sums over all messages. */
uint64_t mailbox_size(const struct mailbox *mailbox, size_t index);
/* Valid until the next call. */
const struct mailbox_item *mailbox_item(struct mailbox *mailbox, size_t index);
/* A descriptor at the message's start (LF line ends), found even where another
 * session changed its flags meanwhile; -1 with errno (ENOENT: removed). */
int mailbox_read(struct mailbox *mailbox, size_t index);
/* Removes for good; ABSENT counts as done for callers. */
enum mailbox_result mailbox_remove(struct mailbox *mailbox, size_t index);
/* Makes removals durable. */
enum mailbox_result mailbox_sync(struct mailbox *mailbox);
/* Marks as read (Maildir flag S); no error. */
void mailbox_mark_seen(struct mailbox *mailbox, size_t index);

/* Keeps the time of the last log-in, for POP3's LOGIN-DELAY. 0: DELAY seconds have
 * passed since (or nothing could be kept), and now is the new time; else the seconds
 * still missing. */
long long mailbox_note_login(const char *name, long long delay);

/* ---- adding (qlocal) ---- */

struct mailbox_target {
    const char *name;               /* the mailbox */
    unsigned long long quota_bytes; /* 0: none */
    unsigned long long quota_count;
    enum mailbox_result result; /* set by mailbox_batch_add, then _commit */
    int errnum;                 /* what went wrong, where result is FULL_DISK or
                                   TEMPORARY */
};

/* A message: HEAD (Return-Path and such, LF line ends), then what READ(data, buffer,
 * size) gives until it returns 0 (-1: fails, errno). */
struct mailbox_content {
    const char *head;
    size_t head_len;
    ssize_t (*read)(void *data, char *buffer, size_t size);
    void *data;
};

/* A batch of deliveries that share syncs. Messages are added, then all committed
 * at once; then the batch is empty, and may be used again. Each message is an open
 * file until then: where it holds so many, they are committed before the next one is
 * added. */
#define MAILBOX_BATCH_MAX 1000
struct mailbox_batch;
struct mailbox_batch *mailbox_batch_new(void);
/* Removes what was not committed. */
void mailbox_batch_free(struct mailbox_batch *batch);
/* Writes one message to the mailboxes of TARGETS: one file, hard-linked where that
 * works, else copied; a mailbox named twice gets one copy. A mailbox that is not there
 * yet is made. Quotas count what lies in the mailbox and what the batch adds; other
 * deliveries at the same moment are not seen. Targets' results hold what went wrong so
 * far; targets must live until commit. */
void mailbox_batch_add(struct mailbox_batch *batch,
                       const struct mailbox_content *content,
                       struct mailbox_target *targets, size_t count);
/* Syncs the files, names them into the mailboxes, syncs these; sets each target's
 * result. MAILBOX_OK there means: durable. */
void mailbox_batch_commit(struct mailbox_batch *batch);

/* ---- managing ---- */
/* Makes it, durably; what exists stays. The mail root has to be there. */
enum mailbox_result mailbox_create(const char *name);
/* Counts all messages, by what their names tell: no file is opened. */
enum mailbox_result mailbox_usage(const char *name, uint64_t *bytes, uint64_t *count);
/* 1 where NAME may name a mailbox: relative, no "." or ".." parts, no control bytes. */
int mailbox_name_is_valid(const char *name);

#endif

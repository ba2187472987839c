/* A mailbox as one POP3 session sees it (RFC 1939: maildrop): messages numbered from
 * 1, marks of deletion that count only at QUIT, and totals. */
#ifndef POP3D_MAILDROP_H
#define POP3D_MAILDROP_H

#include "mailbox.h"

#include <stddef.h>
#include <stdint.h>

enum maildrop_mark { MAILDROP_DELETED = 1, MAILDROP_RETRIEVED = 2 };

struct maildrop {
    struct mailbox *mailbox;
    size_t count;
    unsigned char *marks; /* one byte a message, of enum maildrop_mark */
    size_t left;          /* messages not marked as deleted ... */
    uint64_t left_size;   /* ... and their octets */
};

/* Opens mailbox NAME. Anything but MAILBOX_OK leaves nothing to close. */
enum mailbox_result maildrop_open(struct maildrop *out, const char *name);
void maildrop_close(struct maildrop *maildrop);
/* 1 where NUMBER is a message not marked as deleted. */
int maildrop_has(const struct maildrop *maildrop, unsigned long long number);
/* The unique-id and the octets of a message; NUMBER is one that maildrop_has. The id is
 * valid until the next call. */
const char *maildrop_id(const struct maildrop *maildrop, size_t number);
uint64_t maildrop_size(const struct maildrop *maildrop, size_t number);
void maildrop_delete(struct maildrop *maildrop, size_t number);
/* Takes all marks of deletion back (RSET). */
void maildrop_reset(struct maildrop *maildrop);

struct maildrop_update {
    size_t deleted;
    size_t failed; /* marked, and still there */
};
/* The UPDATE state: removes for good what is marked, marks what was retrieved and stays
 * as read, and syncs. One that is gone already counts as deleted. */
struct maildrop_update maildrop_update(struct maildrop *maildrop);

#endif

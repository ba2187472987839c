/* The door run/auth: who has taken a client's password asks here whether it is right,
 * and keeps the client. One SOCK_STREAM connection an exchange. A message is its length
 * in two bytes (the higher first) and as many bytes of fields, each ended by a NUL:
 *
 *   plain PEER METHOD USER PASSWORD
 *
 * or
 *
 *   scram PEER METHOD FIRST [BINDING DATA]
 *
 * with the client's first message of SCRAM-SHA-256, and for SCRAM-SHA-256-PLUS the name
 * of a channel binding and its data in hexadecimal ("possible 00": the client was
 * offered that and chose the other). To that the answer may be "challenge TEXT", which
 * goes to the client, whose last message follows as "response FINAL". The answer to all
 * that is
 *
 *   ok ADDRESS [TEXT]  the user's address, canonical; for SCRAM our last message
 *   no                 wrong user or password
 *   cut-off            not asked, after too many wrong ones from PEER
 *   trouble            it can't be told now
 *
 * PEER is the client's address (or "-"), METHOD is for the log. */
#ifndef CHECKPW_AUTH_DOOR_H
#define CHECKPW_AUTH_DOOR_H

#include "clock.h"
#include "login_door.h"

#include <stddef.h>

#define AUTH_MESSAGE_MAX 4096
#define AUTH_BINDING_POSSIBLE "possible"

/* Start from {0}. Holds secrets: auth_message_wipe after use. */
struct auth_message {
    size_t len;  /* of the fields */
    size_t next; /* where auth_message_next reads on */
    int is_bad;  /* a field did not fit, or held a NUL */
    char bytes[2 + AUTH_MESSAGE_MAX];
};

void auth_message_clear(struct auth_message *message);
void auth_message_wipe(struct auth_message *message);
void auth_message_add(struct auth_message *message, const char *field);
void auth_message_add_bytes(struct auth_message *message, const char *bytes,
                            size_t len);
/* The next field, or NULL after the last. */
const char *auth_message_next(struct auth_message *message);
/* 0, or -1 with errno; EMSGSIZE for a bad one. */
int auth_message_send(int fd, struct auth_message *message);
/* One whole message; 0, or -1 with errno (EPROTO: none as it should be, or the other
 * side is gone; ETIMEDOUT). */
int auth_message_receive(int fd, struct auth_message *message, clock_ms deadline);

/* What the first field of an answer means; LOGIN_TEMPORARY for any other. */
enum login_result auth_answer_parse(const char *word);
const char *auth_answer_word(enum login_result result);

#endif

/* The log-in door run/login: who has taken a client's user and password asks here
 * and hands the client's connection over. One SOCK_STREAM connection a question:
 * one message with the credentials and two descriptors (the client's 0 and 1), one
 * byte for an answer. */
#ifndef CHECKPW_LOGIN_DOOR_H
#define CHECKPW_LOGIN_DOOR_H

#include "clock.h"
#include "credentials.h"

enum login_result {
    LOGIN_ACCEPTED,  /* 'K': another process serves the client now */
    LOGIN_DENIED,    /* 'D': wrong user or password */
    LOGIN_CUT_OFF,   /* 'C': not asked, after too many wrong ones from its address */
    LOGIN_TEMPORARY, /* 'Z', or no answer; errno tells where it can */
    LOGIN_BROKEN     /* the connection is in an unknown state: say no more on it */
};

/* Asks at the socket PATH. LOGIN_BROKEN where the deadline passes after the
 * question was sent, or its answer can't be read: the descriptors may be in use by
 * then. */
enum login_result login_door_ask(const char *path,
                                 const struct credentials *credentials,
                                 const int client[2], clock_ms deadline);

/* The other side: receives one question on DOOR. CLIENT gets two descriptors, close
 * on exec. 0, or -1 with errno (EPROTO: not a question as it should be; ETIMEDOUT);
 * then no descriptor is left open. */
int login_door_receive(int door, struct credentials *credentials, int client[2],
                       clock_ms deadline);
/* Answers; -1 with errno where nobody listens any more. */
int login_door_answer(int door, enum login_result result);

#endif

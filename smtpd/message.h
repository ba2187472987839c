/* DATA and BDAT: the message itself (RFC 5321 section 4.1.1.4, RFC 3030). */
#ifndef SMTPD_MESSAGE_H
#define SMTPD_MESSAGE_H

#include "session.h"

struct reply message_data(struct session *session);
/* The chunk is read in each case, in the wrong place too: its bytes are no commands. */
struct reply message_bdat(struct session *session);
/* A BDAT in the wrong stage: reads the chunk and returns REPLY. */
struct reply message_skip_chunk(struct session *session, struct reply reply);

#endif

/* Sending a message after the 354. */
#ifndef QREMOTE_DATA_H
#define QREMOTE_DATA_H

#include "job.h"
#include "session.h"

enum data_end {
    DATA_SENT,    /* with its end; the reply to it is still to be read */
    DATA_STOPPED, /* the server refused before the end: session->reply says so. The
                     session can't go on */
    DATA_LOST,    /* the connection is of no use any more */
    DATA_DAMAGED  /* the queue file can't be read to its end, and none was sent: the
                     connection must be closed, so that nobody takes the torn part */
};

/* Streams the message in blocks, each within remote_data_timeout. The end leaves with
 * the last bytes, and not before the message's checksum was found right. */
enum data_end data_send(struct session *session, const struct job *job);

#endif

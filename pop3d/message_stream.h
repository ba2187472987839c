/* Sending a message (RFC 1939 section 3, multi-line responses): LF becomes CRLF
 * (and CRLF, which other programs may have written, stays), a line that begins with a
 * dot gets another one, a last line without its end gets one. For TOP, all ends after a
 * number of body lines. */
#ifndef POP3D_MESSAGE_STREAM_H
#define POP3D_MESSAGE_STREAM_H

#include "pop3_connection.h"

#define MESSAGE_WHOLE (~0ULL)

struct message_stream {
    struct pop3_connection *connection;
    int is_in_line; /* part of a line is sent */
    int has_cr;     /* the last byte was a CR, not yet sent: a LF may follow */
    int is_in_body;
    int is_over;              /* all lines asked for are sent */
    unsigned long long lines; /* of the body, still to be sent */
};

/* LINES: of the body, or MESSAGE_WHOLE. */
void message_stream_open(struct message_stream *stream,
                         struct pop3_connection *connection, unsigned long long lines);
void message_stream_add(struct message_stream *stream, const char *bytes, size_t len);
/* Ends the last line, adds the final dot. */
void message_stream_end(struct message_stream *stream);

/* Sends all that FD holds in that way. -1 with errno where FD can't be read: then part
 * of the message is out, and the connection can only be dropped. */
int message_send(struct pop3_connection *connection, int fd, unsigned long long lines);

#endif

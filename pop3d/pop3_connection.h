/* One POP3 connection: a line reader on fd 0, a large output buffer on fd 1, and the
 * loop that reads commands, finds their handlers and acts on what they return. Answers
 * are held back while more commands wait, so pipelined ones share a write; the socket
 * sends without Nagle's delay. */
#ifndef POP3D_POP3_CONNECTION_H
#define POP3D_POP3_CONNECTION_H

#include "linereader.h"
#include "pop3_command.h"

#include <stddef.h>
#include <stdint.h>

#define POP3_OUTPUT_SIZE 65536

struct pop3_connection {
    struct line_reader reader;
    int reads_exactly;         /* nothing past a line: the fd goes on to another */
    long long timeout;         /* seconds that one wait may take */
    clock_ms deadline;         /* of all waits together; CLOCK_NEVER at first */
    enum line_result trouble;  /* LINE_OK, or what broke the connection */
    unsigned long long sent;   /* octets written so far */
    unsigned long commands;    /* commands read so far */
    unsigned long command_max; /* 0: any number */
    size_t used;
    char output[POP3_OUTPUT_SIZE];
};

/* READS_EXACTLY as above. Ignores SIGPIPE for the process. */
void pop3_open(struct pop3_connection *connection, int reads_exactly,
               long long timeout_seconds);

/* Adding never fails: after trouble it does nothing. */
void pop3_add(struct pop3_connection *connection, const char *bytes, size_t len);
void pop3_add_number(struct pop3_connection *connection, uint64_t number);
void pop3_add_format(struct pop3_connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Writes the buffer; -1 where the connection is broken. */
int pop3_flush(struct pop3_connection *connection);

/* Adds a whole answer line ("+OK" or "-ERR", a blank, the text) and returns
 * POP3_NEXT. */
enum pop3_event pop3_ok(struct pop3_connection *connection, const char *text);
enum pop3_event pop3_error(struct pop3_connection *connection, const char *text);

/* Reads one line; LINE_OK, or what pop3_run does with the rest: faults of the line
 * leave the connection usable. */
enum line_result pop3_read(struct pop3_connection *connection, char **line,
                           size_t *len);
/* Handles commands until a handler ends it or the connection does: POP3_CLOSE after a
 * last flush, or POP3_LOST with connection->trouble. */
enum pop3_event pop3_run(struct pop3_connection *connection,
                         const struct pop3_row *rows, void *session);

#endif

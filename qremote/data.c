#include "data.h"

#include "settings.h"
#include "text.h"
#include "wire.h"

#include <stdlib.h>

#define BLOCK_SIZE 65536
/* A reply that has begun to come is whole soon. */
#define EARLY_REPLY_SECONDS 10

/* The server speaks, or has stopped to listen, before the end: a refusal, if anything.
 */
static enum data_end read_early_reply(struct session *session)
{
    if (line_reader_has_input(&session->reader) &&
        session_read(session, EARLY_REPLY_SECONDS) == 0) {
        session->trouble = "refused the message before its end";
        if (session->reply.code >= 400) {
            return DATA_STOPPED;
        }
        session->trouble = "answered a message before its end";
        reply_begin(&session->reply);
    }
    return DATA_LOST;
}

/* Reads a block and appends it to OUT as it goes over the wire; with the last one comes
 * the end. 1: more follows; 0: that was all; -1: damaged. */
static int add_block(struct queue_body *body, struct wire *wire, char *block,
                     stralloc *out)
{
    ssize_t got = queue_body_read(body, block, BLOCK_SIZE);

    if (got > 0) {
        wire_encode(wire, out, block, (size_t)got);
        if (body->left > 0) {
            return 1;
        }
        got = queue_body_read(body, block, BLOCK_SIZE);
    }
    if (got == 0) {
        wire_end(wire, out);
    }
    return (int)got;
}

enum data_end data_send(struct session *session, const struct job *job)
{
    long long seconds = setting_number(session->tables, SET_remote_data_timeout);
    char *block = memory_get(BLOCK_SIZE);
    stralloc out = STRALLOC_ZERO;
    struct wire wire = {0};
    struct queue_body body;
    enum data_end end = DATA_SENT;
    int more;

    queue_body_open(&body, job->fd, &job->file);
    do {
        text_clear(&out);
        more = add_block(&body, &wire, block, &out);
        if (more < 0) {
            end = DATA_DAMAGED;
        } else if (line_reader_has_input(&session->reader) ||
                   session_write(session, out.s, out.len, seconds) < 0) {
            end = read_early_reply(session);
        }
    } while (more > 0 && end == DATA_SENT);
    text_free(&out);
    free(block);
    return end;
}

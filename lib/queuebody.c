#include "header.h"
#include "queuefile.h"
#include "text.h"

#include <errno.h>
#include <unistd.h>

#define HEADER_MAX ((off_t)256 * 1024)

int queue_mark(int fd, struct queue_file *file, size_t index, char state)
{
    struct envelope_recipient *recipient = &file->envelope.recipients[index];
    ssize_t wrote;

    do {
        wrote = pwrite(fd, &state, 1, recipient->state_offset);
    } while (wrote < 0 && errno == EINTR);
    if (wrote != 1) {
        return -1;
    }
    recipient->state = state;
    return 0;
}

void queue_body_open(struct queue_body *body, int fd, const struct queue_file *file)
{
    *body = (struct queue_body){.fd = fd,
                                .at = file->body_offset,
                                .left = file->body_length,
                                .expected = file->body_crc};
}

ssize_t queue_body_read(struct queue_body *body, char *buffer, size_t size)
{
    ssize_t got;

    if (body->left == 0) {
        if (body->crc != body->expected) {
            errno = EILSEQ;
            return -1;
        }
        return 0;
    }
    if ((off_t)size > body->left) {
        size = (size_t)body->left;
    }
    do {
        got = pread(body->fd, buffer, size, body->at);
    } while (got < 0 && errno == EINTR);
    if (got == 0) {
        errno = EILSEQ;
        return -1;
    }
    if (got > 0) {
        body->crc = crc32c(body->crc, buffer, (size_t)got);
        body->at += got;
        body->left -= got;
    }
    return got;
}

int queue_read_header(int fd, const struct queue_file *file, stralloc *header)
{
    off_t want = file->body_length < HEADER_MAX ? file->body_length : HEADER_MAX;
    size_t step = 4096;

    text_clear(header);
    while ((off_t)header->len < want) {
        size_t left = (size_t)want - header->len;
        ssize_t got;
        if (!stralloc_readyplus(header, left < step ? left : step)) {
            text_exhausted();
        }
        got = pread(fd, header->s + header->len, left < step ? left : step,
                    file->body_offset + (off_t)header->len);
        if (got <= 0) {
            errno = got == 0 ? EILSEQ : errno;
            return -1;
        }
        header->len += (size_t)got;
        if (header_section_length(header->s, header->len) < header->len) {
            break;
        }
        step *= 2;
    }
    header->len = header_section_length(text_string(header), header->len);
    return 0;
}

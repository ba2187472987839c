#include "content.h"

#include "text.h"

#include <stdlib.h>

#define BLOCK_SIZE 65536

struct scan {
    unsigned long long lines;
    unsigned char bits; /* all bytes so far, or'ed */
    unsigned char header_bits;
    char last;
    int is_header;
};

/* Takes bytes of the header section; returns how many of BYTES belong to it. */
static size_t scan_header(struct scan *scan, const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len && scan->is_header; i++) {
        scan->is_header = bytes[i] != '\n' || scan->last != '\n';
        scan->last = bytes[i];
        scan->header_bits |= (unsigned char)bytes[i];
        scan->lines += bytes[i] == '\n';
    }
    scan->bits |= scan->header_bits;
    return i;
}

static void scan_body(struct scan *scan, const char *bytes, size_t len)
{
    unsigned long long lines = 0;
    unsigned char bits = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        lines += bytes[i] == '\n';
        bits |= (unsigned char)bytes[i];
    }
    scan->lines += lines;
    scan->bits |= bits;
}

int content_scan(struct content *content, int fd, const struct queue_file *file)
{
    struct scan scan = {.is_header = 1, .last = '\n'};
    struct queue_body body;
    char *block;
    ssize_t got;

    if (content->is_known) {
        return 0;
    }
    block = memory_get(BLOCK_SIZE);
    queue_body_open(&body, fd, file);
    while ((got = queue_body_read(&body, block, BLOCK_SIZE)) > 0) {
        size_t header = scan_header(&scan, block, (size_t)got);
        scan_body(&scan, block + header, (size_t)got - header);
        scan.last = block[got - 1];
    }
    free(block);
    if (got < 0) {
        return -1;
    }
    content->wire_length = (unsigned long long)file->body_length + scan.lines +
                           (scan.last == '\n' ? 0 : 2);
    content->has_8bit = scan.bits > 127;
    content->has_8bit_header = scan.header_bits > 127;
    content->is_known = 1;
    return 0;
}

#include "sync_many.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Asked for at once. */
#define TOGETHER 64

/* Kept for good once it was made: 0 where there is none yet, or none can be had. */
static aio_context_t context;
static int was_tried;

static void sync_alone(struct sync_file *file)
{
    file->errnum = file->fd >= 0 && fsync(file->fd) < 0 ? errno : 0;
}

/* Not every kernel and container has it. */
static int has_context(void)
{
    if (!was_tried && syscall(SYS_io_setup, TOGETHER, &context) < 0) {
        context = 0;
    }
    was_tried = 1;
    return context != 0;
}

/* The first COUNT of FILES, which are under way, get their results. Which of them
 * failed is told once: where that can't be heard all count as failed that were not
 * heard of, and there is no second try, which would find nothing wrong. */
static void hear(struct sync_file **files, size_t count)
{
    struct io_event events[TOGETHER];
    size_t heard = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        files[i]->errnum = EIO;
    }
    while (heard < count) {
        size_t want = count - heard;
        long got = syscall(SYS_io_getevents, context, want, want, events, NULL);
        long j;
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            context = 0; /* what is still to come would be taken for later ones' */
            return;
        }
        for (j = 0; j < got; j++) {
            files[events[j].data]->errnum = events[j].res < 0 ? (int)-events[j].res : 0;
        }
        heard += (size_t)got;
    }
}

/* How many of FILES, from the first one on, the kernel has under way now. */
static size_t ask(struct sync_file **files, size_t count)
{
    struct iocb blocks[TOGETHER];
    struct iocb *all[TOGETHER];
    long taken;
    size_t i;

    memset(blocks, 0, sizeof blocks);
    for (i = 0; i < count; i++) {
        blocks[i].aio_data = i;
        blocks[i].aio_lio_opcode = IOCB_CMD_FSYNC;
        blocks[i].aio_fildes = (uint32_t)files[i]->fd;
        all[i] = &blocks[i];
    }
    taken = syscall(SYS_io_submit, context, count, all);
    if (taken <= 0) {
        return 0;
    }
    return (size_t)taken < count ? (size_t)taken : count;
}

static void sync_together(struct sync_file **files, size_t count)
{
    size_t under_way = ask(files, count);
    size_t i;

    if (under_way > 0) {
        hear(files, under_way);
    }
    for (i = under_way; i < count; i++) {
        sync_alone(files[i]);
    }
}

static void sync_some(struct sync_file **files, size_t count)
{
    size_t i;

    if (count > 1 && has_context()) {
        sync_together(files, count);
        return;
    }
    for (i = 0; i < count; i++) {
        sync_alone(files[i]);
    }
}

void sync_many(struct sync_file *files, size_t count)
{
    struct sync_file *some[TOGETHER];
    size_t used = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        files[i].errnum = 0;
        if (files[i].fd >= 0) {
            some[used++] = &files[i];
        }
        if (used == TOGETHER) {
            sync_some(some, used);
            used = 0;
        }
    }
    sync_some(some, used);
}

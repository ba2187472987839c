#include "hash_slot.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#define SLOTS_PER_CPU 2
#define SLOT_RETRY_MS 10

static int slot_count(void)
{
    cpu_set_t cpus;

    if (sched_getaffinity(0, sizeof cpus, &cpus) < 0) {
        return SLOTS_PER_CPU;
    }
    return SLOTS_PER_CPU * CPU_COUNT(&cpus);
}

static int try_slots(int fd, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
            return 0;
        }
    }
    return -1;
}

int hash_slot_take(const char *path, clock_ms deadline)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int count = slot_count();

    if (fd < 0) {
        return HASH_SLOT_FREE;
    }
    while (try_slots(fd, count) < 0) {
        if (clock_poll_timeout(deadline) == 0) {
            close(fd);
            return HASH_SLOT_BUSY;
        }
        poll(NULL, 0, SLOT_RETRY_MS);
    }
    return fd;
}

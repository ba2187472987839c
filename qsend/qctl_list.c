#include "qctl_list.h"

#include "queuefile.h"
#include "queuename.h"
#include "text.h"
#include "wheel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1 for U+0080 to U+009F. */
static int is_high_control(const char *s)
{
    return s[0] == '\xc2' && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0;
}

/* Addresses come from peers: nothing that a terminal might act on. */
static void print_escaped(const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (is_high_control(s)) {
            s++;
            printf("\\x%02x\\x%02x", c, (unsigned char)*s);
        } else if (c < ' ' || c == 127 || c == '\\') {
            printf("\\x%02x", c);
        } else {
            putchar(c);
        }
    }
}

static void print_span(long long seconds)
{
    if (seconds < 0) {
        seconds = 0;
    }
    if (seconds < 120) {
        printf("%llds", seconds);
    } else if (seconds < 7200) {
        printf("%lldm", seconds / 60);
    } else if (seconds < 172800) {
        printf("%lldh", seconds / 3600);
    } else {
        printf("%lldd", seconds / 86400);
    }
}

static const char *name_state(char state)
{
    switch (state) {
    case STATE_TODO:
        return "waiting";
    case STATE_WARNED:
        return "delayed";
    case STATE_DELIVERED:
    case STATE_RELAYED:
    case STATE_DONE:
        return "done";
    case STATE_BOUNCED:
        return "failed";
    default:
        return "unknown";
    }
}

static void print_message(const char *name, struct queue_file *file, time_t next)
{
    struct envelope *envelope = &file->envelope;
    time_t now = time(NULL);
    size_t i;

    printf("%s size=%lld age=", name, (long long)file->body_length);
    print_span(now - envelope->arrival);
    printf(" next=");
    if (next > now) {
        print_span(next - now);
    } else {
        printf("now");
    }
    printf(" from=<");
    print_escaped(text_string(&envelope->sender));
    printf(">\n");
    for (i = 0; i < envelope->recipient_count; i++) {
        printf("    %-8s <", name_state(envelope->recipients[i].state));
        print_escaped(envelope->recipients[i].address);
        printf(">\n");
    }
}

/* A file that has gone meanwhile, or is none, is passed over. */
static void list_file(int folder, const char *name, time_t next)
{
    static struct queue_file file;
    struct stat status;
    int fd;

    if (!queuename_is_valid(name)) {
        return;
    }
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        queue_read(fd, &file) == QUEUE_OK) {
        print_message(name, &file, next);
    }
    close(fd);
}

/* Calls ACT for each name in PATH. 0, or -1 with errno. */
static int each_name(const char *path, time_t next,
                     void (*act)(int folder, const char *name, time_t next))
{
    struct dirent *entry;
    DIR *folder = opendir(path);

    if (!folder) {
        return -1;
    }
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] != '.') {
            act(dirfd(folder), entry->d_name, next);
        }
    }
    closedir(folder);
    return 0;
}

/* Calls ACT for each file in the wheel. 0, or -1 with errno. */
static int each_deferred(void (*act)(int folder, const char *name, time_t next))
{
    char path[WHEEL_PATH_SIZE];
    struct dirent *entry;
    DIR *wheel = opendir("wheel");

    if (!wheel) {
        return -1;
    }
    while ((entry = readdir(wheel))) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "wheel/%.47s", entry->d_name);
        /* A folder may be gone meanwhile. */
        each_name(path, (time_t)strtoull(entry->d_name, NULL, 16) * WHEEL_UNIT, act);
    }
    closedir(wheel);
    return 0;
}

int qctl_list(void)
{
    if (each_name("new", 0, list_file) < 0 || each_name("cur", 0, list_file) < 0 ||
        each_deferred(list_file) < 0) {
        return -1;
    }
    return 0;
}

static unsigned long long file_count;

static void count_file(int folder, const char *name, time_t next)
{
    (void)folder;
    (void)name;
    (void)next;
    file_count++;
}

int qctl_count(void)
{
    static const char *const folders[] = {"tmp", "new", "cur", "corrupt"};
    size_t i;

    for (i = 0; i < sizeof folders / sizeof *folders; i++) {
        file_count = 0;
        if (each_name(folders[i], 0, count_file) < 0) {
            return -1;
        }
        printf("%s=%llu\n", folders[i], file_count);
    }
    file_count = 0;
    if (each_deferred(count_file) < 0) {
        return -1;
    }
    printf("deferred=%llu\n", file_count);
    return 0;
}

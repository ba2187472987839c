/* files: how many durable file creations a second a disk allows. PROCESSES together
 * write COUNT files of SIZE bytes below FOLDER: tmp/N created, written, synced and
 * named into new/; with the mode "folder" new/ is synced too, with "none" nothing is.
 *
 *   files FOLDER COUNT SIZE PROCESSES none|file|folder
 *
 * Prints files a second. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct plan {
    long count, size, processes;
    int has_file_sync, has_folder_sync;
    char *bytes;
};

static void sync_folder(void)
{
    int fd = open("new", O_RDONLY | O_DIRECTORY);

    if (fd < 0 || fsync(fd) < 0 || close(fd) < 0) {
        die("new");
    }
}

static void write_file(const struct plan *plan, long number)
{
    char tmp[40], new[40];
    int fd;

    snprintf(tmp, sizeof tmp, "tmp/%ld", number);
    snprintf(new, sizeof new, "new/%ld", number);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, plan->bytes, (size_t)plan->size) != plan->size ||
        (plan->has_file_sync && fsync(fd) < 0) || close(fd) < 0 ||
        rename(tmp, new) < 0) {
        die(tmp);
    }
    if (plan->has_folder_sync) {
        sync_folder();
    }
}

static void run_process(const struct plan *plan, long first)
{
    for (; first < plan->count; first += plan->processes) {
        write_file(plan, first);
    }
    _exit(0);
}

static int run_all(const struct plan *plan)
{
    int status, bad = 0;
    long i;

    for (i = 0; i < plan->processes; i++) {
        pid_t pid = fork();
        if (pid < 0) {
            die("fork");
        }
        if (pid == 0) {
            run_process(plan, i);
        }
    }
    while (wait(&status) > 0) {
        bad |= status;
    }
    return bad;
}

int main(int argc, char **argv)
{
    struct plan plan = {0};
    double start;

    if (argc != 6) {
        fprintf(stderr, "usage: files FOLDER COUNT SIZE PROCESSES none|file|folder\n");
        return 100;
    }
    plan.count = strtol(argv[2], NULL, 10);
    plan.size = strtol(argv[3], NULL, 10);
    plan.processes = strtol(argv[4], NULL, 10);
    plan.has_folder_sync = strcmp(argv[5], "folder") == 0;
    plan.has_file_sync = plan.has_folder_sync || strcmp(argv[5], "file") == 0;
    plan.bytes = malloc((size_t)plan.size);
    if (!plan.bytes || chdir(argv[1]) < 0 || mkdir("tmp", 0700) < 0 ||
        mkdir("new", 0700) < 0) {
        die(argv[1]);
    }
    memset(plan.bytes, 'X', (size_t)plan.size);
    start = read_seconds();
    if (run_all(&plan)) {
        return 111;
    }
    printf("%.1f\n", (double)plan.count / (read_seconds() - start));
    return 0;
}

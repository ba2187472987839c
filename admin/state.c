#include "state.h"

#include "../cdb/textfile.h"
#include "command.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_SIZE 64

const char *const service_names[SERVICE_COUNT] = {
    [SERVICE_TLSC] = "tlsc",
    [SERVICE_STS] = "sts",
    [SERVICE_QSEND] = "qsend",
    [SERVICE_TLS] = "tls",
    [SERVICE_LOGIN] = "login",
    [SERVICE_AUTH] = "auth",
    [SERVICE_QMQP] = "qmqp",
    [SERVICE_SMTP] = "smtp",
    [SERVICE_SUBMISSION] = "submission",
    [SERVICE_POP3] = "pop3",
    [SERVICE_SMTPS] = "smtps",
    [SERVICE_POP3S] = "pop3s",
};

/* Names the machine's run: pids and starts mean nothing after the next. 0, or -1 with
 * errno: who took an unknown one for another would forget services that run. */
static int read_boot(char out[BOOT_SIZE])
{
    if (process_read_file("/proc/sys/kernel/random/boot_id", out, BOOT_SIZE) < 0) {
        return -1;
    }
    out[strcspn(out, "\n")] = 0;
    return 0;
}

int state_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path = command_path("run/.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    free(path);
    while (fd >= 0 && fcntl(fd, F_OFD_SETLKW, &lock) < 0) {
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

/* Reads "NAME PID START" after "process=". */
static void read_process(struct state *state, const char *text)
{
    size_t name_len = strcspn(text, " ");
    const char *number = text + name_len + (text[name_len] == ' ');
    size_t number_len = strcspn(number, " ");
    const char *start_text = number + number_len + (number[number_len] == ' ');
    unsigned long long pid, start;
    int i;

    if (text_parse_number(number, number_len, INT_MAX, &pid) < 0 ||
        text_parse_number(start_text, strlen(start_text), ULLONG_MAX, &start) < 0) {
        return;
    }
    for (i = 0; i < SERVICE_COUNT; i++) {
        if (strlen(service_names[i]) == name_len &&
            memcmp(service_names[i], text, name_len) == 0) {
            state->services[i] = (struct process){(pid_t)pid, start};
        }
    }
}

static void read_line(struct state *state, const char *line, const char *boot,
                      int *is_current)
{
    if (strncmp(line, "boot=", 5) == 0) {
        *is_current = strcmp(line + 5, boot) == 0;
    } else if (strncmp(line, "process=", 8) == 0) {
        read_process(state, line + 8);
    } else {
        text_add_string(&state->addresses, line);
        text_add_byte(&state->addresses, '\n');
    }
}

int state_read(struct state *state)
{
    char *path = command_path("run/state");
    struct textfile file;
    struct text_line line = {0};
    char boot[BOOT_SIZE];
    int is_current = 0;
    char *copy;
    int result;

    memset(state, 0, sizeof *state);
    result = textfile_read(&file, path) < 0 ? -1 : !file.is_absent;
    if (result > 0 && read_boot(boot) < 0) {
        result = -1;
    }
    while (result > 0 && textfile_next_line(&file, &line)) {
        copy = memory_copy_bytes(file.bytes + line.start, line.len);
        read_line(state, copy, boot, &is_current);
        free(copy);
    }
    textfile_free(&file);
    free(path);
    return result > 0 ? is_current : result;
}

static int write_lines(FILE *out, const struct state *state)
{
    char boot[BOOT_SIZE];
    int i;

    if (read_boot(boot) < 0) {
        return -1;
    }
    fprintf(out, "boot=%s\n", boot);
    for (i = 0; i < SERVICE_COUNT; i++) {
        if (state->services[i].pid > 0) {
            fprintf(out, "process=%s %ld %llu\n", service_names[i],
                    (long)state->services[i].pid, state->services[i].start);
        }
    }
    fwrite(state->addresses.s ? state->addresses.s : "", 1, state->addresses.len, out);
    return ferror(out) ? -1 : 0;
}

int state_write(const struct state *state)
{
    char *path = command_path("run/state");
    char *temporary = command_path("run/state.tmp");
    FILE *out = fopen(temporary, "we");
    int result = -1;

    if (out) {
        result = write_lines(out, state);
        if (fclose(out) != 0) {
            result = -1;
        }
    }
    if (result == 0) {
        result = rename(temporary, path);
    }
    free(path);
    free(temporary);
    return result;
}

int state_remove(void)
{
    char *path = command_path("run/state");
    int result = unlink(path);

    free(path);
    return result < 0 && errno != ENOENT ? -1 : 0;
}

void state_free(struct state *state)
{
    text_free(&state->addresses);
    memset(state, 0, sizeof *state);
}

int state_count_started(const struct state *state)
{
    int count = 0;
    int i;

    for (i = 0; i < SERVICE_COUNT; i++) {
        count += state->services[i].pid > 0;
    }
    return count;
}

int state_count_alive(const struct state *state)
{
    int count = 0;
    int i;

    for (i = 0; i < SERVICE_COUNT; i++) {
        count += process_is_alive(&state->services[i]);
    }
    return count;
}

void state_print(const struct state *state, int with_pids)
{
    char *dir = command_path("");
    int i;

    fwrite(state->addresses.s ? state->addresses.s : "", 1, state->addresses.len,
           stdout);
    printf("dir=%s\n", dir);
    for (i = 0; with_pids && i < SERVICE_COUNT; i++) {
        if (process_is_alive(&state->services[i])) {
            printf("pid_%s=%ld\n", service_names[i], (long)state->services[i].pid);
        }
    }
    free(dir);
}

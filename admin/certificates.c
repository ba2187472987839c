#include "certificates.h"

#include "command.h"
#include "door.h"
#include "packet.h"
#include "paths.h"
#include "text.h"
#include "tls_door.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_SECONDS 10
#define ANSWER_MOST (16 << 20)
#define FIRST_DAYS "3650"

/* --- asking tlsd --- */

static int read_answer(int door, stralloc *out, clock_ms deadline)
{
    struct pollfd poller = {.fd = door, .events = POLLIN};

    while (out->len < ANSWER_MOST) {
        char block[4096];
        ssize_t got;
        if (poll(&poller, 1, clock_poll_timeout(deadline)) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        got = read(door, block, sizeof block);
        if (got == 0) {
            return 0;
        }
        if (got > 0) {
            text_add_bytes(out, block, (size_t)got);
        } else if (errno != EINTR) {
            return -1;
        }
    }
    errno = EPROTO;
    return -1;
}

static int ask(const char *question, stralloc *out)
{
    clock_ms deadline = clock_deadline(ANSWER_SECONDS);
    struct packet packet = {.next = 0};
    stralloc path = STRALLOC_ZERO;
    int door = door_connect(path_make(&path, PATH_RUN, "tls"), deadline);
    int result = -1;
    int saved;

    packet_add(&packet, question);
    if (door >= 0 && packet_send(door, &packet, -1) == 0) {
        result = read_answer(door, out, deadline);
    }
    saved = errno;
    if (door >= 0) {
        close(door);
    }
    packet_free(&packet);
    text_free(&path);
    errno = saved;
    return result;
}

/* The next field of a line, ended in place; NULL where there is none. */
static const char *take_field(char **rest)
{
    return strsep(rest, " ");
}

static int take_time(char **rest, time_t *out)
{
    const char *field = take_field(rest);
    unsigned long long number;

    if (!field || text_parse_number(field, strlen(field), LLONG_MAX, &number) < 0) {
        return -1;
    }
    *out = (time_t)number;
    return 0;
}

static int parse_row(char *line, struct certificate_row *row)
{
    row->name = take_field(&line);
    row->key = line ? take_field(&line) : NULL;
    if (!row->key || !line || take_time(&line, &row->not_before) < 0 || !line ||
        take_time(&line, &row->not_after) < 0) {
        return -1;
    }
    row->hosts = line ? line : "";
    return 0;
}

int certificates_visit(void (*visit)(const struct certificate_row *row, void *data),
                       void *data)
{
    stralloc answer = STRALLOC_ZERO;
    struct certificate_row row;
    char *rest;
    char *line;
    int count = ask("list", &answer) < 0 ? -1 : 0;
    int saved = errno;

    text_string(&answer);
    rest = answer.s;
    while (count >= 0 && (line = strsep(&rest, "\n")) && *line) {
        if (parse_row(line, &row) == 0) {
            visit(&row, data);
            count++;
        }
    }
    text_free(&answer);
    errno = saved;
    return count;
}

void certificates_visit_refused(void (*visit)(const char *name, int has_old,
                                              const char *why))
{
    stralloc answer = STRALLOC_ZERO;
    char *rest;
    char *line;

    if (ask("refused", &answer) == 0) {
        text_string(&answer);
        rest = answer.s;
        while ((line = strsep(&rest, "\n")) && *line) {
            const char *name = take_field(&line);
            const char *old = line ? take_field(&line) : NULL;
            if (old && line) {
                visit(name, strcmp(old, "stays") == 0, line);
            }
        }
    }
    text_free(&answer);
}

/* --- the first one --- */

static int is_there(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* 1 where something is in the folder, 0 where it is empty; -1 with errno. */
static int has_pairs(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_there, NULL);
    int i;

    for (i = 0; i < count; i++) {
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    return count > 0 ? 1 : count;
}

/* Runs the command openssl, quietly. 0, -1 where it failed, or its errno. */
static int run_openssl(char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    int status;
    int failure;
    pid_t pid;

    if (posix_spawn_file_actions_init(&actions) != 0) {
        text_exhausted();
    }
    failure = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) ||
              posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) ||
              posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!failure) {
        failure = posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (failure) {
        return failure;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Makes both files in FOLDER, which is there. */
static int make_pair(const char *folder, const char *host)
{
    char command[] = "openssl", request[] = "req", sign[] = "-x509",
         new_key[] = "-newkey", type[] = "ec", option[] = "-pkeyopt",
         curve[] = "ec_paramgen_curve:prime256v1", open_key[] = "-nodes",
         key_file[] = "-keyout", chain_file[] = "-out", days[] = "-days",
         day_count[] = FIRST_DAYS, subject[] = "-subj", extension[] = "-addext";
    stralloc key = STRALLOC_ZERO, chain = STRALLOC_ZERO, who = STRALLOC_ZERO,
             names = STRALLOC_ZERO;
    char *arguments[] = {command,    request,   sign,     new_key,   type,
                         option,     curve,     open_key, key_file,  NULL,
                         chain_file, NULL,      days,     day_count, subject,
                         NULL,       extension, NULL,     NULL};
    int result;

    text_add_format(&key, "%s/privkey.pem", folder);
    text_add_format(&chain, "%s/fullchain.pem", folder);
    /* A common name has 64 bytes at most; nobody reads it where there are others. */
    text_add_format(&who, "/CN=%.64s", host);
    text_add_format(&names, "subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1", host);
    text_string(&key);
    text_string(&chain);
    text_string(&who);
    text_string(&names);
    arguments[9] = key.s;
    arguments[11] = chain.s;
    arguments[15] = who.s;
    arguments[17] = names.s;
    result = run_openssl(arguments);
    text_free(&key);
    text_free(&chain);
    text_free(&who);
    text_free(&names);
    return result;
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);
    int saved = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
    return result;
}

static int sync_in(const char *folder, const char *name)
{
    stralloc path = STRALLOC_ZERO;
    int result;

    text_add_format(&path, "%s/%s", folder, name);
    result = sync_path(text_string(&path));
    text_free(&path);
    return result;
}

/* Gives the folder NEW, with both files, its name within FOLDER, durably. */
static int put_in_place(const char *folder, const char *new, const char *final)
{
    return sync_in(new, "privkey.pem") < 0 || sync_in(new, "fullchain.pem") < 0 ||
                   sync_path(new) < 0 || rename(new, final) < 0 || sync_path(folder) < 0
               ? -1
               : 0;
}

/* The folder gets its name when both are in it. */
static int make_default(const char *folder, const char *host)
{
    stralloc new = STRALLOC_ZERO, final = STRALLOC_ZERO;
    int failure;
    int result = -1;

    text_add_format(&new, "%s/.new", folder);
    text_add_format(&final, "%s/default", folder);
    if (mkdir(text_string(&new), 0700) == 0 || errno == EEXIST) {
        failure = make_pair(new.s, host);
        if (failure) {
            command_fail(0, "no TLS: the command openssl (package openssl): %s",
                         failure < 0 ? "it failed" : strerror(failure));
            result = 0;
        } else {
            result = put_in_place(folder, new.s, text_string(&final)) == 0 ? 1 : -1;
        }
    }
    text_free(&new);
    text_free(&final);
    return result;
}

int certificates_make_first(const char *host)
{
    stralloc folder = STRALLOC_ZERO;
    int result = has_pairs(path_make(&folder, PATH_ETC, "tls"));

    if (result == 0) {
        result = make_default(folder.s, host);
    }
    text_free(&folder);
    return result;
}

#include "person.h"

#include "encode.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char user_name[64];
static char full_name[256];

/* getent(1) with its answer in a pipe; the pipe's end to read, or -1. */
static int start_getent(char *uid, pid_t *pid)
{
    static char program[] = "getent", table[] = "passwd";
    char *const arguments[] = {program, table, uid, NULL};
    posix_spawn_file_actions_t actions;
    int pair[2];
    int failure;

    if (pipe2(pair, O_CLOEXEC) < 0) {
        return -1;
    }
    failure = posix_spawn_file_actions_init(&actions);
    if (failure == 0) {
        failure = posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
        if (failure == 0) {
            failure = posix_spawnp(pid, program, &actions, NULL, arguments, environ);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    close(pair[1]);
    if (failure) {
        close(pair[0]);
        return -1;
    }
    return pair[0];
}

/* "NAME:x:UID:GID:GECOS:...", of which name, uid and gecos are set; the line is kept.
 * fgetpwent would do, but glibc's wants a file that it can seek in. */
static const struct passwd *read_entry(FILE *in)
{
    static struct passwd entry;
    static char line[1024];
    char *rest = fgets(line, sizeof line, in);
    char *fields[5];
    unsigned long long uid;
    size_t i;

    for (i = 0; i < 5; i++) {
        fields[i] = rest ? strsep(&rest, ":\n") : NULL;
        if (!fields[i]) {
            return NULL;
        }
    }
    if (text_parse_number(fields[2], strlen(fields[2]), UINT32_MAX, &uid) < 0) {
        return NULL;
    }
    entry = (struct passwd){
        .pw_name = fields[0], .pw_uid = (uid_t)uid, .pw_gecos = fields[4]};
    return &entry;
}

/* The machine may know users that stand in no file (LDAP, systemd-homed): libc's own
 * program asks for them, since a static one can't. */
static const struct passwd *ask_getent(uid_t uid)
{
    const struct passwd *entry = NULL;
    char text[24];
    FILE *answer;
    pid_t pid;
    int fd;

    snprintf(text, sizeof text, "%lu", (unsigned long)uid);
    fd = start_getent(text, &pid);
    if (fd < 0) {
        return NULL;
    }
    answer = fdopen(fd, "r");
    if (answer) {
        entry = read_entry(answer);
        fclose(answer);
    } else {
        close(fd);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return entry && entry->pw_uid == uid ? entry : NULL;
}

/* The entry of LOGNAME or USER where it has our uid, else that of our uid. */
static const struct passwd *find_entry(void)
{
    static const char *const names[] = {"LOGNAME", "USER"};
    const struct passwd *entry;
    size_t i;

    for (i = 0; i < 2; i++) {
        const char *name = getenv(names[i]);
        entry = name && *name ? getpwnam(name) : NULL;
        if (entry && entry->pw_uid == getuid()) {
            return entry;
        }
    }
    entry = getpwuid(getuid());
    return entry ? entry : ask_getent(getuid());
}

static void set_name(const struct passwd *entry)
{
    if (entry && strlen(entry->pw_name) < sizeof user_name) {
        snprintf(user_name, sizeof user_name, "%s", entry->pw_name);
    } else {
        snprintf(user_name, sizeof user_name, "uid%ld", (long)getuid());
    }
}

static void set_full_name(const struct passwd *entry)
{
    const char *at = entry ? entry->pw_gecos : "";
    size_t size = sizeof full_name;
    size_t len = 0;

    for (; *at && *at != ',' && len + 1 < size; at++) {
        if (*at == '&') {
            len += (size_t)snprintf(full_name + len, size - len, "%s", entry->pw_name);
            if (len >= size) {
                len = size - 1;
            }
        } else if ((unsigned char)*at >= ' ') {
            full_name[len++] = *at;
        }
    }
    full_name[len] = '\0';
}

void person_find(void)
{
    const struct passwd *entry = find_entry();

    set_name(entry);
    set_full_name(entry);
}

const char *person_name(void)
{
    return user_name;
}

const char *person_full_name(void)
{
    return full_name;
}

static int is_plain(const char *name)
{
    for (; *name; name++) {
        int is_letter = (*name >= 'a' && *name <= 'z') ||
                        (*name >= 'A' && *name <= 'Z') ||
                        (*name >= '0' && *name <= '9');
        if (!is_letter && !strchr(" !#$%&'*+-/=?^_`{|}~", *name)) {
            return 0;
        }
    }
    return 1;
}

static int is_ascii(const char *name)
{
    for (; *name; name++) {
        if ((unsigned char)*name > 126 || (unsigned char)*name < ' ') {
            return 0;
        }
    }
    return 1;
}

/* Encoded words of at most 45 bytes of text each, cut between characters. */
static void add_encoded(stralloc *out, const char *name)
{
    size_t len = strlen(name);

    while (len > 0) {
        size_t part = len < 45 ? len : 45;
        while (part > 1 && part < len && ((unsigned char)name[part] & 0xc0) == 0x80) {
            part--;
        }
        text_add_string(out, "=?utf-8?B?");
        base64_encode(out, name, part);
        text_add_string(out, part < len ? "?=\n " : "?=");
        name += part;
        len -= part;
    }
}

void person_add_phrase(stralloc *out, const char *name)
{
    if (!is_ascii(name)) {
        add_encoded(out, name);
    } else if (is_plain(name)) {
        text_add_string(out, name);
    } else {
        text_add_byte(out, '"');
        for (; *name; name++) {
            if (*name == '"' || *name == '\\') {
                text_add_byte(out, '\\');
            }
            text_add_byte(out, *name);
        }
        text_add_byte(out, '"');
    }
}

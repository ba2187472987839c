#include "secret.h"

#include "scram.h"
#include "settings.h"
#include "text.h"

#include <crypt.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

/* Bytes: what yescrypt takes by itself. */
#define SALT_SIZE 16

static struct termios terminal_before;

/* A terminal must not be left without its echo. */
static void restore_and_end(int signal_number)
{
    tcsetattr(0, TCSAFLUSH, &terminal_before);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void set_handlers(void (*handler)(int))
{
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    signal(SIGHUP, handler);
    signal(SIGQUIT, handler);
}

/* What is wrong with a password, not with the system. */
static const char *refuse(const char *why)
{
    errno = 0;
    return why;
}

static const char *read_line(stralloc *out)
{
    char byte;
    ssize_t got;

    text_clear(out);
    /* Memory is taken beforehand, so that growing leaves no copies behind. */
    if (!stralloc_ready(out, SECRET_MAX + 2)) {
        text_exhausted();
    }
    while ((got = read(0, &byte, 1)) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return strerror(errno);
        }
        if (byte == '\n') {
            break;
        }
        if (byte == 0) {
            return refuse("a password can't hold a NUL byte");
        }
        if (out->len > SECRET_MAX) {
            return refuse("the password is too long");
        }
        text_add_byte(out, byte);
    }
    if (out->len > 0 && out->s[out->len - 1] == '\r') {
        out->len--;
    }
    text_string(out);
    return out->len > SECRET_MAX ? refuse("the password is too long") : NULL;
}

static const char *ask(const char *question, const char *purpose, stralloc *out)
{
    const char *fault;
    int saved;

    dprintf(2, "%s %s: ", question, purpose);
    fault = read_line(out);
    saved = errno;
    dprintf(2, "\n");
    errno = saved;
    return fault;
}

static const char *ask_for_new(const char *purpose, stralloc *out)
{
    stralloc again = STRALLOC_ZERO;
    const char *fault = ask("New password of", purpose, out);

    if (!fault) {
        fault = ask("Once more, new password of", purpose, &again);
    }
    if (!fault && strcmp(out->s, again.s) != 0) {
        fault = refuse("the two are not the same");
    }
    secret_free(&again);
    return fault;
}

const char *secret_read(const char *purpose, int is_check, stralloc *out)
{
    struct termios silent;
    const char *fault;
    int saved;

    if (!isatty(0) || tcgetattr(0, &terminal_before) < 0) {
        return read_line(out);
    }
    silent = terminal_before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    set_handlers(restore_and_end);
    /* Before the question: what is typed in answer to it is neither shown nor lost. */
    tcsetattr(0, TCSAFLUSH, &silent);
    fault = is_check ? ask("Password of", purpose, out) : ask_for_new(purpose, out);
    saved = errno;
    tcsetattr(0, TCSAFLUSH, &terminal_before);
    set_handlers(SIG_DFL);
    errno = saved;
    return fault;
}

void secret_free(stralloc *secret)
{
    if (secret->s) {
        explicit_bzero(secret->s, secret->a);
    }
    text_free(secret);
}

const char *secret_hash(const char *password, const char *method, unsigned long cost,
                        stralloc *out)
{
    static struct crypt_data data;
    char salt[SALT_SIZE];
    char *setting;
    const char *hash;

    if (method[0] != '$') {
        return refuse("a method is a prefix of crypt(5) such as $y$ or $6$");
    }
    /* libcrypt would end us where it gets none. */
    if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt) {
        return "no random bytes for the salt";
    }
    setting = crypt_gensalt_ra(method, cost, salt, sizeof salt);
    if (!setting) {
        return errno == EINVAL ? refuse("libcrypt does not know that method or cost")
                               : strerror(errno);
    }
    errno = 0;
    hash = crypt_r(password, setting, &data);
    if (!hash || hash[0] == '*') {
        /* It says EINVAL for all; the setting is one of its own. */
        int saved = errno == 0 || errno == EINVAL ? ENOMEM : errno;
        explicit_bzero(&data, sizeof data);
        free(setting);
        errno = saved;
        return "libcrypt could not hash the password";
    }
    free(setting);
    text_set_string(out, hash);
    text_string(out);
    explicit_bzero(&data, sizeof data);
    return NULL;
}

const char *secret_add_keys(const char *password, stralloc *out)
{
    struct scram_keys keys = {.iterations = SCRAM_ITERATIONS,
                              .salt_len = SCRAM_SALT_SIZE};

    if (!scram_password_is_plain(password, strlen(password))) {
        return refuse("SCRAM takes passwords of printable ASCII alone");
    }
    if (getrandom(keys.salt, keys.salt_len, 0) != (ssize_t)keys.salt_len) {
        return "no random bytes for the salt";
    }
    scram_keys_make(&keys, password, strlen(password));
    text_add_byte(out, ' ');
    scram_keys_format(&keys, out);
    text_string(out);
    explicit_bzero(&keys, sizeof keys);
    return NULL;
}

int secret_keys_are_wanted(void)
{
    struct tables tables = {0};
    int result;

    if (tables_open(&tables) < 0) {
        return 0;
    }
    result = (int)setting_number(&tables, SET_auth_scram);
    tables_close(&tables);
    return result;
}

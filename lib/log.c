#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SYSLOG_PATH "/dev/log"
#define SYSLOG_MAIL (2 << 3) /* the facility */

enum sink { SINK_PLAIN, SINK_SYSLOG, SINK_NOWHERE };

static const char *log_program = "pombo";
static enum sink log_sink = SINK_PLAIN;

/* Puts the system's log in the place of descriptor 2. */
static int connect_syslog(void)
{
    static const struct sockaddr_un address = {AF_UNIX, SYSLOG_PATH};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int is_there =
        fd >= 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        dup2(fd, 2) == 2;

    if (fd >= 0) {
        close(fd);
    }
    return is_there;
}

/* Takes the client away from descriptor 2: a program that is started behind TLS has
 * another descriptor 0, and would take it for a log. */
static void close_off(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        dup2(fd, 2);
        close(fd);
    }
}

static int socket_option(int option)
{
    int value = -1;
    socklen_t size = sizeof value;

    return getsockopt(2, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* Inetd and xinetd make the client descriptor 2, too, and a client must not read the
 * log between its replies. A TCP connection is a client's in any case. */
static int is_client(const struct stat *err)
{
    struct stat in;

    return (fstat(0, &in) == 0 && in.st_dev == err->st_dev &&
            in.st_ino == err->st_ino) ||
           (socket_option(SO_DOMAIN) != AF_UNIX &&
            socket_option(SO_TYPE) == SOCK_STREAM);
}

static enum sink find_sink(void)
{
    struct stat err;

    if (fstat(2, &err) < 0 || !S_ISSOCK(err.st_mode)) {
        return SINK_PLAIN;
    }
    if (!is_client(&err)) {
        return socket_option(SO_TYPE) == SOCK_DGRAM ? SINK_SYSLOG : SINK_PLAIN;
    }
    if (connect_syslog()) {
        return SINK_SYSLOG;
    }
    close_off();
    return SINK_NOWHERE;
}

void log_open(const char *name)
{
    log_program = name;
    log_sink = find_sink();
}

/* Room is kept for the line end. */
static void add_byte(struct log_line *line, char byte)
{
    if (line->len < sizeof line->bytes - 1) {
        line->bytes[line->len++] = byte;
    }
}

static void add_string(struct log_line *line, const char *s)
{
    while (*s) {
        add_byte(line, *s++);
    }
}

static void add_time(struct log_line *line)
{
    struct timespec now;
    struct tm utc;
    char text[40];
    size_t len;

    if (clock_gettime(CLOCK_REALTIME, &now) < 0 || !gmtime_r(&now.tv_sec, &utc)) {
        return;
    }
    len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, sizeof text - len, ".%03ldZ ", now.tv_nsec / 1000000);
    add_string(line, text);
}

/* Whether descriptor 2 is the journal that JOURNAL_STREAM names by "DEVICE:INODE": who
 * sends the log elsewhere leaves the variable set (systemd.exec(5)). */
static int is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    int saved = errno;
    struct stat status;
    char text[48];

    if (!stream) {
        return 0;
    }
    if (fstat(2, &status) < 0) {
        errno = saved;
        return 0;
    }
    snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino);
    return strcmp(stream, text) == 0;
}

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
    int is_syslog_line = log_sink == SINK_SYSLOG;
    char text[32];

    line->len = 0;
    if (is_syslog_line || is_journal()) {
        snprintf(text, sizeof text, "<%d>",
                 (int)level | (is_syslog_line ? SYSLOG_MAIL : 0));
        add_string(line, text);
    } else {
        add_time(line);
    }
    add_string(line, log_program);
    snprintf(text, sizeof text, is_syslog_line ? "[%ld]: " : "[%ld] ", (long)getpid());
    add_string(line, text);
    add_string(line, event);
}

static int is_plain(const char *value, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\\') {
            return 0;
        }
    }
    return len > 0;
}

static void add_escaped(struct log_line *line, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";

    if (c == '"' || c == '\\') {
        add_byte(line, '\\');
        add_byte(line, (char)c);
    } else if (c < ' ' || c > '~') {
        add_string(line, "\\x");
        add_byte(line, hex[c >> 4]);
        add_byte(line, hex[c & 15]);
    } else {
        add_byte(line, (char)c);
    }
}

void log_bytes(struct log_line *line, const char *key, const char *value, size_t len)
{
    int plain;
    size_t i;

    if (len > LOG_VALUE_MAX) {
        len = LOG_VALUE_MAX;
    }
    plain = is_plain(value, len);
    add_byte(line, ' ');
    add_string(line, key);
    add_byte(line, '=');
    if (!plain) {
        add_byte(line, '"');
    }
    for (i = 0; i < len; i++) {
        add_escaped(line, (unsigned char)value[i]);
    }
    if (!plain) {
        add_byte(line, '"');
    }
}

void log_string(struct log_line *line, const char *key, const char *value)
{
    if (!value) {
        value = "-";
    }
    log_bytes(line, key, value, strlen(value));
}

void log_number(struct log_line *line, const char *key, long long value)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", value);
    log_string(line, key, text);
}

void log_errno(struct log_line *line, int errnum)
{
    log_string(line, "error", strerror(errnum));
}

void log_end(struct log_line *line)
{
    int saved = errno;
    ssize_t written;

    line->bytes[line->len++] = '\n';
    if (log_sink == SINK_NOWHERE) {
        return;
    }
    do {
        written = write(2, line->bytes, line->len);
    } while (written < 0 && errno == EINTR);
    errno = saved;
}

static void add_pairs(struct log_line *line, va_list args)
{
    const char *key;

    while ((key = va_arg(args, const char *))) {
        log_string(line, key, va_arg(args, const char *));
    }
}

void log_event(enum log_level level, const char *event, ...)
{
    struct log_line line;
    va_list args;

    log_begin(&line, level, event);
    va_start(args, event);
    add_pairs(&line, args);
    va_end(args);
    log_end(&line);
}

void log_failure(const char *event, ...)
{
    int saved = errno;
    struct log_line line;
    va_list args;

    log_begin(&line, LOG_LEVEL_ERROR, event);
    va_start(args, event);
    add_pairs(&line, args);
    va_end(args);
    log_errno(&line, saved);
    log_end(&line);
}

/* The log: one line an event on file descriptor 2, in one write:
 *     [TIME ]PROGRAM[PID] EVENT key=value key=value ...
 * TIME (UTC, ISO 8601 with milliseconds) is left out where the journal reads
 * along (JOURNAL_STREAM names descriptor 2), which gets a <priority> prefix instead.
 * Where descriptor 2 is the client (inetd makes it so), that is, the same socket as
 * descriptor 0, or a TCP connection, the system's log takes its place, and gets the
 * lines as "<priority>PROGRAM[PID]: EVENT ..." of the facility mail; or /dev/null if
 * there is none.
 * Values with spaces, quotes, control bytes or bytes over 126 are put in double
 * quotes with \" \\ and \xHH escapes, so no peer can forge a line or a field; a
 * value is cut at LOG_VALUE_MAX bytes, a line at LOG_LINE_MAX. Uses libc alone,
 * because qlisten links it too. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stddef.h>

#define LOG_LINE_MAX 3072
#define LOG_VALUE_MAX 512

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6 };

struct log_line {
    size_t len;
    char bytes[LOG_LINE_MAX];
};

/* Names the program in all later lines, and finds out where they go; the first thing
 * that a program does. NAME is kept, not copied. */
void log_open(const char *name);

/* Starts a line; EVENT is one bare word in lower case, such as "accepted". */
void log_begin(struct log_line *line, enum log_level level, const char *event);
/* Adds KEY=VALUE. A NULL value is written as "-". */
void log_string(struct log_line *line, const char *key, const char *value);
void log_bytes(struct log_line *line, const char *key, const char *value, size_t len);
void log_number(struct log_line *line, const char *key, long long value);
/* Adds error="text of ERRNUM". */
void log_errno(struct log_line *line, int errnum);
/* Writes the line. A log that can't be written is no reason to stop: no result. */
void log_end(struct log_line *line);

/* A whole line with pairs of strings: log_event(LOG_LEVEL_INFO, "start",
 * "dir", dir, (char *)0). */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
/* An error with the text of errno: log_failure("open", "file", path, (char *)0). */
void log_failure(const char *event, ...) __attribute__((sentinel));

#endif

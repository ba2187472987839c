/* The one reader of lines for all protocols: a buffer over a file descriptor,
 * with a deadline on every wait. Bare CR, bare LF, NUL and over-long lines are
 * met here and nowhere else. */
#ifndef LIB_LINEREADER_H
#define LIB_LINEREADER_H

#include "clock.h"

#include <stddef.h>
#include <sys/types.h>

enum line_result {
    LINE_OK,
    LINE_END,     /* the peer closed; bytes after the last CRLF are dropped */
    LINE_TIMEOUT, /* the deadline passed */
    LINE_ERROR,   /* errno tells */
    LINE_LONG,    /* over the limit; the rest of the line was read and dropped */
    LINE_BARE_LF, /* the line held an LF without CR ... */
    LINE_BARE_CR, /* ... a CR without LF ... */
    LINE_NUL      /* ... or a NUL; it was read up to its CRLF (or its LF) */
};

struct line_reader {
    int fd;
    char *buffer;
    size_t size, start, end;
    size_t most; /* the most that line_read had in it since the last wipe */
    int saw_end; /* read returned 0 */
};

/* SIZE is the buffer's; the longest line that can be read is SIZE - 2. */
void line_reader_open(struct line_reader *reader, int fd, size_t size);
void line_reader_close(struct line_reader *reader); /* frees; leaves the fd open */
/* The same as line_reader_open with a buffer of the caller's, and nothing to close. */
void line_reader_use(struct line_reader *reader, int fd, char *buffer, size_t size);

/* Reads one line that ends in CRLF. For LINE_OK, *LINE points into the buffer, is
 * NUL-terminated in place of its CR, *LEN bytes long without the CRLF, and valid
 * until the next call. LIMIT: bytes without CRLF. With is_lf_allowed a bare LF
 * ends a line too (replies of slack servers, local programs). */
enum line_result line_read(struct line_reader *reader, size_t limit, int is_lf_allowed,
                           clock_ms deadline, char **line, size_t *len);
/* The same, reading not one byte past the line from the fd (MSG_PEEK on sockets,
 * byte by byte elsewhere): for programs that hand the fd on. The buffer is empty
 * afterwards. */
enum line_result line_read_exactly(struct line_reader *reader, size_t limit,
                                   clock_ms deadline, char **line, size_t *len);
/* Waits for at least one byte in the buffer: LINE_OK, END, TIMEOUT or ERROR. Bytes
 * are then buffer[start .. end), and the caller moves start on. Used for DATA and
 * BDAT. */
enum line_result line_reader_fill(struct line_reader *reader, clock_ms deadline);
/* Overwrites what line_read has taken out of the buffer, as it held a secret. */
void line_reader_wipe(struct line_reader *reader);
/* 1 where input is there already, in the buffer or (asked without waiting) on the fd.
 */
int line_reader_has_input(struct line_reader *reader);

/* Writes all of BYTES before the deadline, waiting with poll where the fd is
 * non-blocking or full: LINE_OK, LINE_TIMEOUT or LINE_ERROR. */
enum line_result line_write(int fd, const char *bytes, size_t len, clock_ms deadline);

#endif

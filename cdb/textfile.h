/* A text file of the configuration in memory, line by line. A row is a line without
 * its comment ('#' at its start or after a blank, outside double quotes) and without
 * blanks at both ends. */
#ifndef CDB_TEXTFILE_H
#define CDB_TEXTFILE_H

#include "fault.h"

#include <stddef.h>

#define TEXTFILE_LINE_MAX 1000000

struct textfile {
    char *path;
    char *bytes; /* len bytes and a NUL */
    size_t len;
    int is_absent; /* there is no such file: it counts as empty */
};

/* Reads PATH whole. 0, or -1 with errno; EFBIG over a GiB. Freed by textfile_free in
 * each case. */
int textfile_read(struct textfile *file, const char *path);
void textfile_free(struct textfile *file);

struct text_line {
    size_t start, len; /* in the file's bytes, without the line end */
    unsigned number;   /* from 1; 0 before the first */
};
/* Moves LINE (at first {0}) to the next line; 0 after the last. */
int textfile_next_line(const struct textfile *file, struct text_line *line);

/* One row to be taken apart. */
struct text_row {
    const struct textfile *file;
    unsigned line;
    struct faults *faults;
    char *text; /* what is left of it; may be written to */
};
/* Reports what no file may hold: NUL, other control bytes, bytes that are not UTF-8,
 * over-long lines; and calls PARSE(row, data) for each good row that is not empty. */
void textfile_each_row(const struct textfile *file, struct faults *faults,
                       void (*parse)(struct text_row *row, void *data), void *data);
void row_fault(const struct text_row *row, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the next word off the row, NUL-terminated: up to a blank outside double
 * quotes. NULL where none is left. */
char *row_next_word(struct text_row *row);
/* Strips comment and blanks of a NUL-terminated line in place; returns the row. */
char *row_strip(char *text);

#endif

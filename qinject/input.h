/* Standard input as lines with LF: CRLF becomes LF, and where wanted a line with a dot
 * alone ends it. */
#ifndef QINJECT_INPUT_H
#define QINJECT_INPUT_H

#include <skalibs/stralloc.h>

struct input {
    int fd;
    int ends_at_dot;
    char *buffer;
    size_t start, end;
    int saw_end;
    int is_inside; /* the last piece did not end its line */
    int has_error; /* errno of a failed read */
};

void input_open(struct input *input, int fd, int ends_at_dot);
void input_close(struct input *input);
/* Sets LINE to the next line with its LF (the last may lack it), or to a piece of 64
 * KiB of an over-long one. 1, or 0 at the end (has_error tells whether by an error). */
int input_next(struct input *input, stralloc *line);

#endif

#include "fault.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void add_escaped(stralloc *out, const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127) {
            text_add_format(out, "\\x%02X", (unsigned)(unsigned char)*text);
        } else {
            text_add_byte(out, *text);
        }
    }
}

void fault_report(struct faults *faults, const char *path, unsigned line,
                  const char *format, ...)
{
    stralloc out = STRALLOC_ZERO;
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text_exhausted();
    }
    va_end(args);
    add_escaped(&out, path);
    if (line > 0) {
        text_add_format(&out, ":%u", line);
    }
    text_add_string(&out, ": ");
    add_escaped(&out, text);
    text_add_byte(&out, '\n');
    if (write(2, out.s, out.len) < 0) {
        /* The exit code still tells. */
    }
    text_free(&out);
    free(text);
    faults->count++;
}

#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

void complain(const char *format, ...)
{
    char text[1000];
    va_list args;
    char *at;

    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is right above */
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (at = text; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 127) {
            *at = '?';
        }
    }
    fprintf(stderr, "qinject: %s\n", text);
}

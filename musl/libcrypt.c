#include "libcrypt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void __explicit_bzero_chk(void *bytes, size_t len, size_t room)
{
    if (len > room) {
        abort();
    }
    explicit_bzero(bytes, len);
}

int __snprintf_chk(char *out, size_t size, int flag, size_t room, const char *format,
                   ...)
{
    va_list args;
    int len;

    (void)flag;
    if (size > room) {
        abort();
    }
    va_start(args, format);
    len = vsnprintf(out, size, format, args);
    va_end(args);
    return len;
}

void arc4random_buf(void *bytes, size_t len)
{
    if (len > 256 || getrandom(bytes, len, 0) != (ssize_t)len) {
        abort(); /* up to 256 bytes come whole, or not at all */
    }
}

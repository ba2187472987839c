#include "wire.h"

#include "text.h"

#include <string.h>

/* Puts blanks in place of CR and NUL. */
static void make_harmless(char *bytes, size_t len)
{
    size_t i;

    if (!memchr(bytes, '\r', len) && !memchr(bytes, '\0', len)) {
        return;
    }
    for (i = 0; i < len; i++) {
        if (bytes[i] == '\r' || bytes[i] == '\0') {
            bytes[i] = ' ';
        }
    }
}

void wire_encode(struct wire *wire, stralloc *out, const char *bytes, size_t len)
{
    const char *end = bytes + len;

    while (bytes < end) {
        const char *lf = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t part = (size_t)((lf ? lf : end) - bytes);
        if (!wire->is_line_open && part > 0 && *bytes == '.') {
            text_add_byte(out, '.');
        }
        if (part > 0) {
            text_add_bytes(out, bytes, part);
            make_harmless(out->s + out->len - part, part);
        }
        wire->is_line_open = !lf;
        if (lf) {
            text_add_bytes(out, "\r\n", 2);
            part++;
        }
        bytes += part;
    }
}

void wire_end(struct wire *wire, stralloc *out)
{
    text_add_string(out, wire->is_line_open ? "\r\n.\r\n" : ".\r\n");
    wire->is_line_open = 0;
}

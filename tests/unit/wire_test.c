#include "../../qremote/wire.h"
#include "check.h"
#include "text.h"

#include <stdlib.h>

/* Encodes in two blocks, cut at CUT. */
static void encode(stralloc *out, const char *in, size_t len, size_t cut)
{
    struct wire wire = {0};
    /* Blocks of their exact size, so that a read past the end is noticed. */
    char *one = memory_copy_bytes(in, cut);
    char *two = memory_copy_bytes(in + cut, len - cut);

    text_clear(out);
    wire_encode(&wire, out, one, cut);
    wire_encode(&wire, out, two, len - cut);
    wire_end(&wire, out);
    free(one);
    free(two);
}

int main(void)
{
#define ROW(in, out)                                                                   \
    {                                                                                  \
        in, sizeof in - 1, out                                                         \
    }
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } rows[] = {
        ROW("", ".\r\n"),
        ROW("\n", "\r\n.\r\n"),
        ROW("a", "a\r\n.\r\n"),
        ROW("a\n", "a\r\n.\r\n"),
        ROW("a\nb\n\nc\n", "a\r\nb\r\n\r\nc\r\n.\r\n"),
        ROW(".", "..\r\n.\r\n"),
        ROW(".\n", "..\r\n.\r\n"),
        ROW("..a\n.b\nc.\n.", "...a\r\n..b\r\nc.\r\n..\r\n.\r\n"),
        ROW("a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"),
        ROW("a\r\n.\r\nb", "a \r\n.. \r\nb\r\n.\r\n"),
        ROW("a\r.\rb\0c", "a . b c\r\n.\r\n"),
        ROW("\r.\n", " .\r\n.\r\n"),
        ROW("\n\n.\n", "\r\n\r\n..\r\n.\r\n"),
        ROW("\377\200 caf\303\251\n", "\377\200 caf\303\251\r\n.\r\n"),
    };
    stralloc out = STRALLOC_ZERO;
    size_t i, cut;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (cut = 0; cut <= rows[i].len; cut++) {
            encode(&out, rows[i].in, rows[i].len, cut);
            CHECK_STRING(text_string(&out), rows[i].out);
        }
    }
    text_free(&out);
    return check_report();
}

#include "image.h"

#include "encode.h"
#include "fuzz.h"
#include "text.h"

/* The checksum takes each state as '.'. */
static uint32_t header_crc(const char *header, size_t len)
{
    char *copy = malloc(len + 1);
    uint32_t crc;
    size_t i;

    if (len > 0) {
        memcpy(copy, header, len);
    }
    for (i = 0; i + 2 < len; i++) {
        if ((i == 0 || copy[i - 1] == '\n') && copy[i] == 'R' && copy[i + 1] == ' ' &&
            copy[i + 2] != '\n') {
            copy[i + 2] = '.';
        }
    }
    crc = crc32c(0, copy, len);
    free(copy);
    return crc;
}

void image_make(stralloc *out, const char *header, size_t header_len, const char *body,
                size_t body_len)
{
    text_clear(out);
    text_add_format(out, "pombo 1 %08zx %08x\n", header_len,
                    header_crc(header, header_len));
    text_add_bytes(out, header, header_len);
    text_add_bytes(out, body, body_len);
    text_add_format(out, "END %016zx %08x\n", body_len, crc32c(0, body, body_len));
}

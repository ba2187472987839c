#include "mailboxname.h"

#include "address.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void add_part(stralloc *out, const char *part, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)part[i];
        if (isalnum(byte) || byte >= 0x80 || strchr("+-_=", byte) ||
            (byte == '.' && i > 0)) {
            text_add_byte(out, (char)byte);
        } else {
            text_add_format(out, "%%%02X", (unsigned)byte);
        }
    }
}

void mailboxname_make(const char *address, stralloc *out)
{
    const char *domain = address_domain(address);
    char *folded = memory_copy_string(address);
    size_t local_len = (size_t)(domain - 1 - address);

    text_lower(folded, strlen(folded));
    text_clear(out);
    add_part(out, folded + local_len + 1, strlen(domain));
    text_add_byte(out, '/');
    add_part(out, folded, local_len);
    text_string(out);
    free(folded);
}

#include "sasl_plain.h"

#include "encode.h"
#include "text.h"

#include <string.h>

static int decode(const char *message, size_t len, stralloc *decoded)
{
    text_clear(decoded);
    /* All the room at once: growing would leave copies that nobody wipes. */
    if (!stralloc_ready(decoded, len + 1)) {
        text_exhausted();
    }
    return base64_decode(decoded, message, len);
}

enum sasl_plain_result sasl_plain_parse(const char *message, size_t len,
                                        stralloc *decoded, struct sasl_plain *out)
{
    const char *end, *user, *password;

    if (decode(message, len, decoded) < 0) {
        return SASL_PLAIN_MALFORMED;
    }
    end = decoded->s + decoded->len;
    user = memchr(decoded->s, 0, decoded->len);
    password = user ? memchr(user + 1, 0, (size_t)(end - user - 1)) : NULL;
    if (!password || memchr(password + 1, 0, (size_t)(end - password - 1))) {
        return SASL_PLAIN_MALFORMED;
    }
    out->user = user + 1;
    out->user_len = (size_t)(password - out->user);
    out->password = password + 1;
    out->password_len = (size_t)(end - out->password);
    if (out->user_len == 0 || out->password_len == 0) {
        return SASL_PLAIN_MALFORMED;
    }
    return user == decoded->s ||
                   text_equal_nocase(decoded->s, (size_t)(user - decoded->s), out->user,
                                     out->user_len)
               ? SASL_PLAIN_OK
               : SASL_PLAIN_OTHER;
}

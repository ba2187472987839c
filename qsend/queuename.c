#include "queuename.h"

#include "queuefile.h"

#include <string.h>

/* Length of ".KIND INDEX" at the start of S, or 0. */
static size_t suffix_length(const char *s)
{
    size_t digits;

    if (s[0] != '.' || s[1] == '\0' || !strchr("bwsf", s[1])) {
        return 0;
    }
    digits = strspn(s + 2, "0123456789");
    return digits > 0 ? digits + 2 : 0;
}

int queuename_is_valid(const char *name)
{
    size_t at = strspn(name, "abcdefghijklmnopqrstuvwxyz234567");

    if (at != RANDOM_NAME_LEN || strlen(name) >= QUEUE_NAME_SIZE) {
        return 0;
    }
    while (name[at] != '\0') {
        size_t len = suffix_length(name + at);
        if (len == 0) {
            return 0;
        }
        at += len;
    }
    return 1;
}

int queuename_is_derived(const char *name)
{
    return strchr(name, '.') != NULL;
}

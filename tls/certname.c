#include "certname.h"

#include <string.h>
#include <strings.h>

#define NAME_MOST 255

int certname_match(const char *pattern, const char *name)
{
    const char *rest = strchr(name, '.');

    if (strcasecmp(pattern, name) == 0) {
        return 2;
    }
    /* "*.org" stands for nobody's hosts. */
    if (pattern[0] != '*' || pattern[1] != '.' || !strchr(pattern + 2, '.')) {
        return 0;
    }
    return rest && rest != name && strcasecmp(pattern + 1, rest) == 0;
}

int certname_is_plain(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789-_.");

    return len > 0 && len <= NAME_MOST && name[len] == '\0';
}

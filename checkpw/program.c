#include "program.h"

#include "paths.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An answer "accepted" can't be taken back, so what would stop exec is met before. */
static int find_executable(const char *name)
{
    const char *at = getenv("PATH");
    stralloc path = STRALLOC_ZERO;
    int result = -1;

    if (strchr(name, '/')) {
        return access(name, X_OK);
    }
    errno = ENOENT;
    while (at && result < 0) {
        size_t len = strcspn(at, ":");

        text_clear(&path);
        text_add_bytes(&path, at, len);
        text_add_string(&path, len ? "/" : "./");
        text_add_string(&path, name);
        result = access(text_string(&path), X_OK);
        at = at[len] ? at + len + 1 : NULL;
    }
    text_free(&path);
    return result;
}

int program_prepare(const struct account *account, const char *name)
{
    stralloc root = STRALLOC_ZERO;
    int result = -1;

    path_make(&root, PATH_MAIL, "");
    /* A relative name counts from the mail root, as with every checkpassword program.
     */
    if (chdir(root.s) == 0 && find_executable(name) == 0 &&
        setenv("USER", account->address.s, 1) == 0 && setenv("HOME", root.s, 1) == 0 &&
        setenv("SHELL", "/bin/sh", 1) == 0 &&
        setenv("MAILBOX", account->mailbox.s, 1) == 0) {
        result = 0;
    }
    text_free(&root);
    return result;
}

int program_take_client(const int client[2])
{
    if (dup2(client[0], 0) < 0 || dup2(client[1], 1) < 0) {
        return -1;
    }
    return 0;
}

#include "logtail.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES 10
#define BYTES 8192

off_t logtail_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : 0;
}

void logtail_print(const char *path, off_t from)
{
    char text[BYTES + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = logtail_size(path);
    const char *line;
    ssize_t len;
    int lines = 0;
    size_t start;

    if (fd < 0) {
        return;
    }
    len = pread(fd, text, BYTES, size - from > BYTES ? size - BYTES : from);
    close(fd);
    text[len > 0 ? len : 0] = 0;
    if (len <= 0) {
        dprintf(2, "    (nothing)\n");
    }
    for (start = strlen(text); start > 0; start--) {
        /* The line end of the last line is not one to stop at. */
        if (text[start - 1] == '\n' && text[start] && ++lines == LINES) {
            break;
        }
    }
    for (line = text + start; *line; line += strspn(line, "\n")) {
        size_t line_len = strcspn(line, "\n");
        dprintf(2, "    %.*s\n", (int)line_len, line);
        line += line_len;
    }
}

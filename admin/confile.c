#include "confile.h"

#include "../cdb/textfile.h"
#include "settings.h"
#include "text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIDTH 78

/* Adds TEXT as a comment of several lines. */
static void add_comment(stralloc *out, const char *text)
{
    size_t column = 0;
    size_t len;

    while (*text) {
        len = strcspn(text, " ");
        if (column == 0 || column + 1 + len > WIDTH) {
            text_add_string(out, column ? "\n#" : "#");
            column = 1;
        }
        text_add_byte(out, ' ');
        text_add_bytes(out, text, len);
        column += 1 + len;
        text += len;
        text += strspn(text, " ");
    }
    text_add_byte(out, '\n');
}

void confile_write_all(stralloc *out, const char *domain, const char *host)
{
    const struct setting_row *row;
    const char *value;
    int i;

    text_add_string(out,
                    "# Settings of pombo: KEY = VALUE. Those in comments show their "
                    "defaults. See\n# pombo.conf(5). After a change: pombo reload.\n");
    for (i = 0; i < SETTING_COUNT; i++) {
        row = &setting_rows[i];
        value = i == SET_default_domain ? domain : i == SET_host_name ? host : NULL;
        text_add_byte(out, '\n');
        add_comment(out, row->help);
        text_add_format(out, "%s%s = %s\n", value ? "" : "#", row->name,
                        value ? value : row->fallback);
    }
}

/* 1 where the line sets KEY. */
static int sets_key(const struct textfile *file, const struct text_line *line,
                    const char *key)
{
    const char *text = file->bytes + line->start;
    size_t key_len = strlen(key);
    size_t at = 0;

    while (at < line->len && strchr(" \t", text[at])) {
        at++;
    }
    if (line->len - at <= key_len || memcmp(text + at, key, key_len) != 0) {
        return 0;
    }
    at += key_len;
    while (at < line->len && strchr(" \t", text[at])) {
        at++;
    }
    return at < line->len && text[at] == '=';
}

int confile_replace(const char *path, mode_t mode, const char *bytes, size_t len)
{
    stralloc temporary = STRALLOC_ZERO;
    int result = -1;
    int fd;

    text_add_format(&temporary, "%s.tmp", path);
    fd = open(text_string(&temporary),
              O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0) {
        result = write(fd, bytes, len) == (ssize_t)len && fchmod(fd, mode) == 0 &&
                         fsync(fd) == 0
                     ? 0
                     : -1;
        if (close(fd) < 0) {
            result = -1;
        }
    }
    if (result == 0) {
        result = rename(temporary.s, path);
    }
    text_free(&temporary);
    return result;
}

int confile_set(const char *path, const char *key, const char *value)
{
    struct textfile file;
    struct text_line line = {0};
    stralloc text = STRALLOC_ZERO;
    int is_set = 0;
    int result = textfile_read(&file, path);

    while (result == 0 && textfile_next_line(&file, &line)) {
        if (!sets_key(&file, &line, key)) {
            text_add_bytes(&text, file.bytes + line.start, line.len);
            text_add_byte(&text, '\n');
        } else if (!is_set++) {
            text_add_format(&text, "%s = %s\n", key, value);
        }
    }
    if (!is_set) {
        text_add_format(&text, "%s = %s\n", key, value);
    }
    if (result == 0) {
        result = confile_replace(path, 0644, text.s, text.len);
    }
    textfile_free(&file);
    text_free(&text);
    return result;
}

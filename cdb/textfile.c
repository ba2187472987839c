#include "textfile.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1L << 30)

static int read_all(struct textfile *file, int fd)
{
    struct stat st;
    size_t room;
    ssize_t got;

    if (fstat(fd, &st) < 0) {
        return -1;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
        return -1;
    }
    room = (size_t)st.st_size;
    file->bytes = memory_get(room + 1);
    while (file->len < room) {
        got = read(fd, file->bytes + file->len, room - file->len);
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        file->len += (size_t)got;
    }
    file->bytes[file->len] = 0;
    return 0;
}

int textfile_read(struct textfile *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int result;
    int saved;

    memset(file, 0, sizeof *file);
    file->path = memory_copy_string(path);
    if (fd < 0) {
        file->is_absent = errno == ENOENT;
        file->bytes = memory_copy_string("");
        return file->is_absent ? 0 : -1;
    }
    result = read_all(file, fd);
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

void textfile_free(struct textfile *file)
{
    free(file->path);
    if (file->bytes) {
        explicit_bzero(file->bytes, file->len);
    }
    free(file->bytes);
    memset(file, 0, sizeof *file);
}

int textfile_next_line(const struct textfile *file, struct text_line *line)
{
    const char *end;

    if (line->number > 0) {
        line->start += line->len + 1;
    }
    if (line->start >= file->len) {
        return 0;
    }
    end = memchr(file->bytes + line->start, '\n', file->len - line->start);
    line->len =
        end ? (size_t)(end - file->bytes) - line->start : file->len - line->start;
    line->number++;
    return 1;
}

/* The length of the UTF-8 sequence at S (RFC 3629), 0 where it is none. */
static size_t measure_utf8(const unsigned char *s, size_t len)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = s[0] < 0x80   ? 1
                  : s[0] < 0xC2 ? 0
                  : s[0] < 0xE0 ? 2
                  : s[0] < 0xF0 ? 3
                  : s[0] < 0xF5 ? 4
                                : 0;
    unsigned code = need > 1 ? s[0] & (0x7FU >> need) : s[0];
    size_t i;

    if (need > len) {
        return 0;
    }
    for (i = 1; i < need; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3F);
    }
    if (need > 1 &&
        (code < least[need] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))) {
        return 0;
    }
    return need;
}

/* NULL, or what is wrong with the bytes of a line. */
static const char *check_bytes(const char *bytes, size_t len)
{
    size_t step;
    size_t i;

    if (len > TEXTFILE_LINE_MAX) {
        return "the line is too long";
    }
    for (i = 0; i < len; i += step) {
        if (bytes[i] == 0) {
            return "a NUL byte";
        }
        if (((unsigned char)bytes[i] < ' ' && bytes[i] != '\t' &&
             !(bytes[i] == '\r' && i + 1 == len)) ||
            bytes[i] == 127) {
            return "a control byte";
        }
        step = measure_utf8((const unsigned char *)bytes + i, len - i);
        if (step == 0) {
            return "not UTF-8";
        }
    }
    return NULL;
}

char *row_strip(char *text)
{
    int is_quoted = 0;
    size_t len;
    size_t i;

    text += strspn(text, " \t\r");
    for (i = 0; text[i]; i++) {
        if (is_quoted && text[i] == '\\' && text[i + 1]) {
            i++;
        } else if (text[i] == '"') {
            is_quoted = !is_quoted;
        } else if (text[i] == '#' && !is_quoted &&
                   (i == 0 || strchr(" \t", text[i - 1]))) {
            break;
        }
    }
    for (len = i; len > 0 && strchr(" \t\r", text[len - 1]); len--) {
    }
    text[len] = 0;
    return text;
}

void textfile_each_row(const struct textfile *file, struct faults *faults,
                       void (*parse)(struct text_row *row, void *data), void *data)
{
    struct text_row row = {.file = file, .faults = faults};
    struct text_line line = {0};
    const char *fault;
    char *copy;

    while (textfile_next_line(file, &line)) {
        row.line = line.number;
        fault = check_bytes(file->bytes + line.start, line.len);
        if (fault) {
            row_fault(&row, "%s", fault);
            continue;
        }
        copy = memory_copy_bytes(file->bytes + line.start, line.len);
        row.text = row_strip(copy);
        if (*row.text) {
            parse(&row, data);
        }
        explicit_bzero(copy, line.len); /* it may hold a password */
        free(copy);
    }
}

void row_fault(const struct text_row *row, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text_exhausted();
    }
    va_end(args);
    fault_report(row->faults, row->file->path, row->line, "%s", text);
    free(text);
}

char *row_next_word(struct text_row *row)
{
    char *word = row->text + strspn(row->text, " \t");
    char *at = word;
    int is_quoted = 0;

    for (; *at && (is_quoted || (*at != ' ' && *at != '\t')); at++) {
        if (is_quoted && *at == '\\' && at[1]) {
            at++;
        } else if (*at == '"') {
            is_quoted = !is_quoted;
        }
    }
    if (at == word) {
        return NULL;
    }
    row->text = *at ? at + 1 : at;
    *at = 0;
    return word;
}

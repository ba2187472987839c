#include "queuefile.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE_LEN 26 /* "pombo 1 HHHHHHHH CCCCCCCC\n" */
#define END_LEN 30        /* "END LLLLLLLLLLLLLLLL CCCCCCCC\n" */
#define HEADER_MAX (16LL * 1024 * 1024)
#define BLOCK_SIZE 16384 /* most files are read whole at once */

/* The start of the file being read. */
struct start {
    int fd;
    off_t size; /* of the file */
    size_t len; /* bytes in block */
    char block[BLOCK_SIZE];
};

/* Reads exactly LEN bytes at AT; 0, or -1 (errno 0: the file ended before). */
static int read_at(int fd, char *buffer, size_t len, off_t at)
{
    while (len > 0) {
        ssize_t got = pread(fd, buffer, len, at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return -1;
        }
        buffer += got;
        len -= (size_t)got;
        at += got;
    }
    return 0;
}

static int load_start(struct start *start)
{
    start->len = start->size < BLOCK_SIZE ? (size_t)start->size : BLOCK_SIZE;
    return read_at(start->fd, start->block, start->len, 0);
}

/* The same as read_at, from the block as far as it goes. */
static int get_bytes(const struct start *start, char *buffer, size_t len, size_t at)
{
    size_t known = at < start->len ? start->len - at : 0;

    known = known < len ? known : len;
    memcpy(buffer, start->block + (known > 0 ? at : 0), known);
    return read_at(start->fd, buffer + known, len - known, (off_t)(at + known));
}

/* LEN hexadecimal digits in lower case, as written; -1 for anything else. */
static long long parse_hex(const char *s, size_t len)
{
    unsigned long long n = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = s[i] ? strchr(digits, s[i]) : NULL;
        if (!digit || n > (1ULL << 58)) {
            return -1;
        }
        n = n << 4 | (unsigned long long)(digit - digits);
    }
    return (long long)n;
}

/* One line of the header, cut into its fields by take_field. */
struct cut {
    char *at, *end;
};

static char *take_field(struct cut *cut, char until)
{
    char *field = cut->at;
    char *stop = memchr(field, until, (size_t)(cut->end - field));

    if (!stop) {
        return NULL;
    }
    *stop = '\0';
    cut->at = stop + 1;
    return field;
}

/* The flags that LETTERS name; -1 for an unknown one. */
static int parse_flags(const char *field, const char *letters)
{
    int flags = 0;

    for (; *field; field++) {
        const char *letter = strchr(letters, *field);
        if (!letter) {
            return -1;
        }
        flags |= 1 << (letter - letters);
    }
    return flags;
}

static int parse_recipient(struct cut *line, off_t header_at, const char *header,
                           struct envelope *envelope)
{
    off_t state_offset = header_at + (line->at - header);
    const char *state = take_field(line, ' ');
    const char *notify = state ? take_field(line, ' ') : NULL;
    const char *flags = notify ? take_field(line, ' ') : NULL;
    const char *orcpt = flags ? take_field(line, ' ') : NULL;
    const char *address = line->at;
    int notify_flags;
    struct envelope_recipient *added;

    if (!orcpt || !*address || strlen(state) != 1 || !strchr(".wsrDB", state[0])) {
        return -1;
    }
    notify_flags = strcmp(notify, "-") == 0 ? 0 : parse_flags(notify, "nsfd");
    if (notify_flags < 0 || (strcmp(flags, "-") != 0 && strcmp(flags, "x") != 0)) {
        return -1;
    }
    envelope_add_recipient(envelope, address, (unsigned)notify_flags,
                           strcmp(orcpt, "-") == 0 ? "" : orcpt,
                           flags[0] == 'x' ? RECIPIENT_EXPANDED : 0);
    added = &envelope->recipients[envelope->recipient_count - 1];
    added->state = state[0];
    added->state_offset = state_offset;
    return 0;
}

static int is_name(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.");

    return len >= RANDOM_NAME_LEN && len < QUEUE_NAME_SIZE && s[len] == '\0';
}

static int parse_parent(struct cut *line, struct envelope *envelope)
{
    const char *parent = take_field(line, ' ');
    const char *kind = parent ? take_field(line, ' ') : NULL;
    const char *covered = line->at;

    if (!kind || !is_name(parent) || strlen(kind) != 1 || !strchr("bwsf", kind[0]) ||
        !*covered || strspn(covered, "0123456789,") != strlen(covered)) {
        return -1;
    }
    memcpy(envelope->parent, parent, strlen(parent) + 1);
    envelope->kind = kind[0];
    text_set_string(&envelope->covered, covered);
    return 0;
}

static int parse_line(char key, struct cut *value, off_t header_at, const char *header,
                      struct envelope *envelope)
{
    unsigned long long seconds;
    int flags;

    switch (key) {
    case 'T':
        if (text_parse_number(value->at, strlen(value->at), 1ULL << 40, &seconds) < 0) {
            return -1;
        }
        envelope->arrival = (time_t)seconds;
        return 0;
    case 'B':
        text_set_string(&envelope->brought_by, value->at);
        return 0;
    case 'F':
        flags = parse_flags(value->at, "8uqhf");
        envelope->flags = flags < 0 ? 0 : (unsigned)flags;
        return flags < 0 ? -1 : 0;
    case 'E':
        text_set_string(&envelope->envid, value->at);
        return xtext_is_valid(value->at, strlen(value->at)) ? 0 : -1;
    case 'S':
        text_set_string(&envelope->sender, value->at);
        return 0;
    case 'P':
        return parse_parent(value, envelope);
    case 'R':
        return parse_recipient(value, header_at, header, envelope);
    default:
        return -1;
    }
}

/* Lines come in the order T B F E S [P] R..., each as often as that says. */
static int is_in_order(char before, char key)
{
    static const char order[] = "TBFESPR";
    const char *old = strchr(order, before);
    const char *now = key ? strchr(order, key) : NULL;

    if (!now) {
        return 0;
    }
    if (before == '\0') {
        return key == 'T';
    }
    return now == old + 1 || (before == 'S' && key == 'R') ||
           (before == 'R' && key == 'R');
}

/* Parses a header of LEN bytes, which ends in an empty line; writes NULs into it. */
static int parse_header(char *header, size_t len, off_t header_at,
                        struct envelope *envelope)
{
    char *at = header;
    char *end = header + len;
    char before = '\0';

    for (;;) {
        char *lf = memchr(at, '\n', (size_t)(end - at));
        struct cut value;
        if (!lf) {
            return -1;
        }
        if (lf == at) {
            return lf + 1 == end && before == 'R' ? 0 : -1;
        }
        *lf = '\0';
        if (lf - at < 2 || at[1] != ' ' || !is_in_order(before, at[0])) {
            return -1;
        }
        before = at[0];
        value = (struct cut){at + 2, lf};
        if (parse_line(before, &value, header_at, header, envelope) < 0) {
            return -1;
        }
        at = lf + 1;
    }
}

/* The CRC with each recipient's state as '.', and no control bytes but LF. */
static int check_header(char *header, size_t len, uint32_t expected)
{
    uint32_t crc = 0;
    size_t at = 0, done = 0, i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)header[i];
        if ((c < ' ' && c != '\n') || c == 127) {
            return -1;
        }
    }
    while (at + 3 < len) {
        char *lf = memchr(header + at, '\n', len - at);
        if (!lf) {
            return -1;
        }
        if (header[at] == 'R' && header[at + 1] == ' ' && header + at + 2 < lf) {
            crc = crc32c(crc, header + done, at + 2 - done);
            crc = crc32c(crc, ".", 1);
            done = at + 3;
        }
        at = (size_t)(lf - header) + 1;
    }
    crc = crc32c(crc, header + done, len - done);
    return crc == expected ? 0 : -1;
}

/* Reads the header behind the first line into *HEADER (freed by the caller). */
static enum queue_result load_header(const struct start *start, char **header,
                                     size_t *len, uint32_t *crc)
{
    const char *first = start->block;
    long long header_len, header_crc;

    if (start->len < FIRST_LINE_LEN) {
        return QUEUE_CORRUPT;
    }
    header_len = parse_hex(first + 8, 8);
    header_crc = parse_hex(first + 17, 8);
    if (memcmp(first, "pombo 1 ", 8) != 0 || first[16] != ' ' || first[25] != '\n' ||
        header_len < 1 || header_len > HEADER_MAX || header_crc < 0 ||
        FIRST_LINE_LEN + header_len + END_LEN > start->size) {
        return QUEUE_CORRUPT;
    }
    *len = (size_t)header_len;
    *crc = (uint32_t)header_crc;
    *header = memory_get(*len);
    if (get_bytes(start, *header, *len, FIRST_LINE_LEN) < 0) {
        return errno == 0 ? QUEUE_CORRUPT : QUEUE_TEMPORARY;
    }
    return QUEUE_OK;
}

static enum queue_result read_end(const struct start *start, struct queue_file *out)
{
    char end[END_LEN];
    long long length, crc;

    if (get_bytes(start, end, sizeof end, (size_t)start->size - END_LEN) < 0) {
        return errno == 0 ? QUEUE_CORRUPT : QUEUE_TEMPORARY;
    }
    length = parse_hex(end + 4, 16);
    crc = parse_hex(end + 21, 8);
    if (memcmp(end, "END", 3) != 0 || (end[3] != ' ' && end[3] != 'n') ||
        end[20] != ' ' || end[29] != '\n' || crc < 0 ||
        length != start->size - END_LEN - out->body_offset) {
        return QUEUE_CORRUPT;
    }
    if (end[3] == 'n' && !(out->envelope.flags & ENVELOPE_REQUIRETLS)) {
        out->envelope.flags |= ENVELOPE_TLS_OPTIONAL;
    }
    out->body_length = length;
    out->body_crc = (uint32_t)crc;
    return QUEUE_OK;
}

static enum queue_result read_all(const struct start *start, struct queue_file *out)
{
    char *header = NULL;
    size_t len = 0;
    uint32_t crc = 0;
    enum queue_result result = load_header(start, &header, &len, &crc);

    if (result == QUEUE_OK &&
        (check_header(header, len, crc) < 0 ||
         parse_header(header, len, FIRST_LINE_LEN, &out->envelope) < 0)) {
        result = QUEUE_CORRUPT;
    }
    free(header);
    if (result == QUEUE_OK) {
        out->body_offset = (off_t)(FIRST_LINE_LEN + len);
        result = read_end(start, out);
    }
    return result;
}

enum queue_result queue_read(int fd, struct queue_file *out)
{
    struct start start; /* its block is not worth clearing */
    struct stat st;

    envelope_clear(&out->envelope);
    if (fstat(fd, &st) < 0) {
        return QUEUE_TEMPORARY;
    }
    if (!S_ISREG(st.st_mode)) {
        return QUEUE_CORRUPT;
    }
    start.fd = fd;
    start.size = st.st_size;
    if (load_start(&start) < 0) {
        return errno == 0 ? QUEUE_CORRUPT : QUEUE_TEMPORARY;
    }
    return read_all(&start, out);
}

void queue_file_free(struct queue_file *file)
{
    envelope_free(&file->envelope);
}

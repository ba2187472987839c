#include "data.h"

#include <string.h>

/* The machine. Runs of other bytes (x) are taken as a whole, in START and TEXT.
 *
 *   in        CR             LF             '.'           NUL           x
 *   START     CR             bare LF, TEXT  DOT           drop, TEXT    put, TEXT
 *   TEXT      CR             bare LF, TEXT  put, TEXT     drop, TEXT    put, TEXT
 *   CR        drop CR, CR    line end,START bare CR,TEXT  bare CR,TEXT  bare CR,TEXT
 *   DOT       DOT_CR         bare LF, TEXT  put, TEXT     drop, TEXT    put, TEXT
 *   DOT_CR    drop CR, CR    END            bare CR,TEXT  bare CR,TEXT  bare CR,TEXT
 *
 * In BDAT '.' is x. A bare LF leads to TEXT, not to START: no dot after it means
 * anything. */

enum byte_class { CLASS_CR, CLASS_LF, CLASS_DOT, CLASS_NUL, CLASS_OTHER, CLASS_COUNT };

enum action {
    ACTION_NONE,     /* the byte waits for the next, or is stuffing */
    ACTION_PUT,      /* the byte itself */
    ACTION_LINE_END, /* CRLF: put LF */
    ACTION_BARE_LF,  /* put LF */
    ACTION_DROP_CR,  /* the CR before was bare; drop it */
    ACTION_BARE_CR,  /* the CR before was bare: put a space, then see the byte anew */
    ACTION_NUL       /* drop it */
};

struct step {
    enum data_state next;
    enum action action;
};

static const struct step steps[DATA_STATES][CLASS_COUNT] = {
    [DATA_START] = {[CLASS_CR] = {DATA_CR, ACTION_NONE},
                    [CLASS_LF] = {DATA_TEXT, ACTION_BARE_LF},
                    [CLASS_DOT] = {DATA_DOT, ACTION_NONE},
                    [CLASS_NUL] = {DATA_TEXT, ACTION_NUL},
                    [CLASS_OTHER] = {DATA_TEXT, ACTION_PUT}},
    [DATA_TEXT] = {[CLASS_CR] = {DATA_CR, ACTION_NONE},
                   [CLASS_LF] = {DATA_TEXT, ACTION_BARE_LF},
                   [CLASS_DOT] = {DATA_TEXT, ACTION_PUT},
                   [CLASS_NUL] = {DATA_TEXT, ACTION_NUL},
                   [CLASS_OTHER] = {DATA_TEXT, ACTION_PUT}},
    [DATA_CR] = {[CLASS_CR] = {DATA_CR, ACTION_DROP_CR},
                 [CLASS_LF] = {DATA_START, ACTION_LINE_END},
                 [CLASS_DOT] = {DATA_TEXT, ACTION_BARE_CR},
                 [CLASS_NUL] = {DATA_TEXT, ACTION_BARE_CR},
                 [CLASS_OTHER] = {DATA_TEXT, ACTION_BARE_CR}},
    [DATA_DOT] = {[CLASS_CR] = {DATA_DOT_CR, ACTION_NONE},
                  [CLASS_LF] = {DATA_TEXT, ACTION_BARE_LF},
                  [CLASS_DOT] = {DATA_TEXT, ACTION_PUT},
                  [CLASS_NUL] = {DATA_TEXT, ACTION_NUL},
                  [CLASS_OTHER] = {DATA_TEXT, ACTION_PUT}},
    [DATA_DOT_CR] = {[CLASS_CR] = {DATA_CR, ACTION_DROP_CR},
                     [CLASS_LF] = {DATA_END, ACTION_NONE},
                     [CLASS_DOT] = {DATA_TEXT, ACTION_BARE_CR},
                     [CLASS_NUL] = {DATA_TEXT, ACTION_BARE_CR},
                     [CLASS_OTHER] = {DATA_TEXT, ACTION_BARE_CR}},
};

/* The fields that are looked for, by their first letter. */
static const char received[] = "received:";
static const char tls_required[] = "tls-required:";

/* What was put out so far. */
struct output {
    char *bytes;
    size_t len;
};

void data_open(struct data_parser *parser, int has_dots, size_t line_limit)
{
    memset(parser, 0, sizeof *parser);
    parser->has_dots = has_dots;
    parser->line_limit = line_limit;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The first byte of a line in the header: what the line may be. Most are nothing of
 * interest, and are passed over at once. */
static void begin_header_line(struct data_parser *parser, char c)
{
    int is_folded = c == ' ' || c == '\t';

    parser->header_column = 1;
    parser->is_tls_required &= is_folded;
    switch (fold(c)) {
    case 'r':
        parser->header_name = received;
        break;
    case 't':
        parser->header_name = tls_required;
        break;
    default:
        parser->header_name = NULL;
        break;
    }
}

/* The next byte of a name. */
static void match_name(struct data_parser *parser, char c)
{
    const char *name = parser->header_name;

    if (name[parser->header_column] == ':' && (c == ' ' || c == '\t')) {
        return; /* blanks before the colon: RFC 5322 section 4.5.8 */
    }
    if (fold(c) != name[parser->header_column]) {
        parser->header_name = NULL;
    } else if (!name[++parser->header_column]) {
        parser->header_name = NULL;
        if (name == received) {
            parser->hops++;
        } else {
            parser->tls_required_count++;
            parser->tls_required = TLS_REQUIRED_BLANK;
            parser->is_tls_required = 1;
        }
    }
}

static void end_header_line(struct data_parser *parser)
{
    if (parser->is_tls_required) {
        parser->tls_required = header_take_tls_required(parser->tls_required, '\n');
    }
    parser->is_in_body = parser->header_column == 0;
    parser->header_column = 0;
    parser->header_name = NULL;
}

/* Looks for Received and TLS-Required fields and the header's end in what is put out.
 */
static void watch_header(struct data_parser *parser, const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && !parser->is_in_body) {
        char c = bytes[i];
        if (c == '\n') {
            end_header_line(parser);
        } else if (parser->header_column == 0) {
            begin_header_line(parser, c);
        } else if (parser->is_tls_required) {
            parser->tls_required = header_take_tls_required(parser->tls_required, c);
        } else if (parser->header_name) {
            match_name(parser, c);
        } else {
            const char *end = memchr(bytes + i, '\n', len - i);
            i = end ? (size_t)(end - bytes) : len;
            continue;
        }
        i++;
    }
}

int data_is_tls_optional(const struct data_parser *parser)
{
    return parser->tls_required_count == 1 && parser->tls_required == TLS_REQUIRED_NO;
}

static void put(struct data_parser *parser, struct output *out, const char *bytes,
                size_t len)
{
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
    if (!parser->is_in_body) {
        watch_header(parser, bytes, len);
    }
}

static void count_line(struct data_parser *parser, size_t octets)
{
    parser->octets += octets;
    parser->line_len += octets;
    if (parser->line_len > parser->line_limit) {
        parser->faults |= DATA_LONG_LINE;
    }
}

static enum byte_class classify(const struct data_parser *parser, char c)
{
    switch (c) {
    case '\r':
        return CLASS_CR;
    case '\n':
        return CLASS_LF;
    case 0:
        return CLASS_NUL;
    case '.':
        return parser->has_dots ? CLASS_DOT : CLASS_OTHER;
    default:
        return CLASS_OTHER;
    }
}

/* One byte through the table. */
static void take_byte(struct data_parser *parser, char c, struct output *out)
{
    const struct step *step = &steps[parser->state][classify(parser, c)];

    if (step->action == ACTION_BARE_CR) {
        parser->faults |= DATA_BARE_CR;
        count_line(parser, 1);
        put(parser, out, " ", 1);
        parser->state = DATA_TEXT;
        step = &steps[DATA_TEXT][classify(parser, c)];
    }
    parser->state = step->next;
    switch (step->action) {
    case ACTION_PUT:
        count_line(parser, 1);
        put(parser, out, &c, 1);
        break;
    case ACTION_LINE_END:
        count_line(parser, 2);
        put(parser, out, "\n", 1);
        parser->line_len = 0;
        break;
    case ACTION_BARE_LF:
        parser->faults |= DATA_BARE_LF;
        count_line(parser, 1);
        put(parser, out, "\n", 1);
        parser->line_len = 0;
        break;
    case ACTION_DROP_CR:
        parser->faults |= DATA_BARE_CR;
        count_line(parser, 1);
        break;
    case ACTION_NUL:
        parser->faults |= DATA_NUL;
        count_line(parser, 1);
        break;
    default:
        break;
    }
}

/* Where the next CR, LF and NUL of a block lie; each is looked for once. */
struct marks {
    const char *next[3];
};

static const char *next_mark(struct marks *marks, const char *at, const char *end)
{
    static const char bytes[3] = {'\r', '\n', 0};
    const char *nearest = end;
    int i;

    for (i = 0; i < 3; i++) {
        if (!marks->next[i] || marks->next[i] < at) {
            marks->next[i] = memchr(at, bytes[i], (size_t)(end - at));
            marks->next[i] = marks->next[i] ? marks->next[i] : end;
        }
        nearest = marks->next[i] < nearest ? marks->next[i] : nearest;
    }
    return nearest;
}

size_t data_convert(struct data_parser *parser, const char *in, size_t len, char *out,
                    size_t *out_len)
{
    struct output output = {out, 0};
    struct marks marks = {{0}};
    const char *at = in;
    const char *end = in + len;

    while (at < end && parser->state != DATA_END) {
        int is_dot = *at == '.' && parser->has_dots;
        const char *stop = at;

        if (parser->state == DATA_TEXT || (parser->state == DATA_START && !is_dot)) {
            stop = next_mark(&marks, at, end);
        }
        if (stop > at) {
            count_line(parser, (size_t)(stop - at));
            put(parser, &output, at, (size_t)(stop - at));
            parser->state = DATA_TEXT;
            at = stop;
        } else {
            take_byte(parser, *at++, &output);
        }
    }
    *out_len = output.len;
    return (size_t)(at - in);
}

void data_finish(struct data_parser *parser, char *out, size_t *out_len)
{
    struct output output = {out, 0};

    if (parser->state == DATA_CR) {
        parser->faults |= DATA_BARE_CR;
        count_line(parser, 1);
    }
    if (parser->state != DATA_START && parser->state != DATA_END) {
        put(parser, &output, "\n", 1);
    }
    parser->state = DATA_END;
    *out_len = output.len;
}

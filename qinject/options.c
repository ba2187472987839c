#include "options.h"

#include "queuefile.h"

#include <string.h>
#include <strings.h>

/* Flags as sendmail has them: those whose value is the rest of the word or the next
 * word, those that have the rest of the word alone, and those without a value, behind
 * which others may follow in the same word. */
static const char with_value[] = "AbBCDeFfhLMNOoprRVX";
static const char with_rest[] = "dq";
static const char without_value[] = "cGIimnstUvx";

/* RFC 3461 section 4.4: 100 octets of xtext, in which some bytes need three. */
#define ENVID_MAX 100

static const char *take_envid(struct options *options, const char *value)
{
    size_t len = 0;
    const char *at;

    for (at = value; *at; at++) {
        len += *at >= '!' && *at <= '~' && *at != '+' && *at != '=' ? 1 : 3;
    }
    if (len == 0 || len > ENVID_MAX) {
        return "-V takes an identifier of up to 100 bytes, as xtext";
    }
    options->envid = value;
    return NULL;
}

static const char *choose_mode(struct options *options, char letter)
{
    switch (letter) {
    case 'm':
    case 'a':
        options->mode = MODE_DELIVER;
        return NULL;
    case 's':
        options->mode = MODE_SMTP;
        return NULL;
    case 'p':
        options->mode = MODE_QUEUE;
        return NULL;
    case 'i':
        options->mode = MODE_TABLES;
        return NULL;
    default:
        return "-b takes m, s, p or i here: qlisten is the daemon, qsend the queue's "
               "runner";
    }
}

static const char *take_notify(struct options *options, const char *value)
{
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {{"never", NOTIFY_NEVER},
                 {"success", NOTIFY_SUCCESS},
                 {"failure", NOTIFY_FAILURE},
                 {"delay", NOTIFY_DELAY}};

    options->notify = 0;
    while (*value) {
        size_t len = strcspn(value, ",");
        size_t i = 0;
        while (i < 4 && (strlen(words[i].word) != len ||
                         strncasecmp(words[i].word, value, len) != 0)) {
            i++;
        }
        if (i == 4) {
            return "-N takes never, or success, failure and delay parted by commas";
        }
        options->notify |= words[i].flag;
        value += len + (value[len] == ',');
    }
    if ((options->notify & NOTIFY_NEVER) && options->notify != NOTIFY_NEVER) {
        return "-N never stands alone";
    }
    return NULL;
}

static const char *take_return(struct options *options, const char *value)
{
    if (strcasecmp(value, "hdrs") == 0) {
        options->ret = ENVELOPE_RET_HDRS;
    } else if (strcasecmp(value, "full") == 0) {
        options->ret = ENVELOPE_RET_FULL;
    } else {
        return "-R takes full or hdrs";
    }
    return NULL;
}

/* -O NAME[=VALUE]; of the old options most mean nothing here. */
static const char *take_old_option(struct options *options, const char *value)
{
    size_t len = strcspn(value, "=");
    const char *word = value[len] ? value + len + 1 : "true";
    int is_true = strcasecmp(word, "true") == 0 || strcasecmp(word, "yes") == 0;

    if (len == 10 && strncasecmp(value, "IgnoreDots", len) == 0) {
        options->is_dot_kept |= is_true;
    } else if (len == 10 && strncasecmp(value, "RequireTLS", len) == 0) {
        if (!is_true && strcasecmp(word, "false") != 0 && strcasecmp(word, "no") != 0) {
            return "-O RequireTLS takes yes or no";
        }
        options->requires_tls = is_true;
    }
    return NULL;
}

static const char *take_value(struct options *options, char flag, const char *value)
{
    switch (flag) {
    case 'b':
        return choose_mode(options, *value);
    case 'f':
    case 'r':
        options->sender = value;
        return NULL;
    case 'F':
        options->name = value;
        return NULL;
    case 'V':
        return take_envid(options, value);
    case 'N':
        return take_notify(options, value);
    case 'R':
        return take_return(options, value);
    case 'B':
        options->is_7bit = strcasecmp(value, "7BIT") == 0;
        return NULL;
    case 'o':
        options->is_dot_kept |= strcmp(value, "i") == 0;
        return NULL;
    case 'O':
        return take_old_option(options, value);
    default:
        return NULL; /* the others' values mean nothing here */
    }
}

static void take_letter(struct options *options, char flag)
{
    options->reads_headers |= flag == 't';
    options->is_dot_kept |= flag == 'i';
    if (flag == 'I') {
        options->mode = MODE_TABLES;
    }
}

/* One word that begins with '-'. *AT moves on where its value is the next word. */
static const char *take_word(struct options *options, int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 1;
    const char *flag;

    for (flag = word; *flag && strchr(without_value, *flag); flag++) {
        take_letter(options, *flag);
    }
    if (!*flag) {
        return NULL;
    }
    if (strchr(with_value, *flag)) {
        if (flag[1]) {
            return take_value(options, *flag, flag + 1);
        }
        if (*at + 1 >= argc) {
            return "the last flag lacks its value";
        }
        return take_value(options, *flag, argv[++*at]);
    }
    options->runs_queue |= *flag == 'q';
    if (!strchr(with_rest, *flag) && flag != word) {
        return "in a word of joined flags one is not known";
    }
    return NULL; /* words such as -d0.1 and -Zx mean nothing here */
}

static enum qinject_mode mode_of_name(const char *name)
{
    const char *slash = strrchr(name, '/');

    name = slash ? slash + 1 : name;
    if (strcmp(name, "newaliases") == 0) {
        return MODE_TABLES;
    }
    return strcmp(name, "mailq") == 0 ? MODE_QUEUE : MODE_DELIVER;
}

const char *options_parse(struct options *options, int argc, char **argv)
{
    int at;

    *options = (struct options){.mode = mode_of_name(argc > 0 ? argv[0] : "")};
    for (at = 1; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
        const char *fault;
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        fault = take_word(options, argc, argv, &at);
        if (fault) {
            return fault;
        }
    }
    options->recipients = argv + at;
    options->recipient_count = at < argc ? (size_t)(argc - at) : 0;
    return NULL;
}

#include "source.h"

#include "address.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *file;
    void (*parse)(struct text_row *row, void *source);
} readers[SOURCE_COUNT] = {
    [TABLE_CONF] = {"pombo.conf", conf_parse},
    [TABLE_DOMAINS] = {"domains", domains_parse},
    [TABLE_USERS] = {"users", users_parse},
    [TABLE_ALIASES] = {"aliases", aliases_parse},
    [TABLE_ACCESS] = {"access", access_parse},
    [TABLE_ROUTES] = {"routes", routes_parse},
    [TABLE_TLS_POLICY] = {"tls_policy", tls_policy_parse_row},
    [TABLE_SENDERS] = {"senders", senders_parse},
    [TABLE_RELAY_PASSWORDS] = {"relay_passwords", relay_passwords_parse},
    [SOURCE_PASSWORDS] = {"passwords", passwords_parse},
};

void source_read(struct source *source)
{
    struct textfile file;
    stralloc path = STRALLOC_ZERO;
    int i;

    memset(source, 0, sizeof *source);
    for (i = 0; i < SOURCE_COUNT; i++) {
        source->paths[i] =
            memory_copy_string(path_make(&path, PATH_ETC, readers[i].file));
        if (textfile_read(&file, source->paths[i]) < 0) {
            struct faults told = {0};
            fault_report(&told, file.path, 0, "%s", strerror(errno));
            source->errors++;
        } else {
            textfile_each_row(&file, &source->faults, readers[i].parse, source);
        }
        textfile_free(&file);
    }
    access_finish(source);
    text_free(&path);
}

void source_free(struct source *source)
{
    int i;

    for (i = 0; i < SOURCE_COUNT; i++) {
        free(source->paths[i]);
        record_list_free(&source->tables[i]);
    }
    record_list_free(&source->relay_secrets);
    memset(source, 0, sizeof *source);
}

void source_add(struct source *source, int table, const struct text_row *row,
                const char *key, const char *value)
{
    const struct record *earlier =
        record_add(&source->tables[table], key, value, row->line);

    if (earlier) {
        row_fault(row, "\"%s\" stands in line %u already", key, earlier->line);
    }
}

int source_address(const char *text, stralloc *out)
{
    enum address_result result =
        address_parse(text, strlen(text), ADDRESS_MAY_BE_UTF8, out);

    text_string(out);
    return result == ADDRESS_OK ? 0 : -1;
}

int source_domain(const char *text, stralloc *out)
{
    stralloc address = STRALLOC_ZERO;
    stralloc parsed = STRALLOC_ZERO;
    int result;

    text_set_string(&address, "x@");
    text_add_string(&address, text);
    result = strchr(text, '@') ? -1 : source_address(text_string(&address), &parsed);
    if (result == 0) {
        text_set_string(out, address_domain(parsed.s));
        text_string(out);
    }
    text_free(&address);
    text_free(&parsed);
    return result;
}

int source_destination(const char *text, stralloc *out)
{
    stralloc domain = STRALLOC_ZERO;
    size_t dot = text[0] == '.';
    int result;

    if (strcmp(text, "*") == 0) {
        text_set_string(out, text);
        text_string(out);
        return 0;
    }
    result = dot && text[1] == '[' ? -1 : source_domain(text + dot, &domain);
    if (result == 0) {
        text_set_string(out, dot ? "." : "");
        text_add_string(out, domain.s);
        text_string(out);
    }
    text_free(&domain);
    return result;
}

#include "check.h"

#include "../cdb/compile.h"
#include "../cdb/source.h"
#include "certificates.h"
#include "exitcode.h"
#include "paths.h"
#include "recipient.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void warn(const char *path, const char *text)
{
    dprintf(2, "%s: warning: %s\n", path, text);
}

static void check_secrecy(struct faults *faults)
{
    static const struct {
        const char *name;
        mode_t forbidden;
        const char *what, *wanted;
    } files[] = {{"passwords", 0077, "hashes", "0600"},
                 {"passwords.cdb", 0037, "hashes", "0640"},
                 {"relay_passwords", 0077, "passwords", "0600"},
                 {"relay_passwords.cdb", 0037, "passwords", "0640"}};
    stralloc path = STRALLOC_ZERO;
    struct stat st;
    size_t i;

    for (i = 0; i < sizeof files / sizeof *files; i++) {
        path_make(&path, PATH_ETC, files[i].name);
        if (stat(path.s, &st) == 0 && (st.st_mode & files[i].forbidden)) {
            fault_report(faults, path.s, 0,
                         "mode %04o lets others at the %s; it should be %s",
                         (unsigned)st.st_mode & 07777, files[i].what, files[i].wanted);
        }
    }
    text_free(&path);
}

static int is_named(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void check_keys(struct faults *faults)
{
    stralloc folder = STRALLOC_ZERO, path = STRALLOC_ZERO;
    struct dirent **entries;
    int count =
        scandir(path_make(&folder, PATH_ETC, "tls"), &entries, is_named, alphasort);
    struct stat st;
    int i;

    for (i = 0; i < count; i++) {
        text_clear(&path);
        text_add_format(&path, "%s/%s/privkey.pem", folder.s, entries[i]->d_name);
        if (stat(text_string(&path), &st) == 0 && (st.st_mode & 0037)) {
            fault_report(faults, path.s, 0,
                         "mode %04o lets others at the key; it should be 0640",
                         (unsigned)st.st_mode & 07777);
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
    text_free(&folder);
    text_free(&path);
}

static void warn_of_pair(const char *name, const char *text)
{
    stralloc path = STRALLOC_ZERO;

    path_make(&path, PATH_ETC, "tls/");
    text_add_string(&path, name);
    warn(text_string(&path), text);
    text_free(&path);
}

static void warn_of_time(const struct certificate_row *row, void *data)
{
    long long left = (long long)(row->not_after - time(NULL));
    stralloc text = STRALLOC_ZERO;

    (void)data;
    if (row->not_before > time(NULL)) {
        text_add_string(&text, "the certificate is not valid yet");
    } else if (left <= 0) {
        text_add_string(&text, "the certificate has expired");
    } else if (left <= CERTIFICATE_WARN_SECONDS) {
        text_add_format(&text, "the certificate ends in %lld days", left / 86400);
    }
    if (text.len > 0) {
        warn_of_pair(row->name, text_string(&text));
    }
    text_free(&text);
}

static void warn_of_refused(const char *name, int has_old, const char *why)
{
    stralloc text = STRALLOC_ZERO;

    text_add_format(&text, "the pair is not used: %s", why);
    if (has_old) {
        text_add_string(&text, "; the one before is, until tlsd starts anew");
    }
    warn_of_pair(name, text_string(&text));
    text_free(&text);
}

static void check_folders(struct faults *faults)
{
    static const struct {
        enum path_root root;
        const char *name;
    } folders[] = {
        {PATH_QUEUE, "tmp"},   {PATH_QUEUE, "new"},     {PATH_QUEUE, "cur"},
        {PATH_QUEUE, "wheel"}, {PATH_QUEUE, "corrupt"}, {PATH_MAIL, ""},
        {PATH_RUN, ""},
    };
    stralloc path = STRALLOC_ZERO;
    struct stat st;
    size_t i;

    for (i = 0; i < sizeof folders / sizeof *folders; i++) {
        path_make(&path, folders[i].root, folders[i].name);
        if (stat(path.s, &st) < 0) {
            fault_report(faults, path.s, 0, "%s", strerror(errno));
        } else if (!S_ISDIR(st.st_mode)) {
            fault_report(faults, path.s, 0, "not a folder");
        }
    }
    text_free(&path);
}

/* Every domain that takes mail has to have a postmaster (RFC 5321 section 4.5.1). */
static void warn_of_postmaster(const struct tables *tables, const char *path,
                               const struct record *domain)
{
    struct recipient_route route;
    stralloc address = STRALLOC_ZERO;
    stralloc text = STRALLOC_ZERO;

    text_add_format(&address, "postmaster@%s", domain->key);
    if (recipient_resolve(tables, text_string(&address), 0, &route) ==
        RECIPIENT_UNKNOWN) {
        text_add_format(&text,
                        "%s has no postmaster; add a user, an alias or the setting "
                        "postmaster",
                        domain->key);
        warn(path, text_string(&text));
    }
    text_free(&address);
    text_free(&text);
}

/* Compares what is in force with the text. */
static void warn_of_tables(void)
{
    struct tables tables;
    struct source source;
    struct stat text, compiled;
    stralloc path = STRALLOC_ZERO;
    size_t i;

    if (tables_open(&tables) < 0 ||
        stat(path_make(&path, PATH_ETC, "tables.cdb"), &compiled) < 0) {
        warn(path_make(&path, PATH_ETC, "tables.cdb"),
             "not there or damaged; qtable makes it");
        text_free(&path);
        return;
    }
    source_read(&source);
    for (i = 0; i < SOURCE_COUNT; i++) {
        if (stat(source.paths[i], &text) == 0 && text.st_mtime > compiled.st_mtime) {
            warn(source.paths[i],
                 "changed since the tables were compiled; pombo reload "
                 "puts it in force");
        }
    }
    for (i = 0; i < source.tables[TABLE_DOMAINS].count; i++) {
        warn_of_postmaster(&tables, source.paths[TABLE_DOMAINS],
                           source.tables[TABLE_DOMAINS].records[i]);
    }
    source_free(&source);
    tables_close(&tables);
    text_free(&path);
}

int check_everything(void)
{
    struct faults faults = {0};
    enum exitcode result = compile_check();

    check_secrecy(&faults);
    check_keys(&faults);
    check_folders(&faults);
    if (result == EXITCODE_DONE) {
        warn_of_tables();
    }
    /* Where tlsd does not run there is none in force. */
    (void)certificates_visit(warn_of_time, NULL);
    certificates_visit_refused(warn_of_refused);
    return faults.count > 0 ? EXITCODE_CONFIGURATION : (int)result;
}

#include "layout.h"

#include "../cdb/compile.h"
#include "../cdb/rowchange.h"
#include "../cdb/source.h"
#include "command.h"
#include "confile.h"
#include "exitcode.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_DOMAIN "localhost"

static const struct {
    const char *name;
    mode_t mode;
} folders[] = {
    {"etc", 0755},           {"queue", 0700},     {"queue/tmp", 0700},
    {"queue/new", 0700},     {"queue/cur", 0700}, {"queue/wheel", 0700},
    {"queue/corrupt", 0700}, {"mail", 0700},      {"log", 0700},
    {"run", 0755},           {"etc/tls", 0700},   {"queue/tlsrpt", 0700},
    {"sts", 0755},
};

static const struct {
    const char *name;
    mode_t mode;
    const char *text;
} tables[] = {
    {"domains", 0644,
     "# DOMAIN local: mail to it is delivered here. See pombo-tables(5).\n"},
    {"users", 0644,
     "# ADDRESS MAILBOX [quota=SIZE] [count=N]; pombo user add makes rows.\n"},
    {"aliases", 0644,
     "# ADDRESS TARGET, TARGET ...; @DOMAIN TARGET takes what no other row does.\n"},
    {"access", 0644,
     "# net:NETWORK, host:NAME, from:ADDRESS or to:ADDRESS, and\n"
     "# relay, ok, refuse [TEXT] or defer [TEXT].\n"},
    {"routes", 0644, "# DOMAIN, .DOMAIN or *, and HOST[:PORT] or [ADDRESS][:PORT].\n"},
    {"tls_policy", 0644,
     "# DOMAIN, .DOMAIN, [ADDRESS] or *, and none, may, dane, encrypt,\n"
     "# verify [match=NAME,...] or fingerprint=HEX,...\n"},
    {"senders", 0644,
     "# USER ADDRESS, @DOMAIN ...: what a user may send as, beside what leads to "
     "it.\n"},
    {"passwords", 0600, "# ADDRESS HASH; qpasswd makes rows.\n"},
    {"relay_passwords", 0600,
     "# HOST[:PORT] or [ADDRESS][:PORT], as routes names it, and USER PASSWORD.\n"},
};

/* Makes a folder where it is absent; one that is there keeps its mode. *IS_MADE is set
 * where it was made. */
static int make_folder(const char *path, mode_t mode, int *is_made)
{
    if (mkdir(path, mode) == 0) {
        *is_made = 1;
        return chmod(path, mode) < 0 ? command_fail_errno(path) : EXITCODE_DONE;
    }
    return errno == EEXIST ? EXITCODE_DONE : command_fail_errno(path);
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 || fsync(fd) < 0 ? command_fail_errno(path) : EXITCODE_DONE;

    if (fd >= 0) {
        close(fd);
    }
    return result;
}

/* What is accepted into a folder is as safe as the folder's own name. */
static int sync_names(void)
{
    static const char *const parents[] = {"..", "", "queue"};
    int result = EXITCODE_DONE;
    size_t i;

    for (i = 0; i < sizeof parents / sizeof *parents && result == EXITCODE_DONE; i++) {
        char *path = command_path(parents[i]);
        result = sync_folder(path);
        free(path);
    }
    return result;
}

int layout_make_folders(const char *dir)
{
    int is_made = 0;
    int result = make_folder(dir, 0755, &is_made);
    char *absolute;
    char *path;
    size_t i;

    if (result != EXITCODE_DONE) {
        return result;
    }
    absolute = realpath(dir, NULL);
    if (!absolute) {
        return command_fail_errno(dir);
    }
    if (setenv("POMBO_DIR", absolute, 1) < 0) {
        text_exhausted();
    }
    free(absolute);
    for (i = 0; i < sizeof folders / sizeof *folders && result == EXITCODE_DONE; i++) {
        path = command_path(folders[i].name);
        result = make_folder(path, folders[i].mode, &is_made);
        free(path);
    }
    return result == EXITCODE_DONE && is_made ? sync_names() : result;
}

/* 1 where it is there, 0 where it is not; -1 with errno where that can't be told: then
 * nothing may be put in its place. */
static int is_there(const char *path)
{
    return access(path, F_OK) == 0 ? 1 : errno == ENOENT ? 0 : -1;
}

/* Writes a file unless it is there. 0, or -1 with errno. */
static int write_new(const char *path, mode_t mode, const char *bytes, size_t len)
{
    int found = is_there(path);

    return found ? (found > 0 ? 0 : -1) : confile_replace(path, mode, bytes, len);
}

static int write_tables(void)
{
    stralloc path = STRALLOC_ZERO;
    int result = EXITCODE_DONE;
    size_t i;

    for (i = 0; i < sizeof tables / sizeof *tables && result == EXITCODE_DONE; i++) {
        path_make(&path, PATH_ETC, tables[i].name);
        if (write_new(path.s, tables[i].mode, tables[i].text, strlen(tables[i].text)) <
            0) {
            result = command_fail_errno(path.s);
        }
    }
    text_free(&path);
    return result;
}

static int write_configuration(const char *domain, const char *host)
{
    stralloc path = STRALLOC_ZERO;
    stralloc text = STRALLOC_ZERO;
    int result = EXITCODE_DONE;

    int found = is_there(path_make(&path, PATH_ETC, "pombo.conf"));
    if (found == 0) {
        confile_write_all(&text, domain ? domain : FIRST_DOMAIN, host);
        found = confile_replace(path.s, 0644, text.s, text.len);
    } else if (found > 0 && host) {
        found = confile_set(path.s, "host_name", host);
    }
    if (found < 0) {
        result = command_fail_errno(path.s);
    }
    text_free(&path);
    text_free(&text);
    return result;
}

/* Adds the domain and its postmaster as far as they are not there, and compiles. */
static int add_domain(const char *domain)
{
    static const char *const files[] = {"domains", "users", "aliases"};
    int has[3];
    stralloc postmaster = STRALLOC_ZERO;
    stralloc domain_row = STRALLOC_ZERO;
    stralloc user_row = STRALLOC_ZERO;
    struct row_change changes[2];
    size_t count = 0;
    enum exitcode result = EXITCODE_DONE;
    int i;

    text_add_format(&postmaster, "postmaster@%s", domain);
    text_add_format(&domain_row, "%s  local", domain);
    text_add_format(&user_row, "postmaster@%s  %s/postmaster", domain, domain);
    text_string(&postmaster);
    for (i = 0; i < 3 && result == EXITCODE_DONE; i++) {
        has[i] = rowchange_has(files[i], i == 0 ? domain : postmaster.s);
        if (has[i] < 0) {
            result = command_fail_errno(files[i]);
        }
    }
    if (result == EXITCODE_DONE && !has[0]) {
        changes[count++] = (struct row_change){.file = "domains",
                                               .key = domain,
                                               .row = text_string(&domain_row),
                                               .mode = 0644};
    }
    if (result == EXITCODE_DONE && domain[0] != '[' && !has[1] && !has[2]) {
        changes[count++] = (struct row_change){.file = "users",
                                               .key = postmaster.s,
                                               .row = text_string(&user_row),
                                               .mode = 0644};
    }
    if (result == EXITCODE_DONE) {
        result = rowchange_apply(changes, count);
    }
    text_free(&postmaster);
    text_free(&domain_row);
    text_free(&user_row);
    return result;
}

static int make_files(const char *domain, const char *host)
{
    stralloc path = STRALLOC_ZERO;
    int had_domains = is_there(path_make(&path, PATH_ETC, "domains"));
    int result = had_domains < 0 ? command_fail_errno(path.s)
                                 : write_configuration(domain, host);

    text_free(&path);
    if (result == EXITCODE_DONE) {
        result = write_tables();
    }
    if (result != EXITCODE_DONE) {
        return result;
    }
    if (!domain && had_domains) {
        return compile_tables();
    }
    return add_domain(domain ? domain : FIRST_DOMAIN);
}

int layout_make_files(const char *domain, const char *host)
{
    stralloc canonical = STRALLOC_ZERO;
    int lock;
    int result;

    if (host && source_domain(host, &canonical) < 0) {
        return command_fail(EXITCODE_PERMANENT, "--host %s: not a host's name", host);
    }
    if (domain && source_domain(domain, &canonical) < 0) {
        return command_fail(EXITCODE_PERMANENT, "--domain %s: not a domain", domain);
    }
    lock = compile_lock();
    if (lock < 0) {
        return command_fail_errno("the lock in etc");
    }
    result = make_files(domain ? canonical.s : NULL, host);
    close(lock);
    text_free(&canonical);
    return result == EXITCODE_DONE
               ? result
               : command_fail(result, "the configuration could not be put in force");
}

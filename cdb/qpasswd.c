/* qpasswd: sets, removes and checks the passwords of mailboxes.
 *
 *   qpasswd [-S] [-m METHOD] [-r COST] ADDRESS   reads the new password from fd 0
 *   qpasswd -d ADDRESS                      removes it
 *   qpasswd -c ADDRESS                      checks the password on fd 0
 *
 * Runs as whoever may write etc. Reads POMBO_DIR; writes etc/passwords and compiles the
 * tables as qtable does. Exit codes: 0; 1 wrong password, or nothing to remove; 100
 * usage, an unfit password or address; 102 faults in the tables (nothing was changed);
 * 111 an error of the system. */
#include "../checkpw/password.h"
#include "compile.h"
#include "exitcode.h"
#include "paths.h"
#include "rowchange.h"
#include "secret.h"
#include "source.h"
#include "standard.h"
#include "text.h"
#include "walls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO 1

struct options {
    int is_check, is_removal, has_keys;
    const char *method;
    unsigned long cost;
    const char *address; /* canonical */
};

static int fail(int code, const char *address, const char *text)
{
    dprintf(2, "qpasswd: %s: %s\n", address, text);
    return code;
}

/* Makes the change under the lock. 0, NO where -d found no row, or an exit code. */
static int change_password(const char *address, const char *row)
{
    struct row_change change = {
        .file = "passwords", .key = address, .row = row, .mode = 0600};
    int lock = compile_lock();
    enum exitcode result;

    if (lock < 0) {
        return fail(EXITCODE_TEMPORARY, "the lock in etc", strerror(errno));
    }
    result = rowchange_apply(&change, 1);
    close(lock);
    if (result != EXITCODE_DONE) {
        return fail(result, address, "nothing was changed");
    }
    if (!row && !change.was_there) {
        return fail(NO, address, "has no password");
    }
    return EXITCODE_DONE;
}

static int check_user(const char *address)
{
    char *row = rowchange_find("users", address);

    if (!row) {
        return errno ? fail(EXITCODE_TEMPORARY, "users", strerror(errno))
                     : fail(EXITCODE_PERMANENT, address,
                            "not in the table users; add a row there first, or use "
                            "pombo user add");
    }
    free(row);
    return EXITCODE_DONE;
}

static int set_password(const struct options *options, const stralloc *password)
{
    stralloc row = STRALLOC_ZERO;
    stralloc hash = STRALLOC_ZERO;
    const char *fault;
    int result;

    if (password->len == 0) {
        return fail(EXITCODE_PERMANENT, options->address, "an empty password");
    }
    fault = secret_hash(password->s, options->method, options->cost, &hash);
    if (fault) {
        return fail(SECRET_EXITCODE, options->address, fault);
    }
    if (options->has_keys) {
        fault = secret_add_keys(password->s, &hash);
    } else if (secret_keys_are_wanted() && secret_add_keys(password->s, &hash)) {
        fail(0, options->address, "no keys for SCRAM: the password is not ASCII");
    }
    if (fault) {
        secret_free(&hash);
        return fail(SECRET_EXITCODE, options->address, fault);
    }
    text_add_format(&row, "%s  %s", options->address, hash.s);
    result = change_password(options->address, text_string(&row));
    secret_free(&row);
    secret_free(&hash);
    return result;
}

static int check_password(const char *address, const char *password)
{
    struct password_row row;
    stralloc path = STRALLOC_ZERO;
    stralloc key = STRALLOC_ZERO;
    enum password_result result = PASSWORD_TEMPORARY;

    text_set_string(&key, address);
    text_lower(key.s, key.len);
    path_make(&path, PATH_ETC, "passwords.cdb");
    if (password_find(path.s, text_string(&key), &row) == 0) {
        result = password_check(&row, password);
    }
    if (result == PASSWORD_TEMPORARY) {
        fail(EXITCODE_TEMPORARY, path.s, strerror(errno));
    }
    text_free(&path);
    text_free(&key);
    explicit_bzero(&row, sizeof row);
    return result == PASSWORD_RIGHT   ? EXITCODE_DONE
           : result == PASSWORD_WRONG ? NO
                                      : EXITCODE_TEMPORARY;
}

static int run(const struct options *options)
{
    stralloc password = STRALLOC_ZERO;
    const char *fault;
    int result;

    if (options->is_removal) {
        return change_password(options->address, NULL);
    }
    result = options->is_check ? EXITCODE_DONE : check_user(options->address);
    if (result != EXITCODE_DONE) {
        return result;
    }
    fault = secret_read(options->address, options->is_check, &password);
    if (fault) {
        result = fail(SECRET_EXITCODE, options->address, fault);
    } else if (options->is_check) {
        result = check_password(options->address, password.s);
    } else {
        result = set_password(options, &password);
    }
    secret_free(&password);
    return result;
}

static int usage(void)
{
    dprintf(2, "usage: qpasswd [-S] [-m METHOD] [-r COST] ADDRESS\n"
               "       qpasswd -c ADDRESS\n"
               "       qpasswd -d ADDRESS\n");
    return EXITCODE_PERMANENT;
}

static int read_options(int argc, char **argv, struct options *options)
{
    unsigned long long cost;
    int option;

    while ((option = getopt(argc, argv, "cdm:r:S")) != -1) {
        switch (option) {
        case 'c':
            options->is_check = 1;
            break;
        case 'd':
            options->is_removal = 1;
            break;
        case 'm':
            options->method = optarg;
            break;
        case 'r':
            if (text_parse_number(optarg, strlen(optarg), 0xFFFFFFFF, &cost) < 0) {
                return -1;
            }
            options->cost = (unsigned long)cost;
            break;
        case 'S':
            options->has_keys = 1;
            break;
        default:
            return -1;
        }
    }
    return argc - optind == 1 && options->is_check + options->is_removal < 2 ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct options options = {.method = SECRET_DEFAULT_METHOD};
    stralloc address = STRALLOC_ZERO;
    int result;

    standard_open();
    walls_enter(WALLS_TABLES, NULL);
    if (read_options(argc, argv, &options) < 0) {
        return usage();
    }
    if (source_address(argv[optind], &address) < 0) {
        result = fail(EXITCODE_PERMANENT, argv[optind], "not an address");
    } else {
        options.address = address.s;
        result = run(&options);
    }
    text_free(&address);
    return result;
}

/* pombo user: add, passwd, remove, list. */
#include "../cdb/compile.h"
#include "../cdb/rowchange.h"
#include "../cdb/secret.h"
#include "../cdb/source.h"
#include "address.h"
#include "command.h"
#include "encode.h"
#include "exitcode.h"
#include "mailboxname.h"
#include "paths.h"
#include "tables.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_SUCH_USER 1
#define USAGE                                                                          \
    "user add [--domain] [DIR] ADDRESS\n"                                              \
    "       pombo user passwd [DIR] ADDRESS\n"                                         \
    "       pombo user remove [DIR] ADDRESS\n"                                         \
    "       pombo user list [DIR]"

struct user_request {
    const char *address; /* canonical */
    int may_add_domain;  /* --domain */
};

/* What the rows lack of a new user. */
struct user_gap {
    int domain, row;
};

/* 1 there is a row, 0 none, -1 on errors. */
static int has_row(const char *file, const char *key)
{
    int result = rowchange_has(file, key);

    if (result < 0) {
        command_fail_errno(file);
    }
    return result;
}

/* 1 where the compiled tables know the user, 0, or -1 on errors. */
static int is_in_force(const char *address)
{
    struct tables tables = {0};
    const char *value;
    enum table_result result;

    if (tables_open(&tables) < 0) {
        if (errno == ENOENT) {
            return 0;
        }
        command_fail_errno("tables.cdb");
        return -1;
    }
    result = tables_get(&tables, TABLE_USERS, address, &value);
    tables_close(&tables);
    if (result == TABLE_ERROR) {
        command_fail(0, "tables.cdb is damaged; pombo reload makes it anew");
        return -1;
    }
    return result == TABLE_FOUND;
}

/* Applies changes and tells qsend. The caller holds the lock. */
static int apply_locked(struct row_change *changes, size_t count)
{
    int result = rowchange_apply(changes, count);

    if (result != EXITCODE_DONE) {
        return command_fail(result, "nothing was changed");
    }
    return command_signal_qsend();
}

static int apply(struct row_change *changes, size_t count)
{
    int lock = compile_lock();
    int result;

    if (lock < 0) {
        return command_fail_errno("the lock in etc");
    }
    result = apply_locked(changes, count);
    close(lock);
    return result;
}

/* Reads a password; makes one where there is none. *IS_MADE tells. */
static int get_password(const char *address, int may_ask, stralloc *out, int *is_made)
{
    char made[RANDOM_NAME_LEN + 1];
    const char *fault = NULL;

    if (may_ask || !isatty(0)) {
        fault = secret_read(address, 0, out);
    }
    if (fault) {
        return command_fail(SECRET_EXITCODE, "%s: %s", address, fault);
    }
    *is_made = out->len == 0;
    if (*is_made) {
        if (random_name(made) < 0) {
            return command_fail_errno("random bytes");
        }
        text_set_string(out, made);
        text_string(out);
        explicit_bzero(made, sizeof made);
    }
    return EXITCODE_DONE;
}

/* Sets ROW to the row of passwords. */
static int make_password_row(const char *address, const char *password, stralloc *row)
{
    stralloc hash = STRALLOC_ZERO;
    const char *fault = secret_hash(password, SECRET_DEFAULT_METHOD, 0, &hash);
    int code = SECRET_EXITCODE;

    if (!fault && secret_keys_are_wanted() && secret_add_keys(password, &hash)) {
        command_fail(0, "%s: no keys for SCRAM: the password is not ASCII", address);
    }
    if (!fault) {
        text_add_format(row, "%s  %s", address, hash.s);
        text_string(row);
    }
    secret_free(&hash);
    return fault ? command_fail(code, "%s: %s", address, fault) : EXITCODE_DONE;
}

/* Whether the address may be added. A row that is not in force is what was left of an
 * addition that was cut off, or was added by hand: it stays. 0, or an exit code. */
static int check_new(const struct user_request *request, struct user_gap *gap)
{
    const char *domain = address_domain(request->address);
    int is_row = has_row("users", request->address);
    int is_user = is_row > 0 ? is_in_force(request->address) : 0;
    int is_domain = has_row("domains", domain);

    if (is_row < 0 || is_user < 0 || is_domain < 0) {
        return EXITCODE_TEMPORARY;
    }
    if (is_user) {
        return command_fail(EXITCODE_PERMANENT,
                            "%s is a user already; pombo user passwd sets a password",
                            request->address);
    }
    gap->domain = !is_domain;
    gap->row = !is_row;
    if (!is_domain && !request->may_add_domain) {
        return command_fail(EXITCODE_PERMANENT,
                            "%s is no local domain here; pombo user add --domain adds "
                            "it, or a row \"%s  local\" in etc/domains",
                            domain, domain);
    }
    return EXITCODE_DONE;
}

/* Adds the rows that REQUEST needs; PASSWORD_ROW is the one of passwords. The row of
 * users comes last: without it there is nothing that would stand in the way of another
 * attempt. */
static int add_rows(const struct user_request *request, const struct user_gap *gap,
                    const char *mailbox, const char *password_row)
{
    stralloc domain_row = STRALLOC_ZERO;
    stralloc user_row = STRALLOC_ZERO;
    const char *domain = address_domain(request->address);
    struct row_change changes[3];
    size_t count = 0;
    int result;

    text_add_format(&domain_row, "%s  local", domain);
    text_add_format(&user_row, "%s  %s", request->address, mailbox);
    if (gap->domain) {
        changes[count++] = (struct row_change){.file = "domains",
                                               .key = domain,
                                               .row = text_string(&domain_row),
                                               .mode = 0644};
    }
    changes[count++] = (struct row_change){.file = "passwords",
                                           .key = request->address,
                                           .row = password_row,
                                           .mode = 0600};
    if (gap->row) {
        changes[count++] = (struct row_change){.file = "users",
                                               .key = request->address,
                                               .row = text_string(&user_row),
                                               .mode = 0644};
    }
    result = apply_locked(changes, count);
    text_free(&domain_row);
    text_free(&user_row);
    return result;
}

/* That of the row that is there, or a new one. */
static void choose_mailbox(const char *address, const struct user_gap *gap,
                           stralloc *mailbox)
{
    char *row = gap->row ? NULL : rowchange_find("users", address);
    char *rest = row;
    char *name =
        row && strtok_r(rest, " \t", &rest) ? strtok_r(rest, " \t", &rest) : NULL;

    if (name) {
        text_set_string(mailbox, name);
        text_string(mailbox);
    } else {
        mailboxname_make(address, mailbox);
    }
    free(row);
}

/* Somebody else may have added the address while the password was read and hashed:
 * under the lock it is checked again. */
static int add_under_lock(const struct user_request *request, stralloc *mailbox,
                          const char *password_row)
{
    struct user_gap gap = {0};
    int lock = compile_lock();
    int result;

    if (lock < 0) {
        return command_fail_errno("the lock in etc");
    }
    result = check_new(request, &gap);
    if (result == EXITCODE_DONE) {
        choose_mailbox(request->address, &gap, mailbox);
        result = add_rows(request, &gap, mailbox->s, password_row);
    }
    close(lock);
    return result;
}

static int add_user(const struct user_request *request)
{
    stralloc password = STRALLOC_ZERO;
    stralloc row = STRALLOC_ZERO;
    stralloc mailbox = STRALLOC_ZERO;
    struct user_gap gap = {0};
    int is_made = 0;
    int result = check_new(request, &gap);

    if (result == EXITCODE_DONE) {
        result = get_password(request->address, 0, &password, &is_made);
    }
    if (result == EXITCODE_DONE) {
        result = make_password_row(request->address, password.s, &row);
    }
    if (result == EXITCODE_DONE) {
        result = add_under_lock(request, &mailbox, row.s);
    }
    if (result == EXITCODE_DONE) {
        printf("user=%s\nmailbox=%s\n", request->address, mailbox.s);
        if (is_made) {
            printf("password=%s\n", password.s);
        }
    }
    secret_free(&password);
    secret_free(&row);
    text_free(&mailbox);
    return result;
}

/* A row that is gone may be that of a removal that was cut off. */
static int check_known(const struct user_request *request)
{
    int is_user = has_row("users", request->address);

    if (is_user == 0) {
        is_user = is_in_force(request->address);
    }
    if (is_user < 0) {
        return EXITCODE_TEMPORARY;
    }
    return is_user ? EXITCODE_DONE
                   : command_fail(NO_SUCH_USER, "%s is no user", request->address);
}

static int change_password(const struct user_request *request)
{
    struct row_change change = {
        .file = "passwords", .key = request->address, .mode = 0600};
    stralloc password = STRALLOC_ZERO;
    stralloc row = STRALLOC_ZERO;
    int is_made = 0;
    int result = check_known(request);

    if (result == EXITCODE_DONE) {
        result = get_password(request->address, 1, &password, &is_made);
    }
    if (result == EXITCODE_DONE) {
        result = make_password_row(request->address, password.s, &row);
    }
    if (result == EXITCODE_DONE) {
        change.row = row.s;
        result = apply(&change, 1);
    }
    if (result == EXITCODE_DONE && is_made) {
        printf("user=%s\npassword=%s\n", request->address, password.s);
    }
    secret_free(&password);
    secret_free(&row);
    return result;
}

static int remove_user(const struct user_request *request)
{
    struct row_change changes[] = {
        {.file = "users", .key = request->address, .mode = 0644},
        {.file = "passwords", .key = request->address, .mode = 0600}};
    int result = check_known(request);

    if (result == EXITCODE_DONE) {
        result = apply(changes, 2);
    }
    if (result == EXITCODE_DONE) {
        command_fail(0, "%s is removed; its mail stays where it is", request->address);
    }
    return result;
}

static void print_user(struct text_row *row, void *data)
{
    stralloc address = STRALLOC_ZERO;
    const char *word = row_next_word(row);
    const char *mailbox = row_next_word(row);

    (void)data;
    if (mailbox && source_address(word, &address) == 0) {
        printf("%s %s\n", address.s, mailbox);
    }
    text_free(&address);
}

static int list_users(void)
{
    stralloc path = STRALLOC_ZERO;
    struct textfile file;
    struct faults faults = {0};
    int result = EXITCODE_DONE;

    if (textfile_read(&file, path_make(&path, PATH_ETC, "users")) < 0) {
        result = command_fail_errno(path.s);
    } else {
        textfile_each_row(&file, &faults, print_user, NULL);
    }
    textfile_free(&file);
    text_free(&path);
    return result == EXITCODE_DONE && faults.count > 0 ? EXITCODE_CONFIGURATION
                                                       : result;
}

static const struct {
    const char *name;
    int (*run)(const struct user_request *request);
} actions[] = {
    {"add", add_user},
    {"passwd", change_password},
    {"remove", remove_user},
};

static int run_action(const char *name, struct user_request *request,
                      const char *address)
{
    stralloc canonical = STRALLOC_ZERO;
    int result = -1;
    size_t i;

    if (source_address(address, &canonical) < 0) {
        result = command_fail(EXITCODE_PERMANENT, "%s: not an address", address);
    }
    request->address = canonical.s;
    for (i = 0; i < sizeof actions / sizeof *actions && result < 0; i++) {
        if (strcmp(name, actions[i].name) == 0) {
            result = actions[i].run(request);
        }
    }
    text_free(&canonical);
    return result < 0 ? command_usage(USAGE) : result;
}

/* Takes --domain out of the arguments; returns how many are left. */
static int take_options(int argc, char **argv, struct user_request *request)
{
    int kept = 0;
    int i;

    for (i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--domain") == 0) {
            request->may_add_domain = 1;
        } else {
            argv[kept++] = argv[i];
        }
    }
    return kept;
}

int command_user(int argc, char **argv)
{
    struct user_request request = {0};
    int is_list;
    int has_dir;
    int result = EXITCODE_DONE;

    argc = take_options(argc, argv, &request);
    is_list = argc > 1 && strcmp(argv[1], "list") == 0;
    if (argc < (is_list ? 2 : 3) || argc > (is_list ? 3 : 4)) {
        return command_usage(USAGE);
    }
    has_dir = argc == (is_list ? 3 : 4);
    if (has_dir) {
        result = command_enter(argv[2]);
    }
    if (result != EXITCODE_DONE) {
        return result;
    }
    return is_list ? list_users() : run_action(argv[1], &request, argv[argc - 1]);
}

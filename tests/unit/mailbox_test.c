#include "check.h"
#include "mailbox.h"
#include "maildir.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/pombo-mailbox-test.XXXXXX";

static void make_root(void)
{
    if (!mkdtemp(root) || chdir(root) < 0 || mkdir("mail", 0700) < 0 ||
        setenv("POMBO_DIR", root, 1) < 0) {
        exit(1);
    }
}

/* The mailboxes of the tests lie directly in mail/. */
static void remove_mailbox(const char *name)
{
    char path[PATH_MAX];
    static const char *const folders[] = {"tmp", "new", "cur"};
    struct mailbox *mailbox;
    size_t i;

    if (mailbox_open(&mailbox, name) == MAILBOX_OK) {
        for (i = 0; i < mailbox_count(mailbox); i++) {
            CHECK(mailbox_remove(mailbox, i) == MAILBOX_OK);
        }
        mailbox_close(mailbox);
    }
    for (i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "mail/%s/%s", name, folders[i]);
        rmdir(path);
    }
    snprintf(path, sizeof path, "mail/%s", name);
    CHECK(rmdir(path) == 0);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void test_names(void)
{
    static const struct {
        const char *name;
        int is_valid;
    } rows[] = {{"ann", 1},
                {"example.org/ann", 1},
                {"a b/\xc3\xbc", 1},
                {"..a/b..", 1},
                {".hidden", 1},
                {"", 0},
                {"/ann", 0},
                {"ann/", 0},
                {"a//b", 0},
                {"a/./b", 0},
                {"..", 0},
                {"a/../b", 0},
                {"a\nb", 0},
                {"a\177", 0},
                {".", 0}};
    char one[MAILDIR_ID_SIZE], two[MAILDIR_ID_SIZE];
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(mailbox_name_is_valid(rows[i].name), rows[i].is_valid);
    }
    maildir_make_name(one);
    maildir_make_name(two);
    CHECK(strcmp(one, two) != 0);
    CHECK(strlen(one) <= 70 && maildir_base_length(one) == strlen(one));
    CHECK(maildir_name_time(one) - time(NULL) < 2);
}

static void test_name_parts(void)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {{"5.a", "5.a", 0},         {"5.a:2,S", "5.a", 0},
                {"5.a:2,", "5.a:2,FS", 0}, {"5.a", "6.a", -1},
                {"10.a", "9.z", 1},        {"5.a", "5.b", -1},
                {"5.a", "5.aa", -1},       {"5.a,S=1", "5.a,S=2", -1},
                {"5.a,S=1", "5.a", 1},     {"5.a,S=1:2,S", "5.a", 1},
                {"5.a,S=9", "5.a-", -1},   {"a", "5.a", -1},
                {"5.a:2,S", "5.a-b", -1},  {"005.a", "5.a", -1}};
    uint64_t size = 0;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        int order = maildir_compare_names(rows[i].a, rows[i].b);
        CHECK_NUMBER((order > 0) - (order < 0), rows[i].order);
        order = maildir_compare_names(rows[i].b, rows[i].a);
        CHECK_NUMBER((order > 0) - (order < 0), -rows[i].order);
    }
    CHECK(maildir_name_number("5.a,S=12,W=15:2,S", 'S', &size) == 0 && size == 12);
    CHECK(maildir_name_number("5.a,S=12,W=15:2,S", 'W', &size) == 0 && size == 15);
    CHECK(maildir_name_number("5.a,W=15", 'S', &size) < 0);
    CHECK(maildir_name_number("5.a:2,S,S=5", 'S', &size) < 0);
    CHECK(maildir_name_number("5.a,S=1x", 'S', &size) < 0);
    CHECK(maildir_name_number("5.a,S=", 'S', &size) < 0);
    CHECK(maildir_name_number("5.a,S=99999999999999999999", 'S', &size) < 0);
    CHECK(maildir_name_number("S=5.a", 'S', &size) < 0);
}

static void test_ids(void)
{
    static const char longest[] =
        "1234567890123456789012345678901234567890123456789012345678901234567890";
    char id[MAILDIR_ID_SIZE];

    maildir_make_id(id, longest, 70);
    CHECK_STRING(id, longest);
    maildir_make_id(id,
                    "x1234567890123456789012345678901234567890123456789012345678"
                    "901234567890",
                    71);
    CHECK_NUMBER(strlen(id), 32);
    maildir_make_id(id, "a b", 3);
    CHECK_STRING(id, "c8687a08aa5d6ed2044328fa6a697ab8");
    maildir_make_id(id, "", 0);
    CHECK_STRING(id, "e3b0c44298fc1c149afbf4c8996fb924");
}

/* What mailbox_batch_add reads: a text in pieces, or an error. */
struct text {
    const char *at;
    int errnum;
};

static ssize_t read_text(void *data, char *buffer, size_t size)
{
    struct text *text = data;
    size_t len = strlen(text->at) < 3 ? strlen(text->at) : 3;

    if (len == 0 && text->errnum) {
        errno = text->errnum;
        return -1;
    }
    len = len < size ? len : size;
    memcpy(buffer, text->at, len);
    text->at += len;
    return (ssize_t)len;
}

static enum mailbox_result deliver(struct mailbox_target *target, const char *body,
                                   int errnum)
{
    struct mailbox_batch *batch = mailbox_batch_new();
    struct text text = {body, errnum};

    mailbox_batch_add(batch, &(struct mailbox_content){"H: x\n", 5, read_text, &text},
                      target, 1);
    mailbox_batch_commit(batch);
    mailbox_batch_free(batch);
    return target->result;
}

static void check_message(struct mailbox *mailbox, size_t index, const char *expected)
{
    char text[200] = "";
    int fd = mailbox_read(mailbox, index);

    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) >= 0);
    CHECK_STRING(text, expected);
    close(fd);
}

static void test_delivery(void)
{
    struct mailbox_target target = {.name = "ann"};
    struct mailbox *mailbox;
    uint64_t bytes = 0, count = 0;

    CHECK(mailbox_open(&mailbox, "ann") == MAILBOX_OK);
    CHECK_NUMBER(mailbox_count(mailbox), 0);
    mailbox_close(mailbox);
    CHECK(deliver(&target, "\nfirst\n", 0) == MAILBOX_OK);
    CHECK(deliver(&target, "\nsecond, no end", 0) == MAILBOX_OK);
    CHECK(deliver(&target, "\nlost\n", EIO) == MAILBOX_TEMPORARY);
    CHECK_NUMBER(target.errnum, EIO);
    CHECK(mailbox_open(&mailbox, "ann") == MAILBOX_OK);
    CHECK_NUMBER(mailbox_count(mailbox), 2);
    check_message(mailbox, 0, "H: x\n\nfirst\n");
    check_message(mailbox, 1, "H: x\n\nsecond, no end");
    CHECK_NUMBER(mailbox_item(mailbox, 0)->size, 12 + 3);
    CHECK_NUMBER(mailbox_item(mailbox, 1)->size, 20 + 2 + 2);
    CHECK(mailbox_item(mailbox, 1)->arrival - time(NULL) < 2);
    CHECK(mailbox_usage("ann", &bytes, &count) == MAILBOX_OK);
    CHECK_NUMBER(bytes, 32);
    CHECK_NUMBER(count, 2);
    mailbox_close(mailbox);
    remove_mailbox("ann");
}

static void test_abandoned_batch(void)
{
    struct mailbox_target target = {.name = "ann"};
    struct mailbox_batch *batch = mailbox_batch_new();
    struct text text = {"x\n", 0};
    uint64_t bytes = 0, count = 0;

    mailbox_batch_add(batch, &(struct mailbox_content){"", 0, read_text, &text},
                      &target, 1);
    mailbox_batch_free(batch);
    CHECK(mailbox_usage("ann", &bytes, &count) == MAILBOX_OK && count == 0);
    CHECK(rmdir("mail/ann/tmp") == 0);
    remove_mailbox("ann");
}

/* Messages of other programs, in both folders, and what is no message. */
static void test_foreign(void)
{
    struct mailbox *mailbox;
    static const char *const ids[] = {"noted", "5.old,S=2", "7.same,S=1",
                                      "7.same,S=2,W=77", "9.new"};
    size_t i;

    CHECK(mailbox_create("ann") == MAILBOX_OK && mailbox_create("ann") == MAILBOX_OK);
    put("mail/ann/new/9.new", "a\nb");
    put("mail/ann/cur/5.old,S=2:2,RS", "a\n");
    put("mail/ann/cur/7.same,S=1", "1");
    put("mail/ann/cur/7.same,S=2,W=77", "22");
    put("mail/ann/cur/noted", "");
    put("mail/ann/cur/.hidden", "x");
    CHECK(mkdir("mail/ann/cur/1.folder", 0700) == 0);
    CHECK(mkfifo("mail/ann/new/2.fifo", 0600) == 0);
    CHECK(symlink("9.new", "mail/ann/new/3.link") == 0);
    CHECK(mailbox_open(&mailbox, "ann") == MAILBOX_OK);
    CHECK_NUMBER(mailbox_count(mailbox), 5);
    for (i = 0; i < 5 && i < mailbox_count(mailbox); i++) {
        CHECK_STRING(mailbox_item(mailbox, i)->id, ids[i]);
    }
    CHECK_NUMBER(mailbox_item(mailbox, 0)->size, 0);
    CHECK_NUMBER(mailbox_item(mailbox, 1)->size, 3);
    CHECK_NUMBER(mailbox_item(mailbox, 3)->size, 77);
    CHECK_NUMBER(mailbox_item(mailbox, 4)->size, 6);
    CHECK_NUMBER(mailbox_item(mailbox, 4)->arrival, 9);
    /* The ids of those that stay are what they were. */
    CHECK(mailbox_remove(mailbox, 2) == MAILBOX_OK);
    mailbox_close(mailbox);
    CHECK(mailbox_open(&mailbox, "ann") == MAILBOX_OK);
    CHECK_STRING(mailbox_item(mailbox, 2)->id, ids[3]);
    mailbox_close(mailbox);
    unlink("mail/ann/cur/.hidden");
    unlink("mail/ann/new/2.fifo");
    unlink("mail/ann/new/3.link");
    rmdir("mail/ann/cur/1.folder");
    remove_mailbox("ann");
}

/* What another session does meanwhile. */
static void test_two_sessions(void)
{
    struct mailbox *mine, *other;
    struct stat status;

    CHECK(mailbox_create("ann") == MAILBOX_OK);
    put("mail/ann/new/1.a", "A\n");
    put("mail/ann/new/2.b", "B\n");
    put("mail/ann/cur/3.c:2,FT", "C\n");
    put("mail/ann/cur/4.d:1,odd", "D\n");
    CHECK(mailbox_open(&mine, "ann") == MAILBOX_OK);
    CHECK(mailbox_open(&other, "ann") == MAILBOX_OK);
    CHECK(mailbox_remove(other, 1) == MAILBOX_OK);
    mailbox_mark_seen(other, 0);
    mailbox_mark_seen(other, 2);
    mailbox_mark_seen(other, 3);
    CHECK(mailbox_sync(other) == MAILBOX_OK);
    CHECK(stat("mail/ann/cur/1.a:2,S", &status) == 0);
    CHECK(stat("mail/ann/cur/3.c:2,FST", &status) == 0);
    CHECK(stat("mail/ann/cur/4.d:1,odd", &status) == 0);
    check_message(mine, 0, "A\n");
    check_message(mine, 2, "C\n");
    CHECK(mailbox_read(mine, 1) < 0 && errno == ENOENT);
    CHECK(mailbox_remove(mine, 1) == MAILBOX_ABSENT);
    mailbox_mark_seen(mine, 0); /* has it already */
    CHECK(rename("mail/ann/cur/1.a:2,S", "mail/ann/cur/1.a:2,RS") == 0);
    CHECK(mailbox_remove(mine, 0) == MAILBOX_OK);
    CHECK(mailbox_remove(mine, 0) == MAILBOX_ABSENT);
    mailbox_close(mine);
    mailbox_close(other);
    remove_mailbox("ann");
}

/* As a power cut may leave it: one of the two folders with a message, the other gone.
 */
static void test_half_made(void)
{
    static const char *const lost[] = {"mail/ann/cur", "mail/ann/new"};
    static const char *const left[] = {"mail/ann/new/1.a", "mail/ann/cur/1.a"};
    struct mailbox *mailbox;
    size_t i;

    for (i = 0; i < 2; i++) {
        CHECK(mailbox_create("ann") == MAILBOX_OK && rmdir(lost[i]) == 0);
        put(left[i], "A\n");
        CHECK(mailbox_open(&mailbox, "ann") == MAILBOX_OK);
        CHECK_NUMBER(mailbox_count(mailbox), 1);
        mailbox_close(mailbox);
        CHECK(access(lost[i], F_OK) == 0);
        remove_mailbox("ann");
    }
}

int main(void)
{
    make_root();
    test_names();
    test_name_parts();
    test_ids();
    test_delivery();
    test_abandoned_batch();
    test_foreign();
    test_two_sessions();
    test_half_made();
    CHECK(rmdir("mail") == 0 && chdir("/") == 0 && rmdir(root) == 0);
    return check_report();
}

#include "walls.h"

#include "paths.h"
#include "sandbox.h"
#include "text.h"

#include <stdlib.h>

#define MEGABYTE (1ULL << 20)
#define GIGABYTE (1ULL << 30)

/* The largest message that the settings allow, with its envelope. */
#define MESSAGE_MOST (17 * GIGABYTE)

#define ROOTS 5
#define FOLDERS_MAX (ROOTS + 5)

enum more {
    MORE_SPOOL = 1,    /* a spool file in the folder for temporary files */
    MORE_RESOLVER = 2, /* the resolver's configuration */
    MORE_PROGRAMS = 4, /* runs cdb, which needs its libraries and such */
    MORE_AUTHORITIES =
        8 /* certificates of CAs, and where Debian's links to them lead */
};

/* smtpd's, which differ in whom it may speak to. */
#define SMTPD(calls_too, more_too)                                                     \
    {                                                                                  \
        .calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK | (calls_too),           \
        .rights = {[PATH_QUEUE] = SANDBOX_WRITE}, .more = (more_too),                  \
        .memory = 512 * MEGABYTE, .files = 64, .file_size = MESSAGE_MOST               \
    }

/* Memory: several times what the largest settings and mailboxes that are tested take
 * (100,000 recipients, 100,000 messages). Descriptors: what is open at once, and what
 * qsend may have sent. */
static const struct plan {
    unsigned calls;
    unsigned char rights[ROOTS]; /* of etc, queue, mail, run, sts */
    unsigned char more;
    unsigned char is_silent;
    unsigned long long memory;
    unsigned long long files;
    unsigned long long file_size;
} plans[WALLS_COUNT] = {
    [WALLS_SMTPD] = SMTPD(0, 0),
    [WALLS_SMTPD_NAMES] = SMTPD(SANDBOX_INET, MORE_RESOLVER),
    [WALLS_SMTPD_DOORS] = SMTPD(SANDBOX_UNIX, 0),
    [WALLS_SMTPD_DOORS_NAMES] = SMTPD(SANDBOX_UNIX | SANDBOX_INET, MORE_RESOLVER),
    [WALLS_SMTPD_LOCAL] = SMTPD(SANDBOX_UNIX, MORE_SPOOL),
    [WALLS_QINJECT] = {.calls =
                           SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK | SANDBOX_UNIX,
                       .rights = {[PATH_QUEUE] = SANDBOX_WRITE},
                       .more = MORE_SPOOL,
                       .is_silent = 1,
                       .memory = 512 * MEGABYTE,
                       .files = 64,
                       .file_size = MESSAGE_MOST},
    [WALLS_QMQPD] = {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK,
                     .rights = {[PATH_QUEUE] = SANDBOX_WRITE},
                     .more = MORE_SPOOL,
                     .memory = 512 * MEGABYTE,
                     .files = 64,
                     .file_size = MESSAGE_MOST},
    [WALLS_QSEND] =
        {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK | SANDBOX_LOOP,
         .rights = {[PATH_ETC] = SANDBOX_READ, [PATH_QUEUE] = SANDBOX_WRITE},
         .memory = 8 * GIGABYTE,
         .files = SANDBOX_UNLIMITED, /* raised as far as it may */
         .file_size = MESSAGE_MOST},
    [WALLS_QMX] = {.calls = SANDBOX_OPEN | SANDBOX_TALK | SANDBOX_INET |
                            SANDBOX_NETLINK | SANDBOX_UNIX,
                   .rights = {[PATH_STS] = SANDBOX_READ},
                   .memory = 128 * MEGABYTE,
                   .files = 64,
                   .file_size = 0},
    [WALLS_QNOTIFY] =
        {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK,
         .rights = {[PATH_ETC] = SANDBOX_READ, [PATH_QUEUE] = SANDBOX_WRITE},
         .memory = GIGABYTE,
         .files = 256,
         .file_size = MESSAGE_MOST},
    [WALLS_QTLSREPORT] =
        {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK,
         .rights = {[PATH_QUEUE] = SANDBOX_WRITE, [PATH_STS] = SANDBOX_READ},
         .memory = 2 * GIGABYTE,
         .files = 64,
         .file_size = GIGABYTE},
    [WALLS_QTLSREPORT_PRINT] =
        {.calls = SANDBOX_OPEN,
         .rights = {[PATH_QUEUE] = SANDBOX_READ, [PATH_STS] = SANDBOX_READ},
         .is_silent = 1,
         .memory = 2 * GIGABYTE,
         .files = 64,
         .file_size = SANDBOX_UNLIMITED}, /* as qctl's */
    [WALLS_QCTL] = {.calls = SANDBOX_OPEN | SANDBOX_SIGNAL,
                    .rights = {[PATH_QUEUE] = SANDBOX_READ},
                    .is_silent = 1,
                    .memory = GIGABYTE,
                    .files = 64,
                    .file_size = SANDBOX_UNLIMITED}, /* its output may go to one */
    [WALLS_QLOCAL] = {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK |
                               SANDBOX_SYNC_MANY,
                      .rights = {[PATH_MAIL] = SANDBOX_WRITE},
                      .memory = 2 * GIGABYTE,
                      .files = 4096,
                      .file_size = MESSAGE_MOST},
    [WALLS_QREMOTE] = {.calls = SANDBOX_TALK | SANDBOX_INET | SANDBOX_UNIX,
                       .memory = GIGABYTE,
                       .files = 1024,
                       .file_size = 0},
    [WALLS_POPUP] = {.calls = SANDBOX_TALK | SANDBOX_UNIX,
                     .memory = 64 * MEGABYTE,
                     .files = 64,
                     .file_size = 0},
    [WALLS_AUTH] = {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK,
                    .rights = {[PATH_ETC] = SANDBOX_READ, [PATH_RUN] = SANDBOX_WRITE},
                    .memory = GIGABYTE,
                    .files = 64,
                    .file_size = 16 * MEGABYTE},
    [WALLS_POP3D] = {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK,
                     .rights = {[PATH_MAIL] = SANDBOX_WRITE},
                     .memory = 2 * GIGABYTE,
                     .files = 64,
                     .file_size = 0},
    [WALLS_TLSD] = {.calls = SANDBOX_OPEN | SANDBOX_TALK | SANDBOX_SERVE,
                    .rights = {[PATH_ETC] = SANDBOX_READ},
                    .memory = GIGABYTE,
                    .files = 256,
                    .file_size = 0},
    [WALLS_TLS_SESSION] = {.calls = SANDBOX_TALK,
                           .memory = GIGABYTE,
                           .files = 256,
                           .file_size = 0},
    [WALLS_TLSC] = {.calls = SANDBOX_OPEN | SANDBOX_TALK | SANDBOX_SERVE,
                    .more = MORE_AUTHORITIES,
                    .memory = GIGABYTE,
                    .files = 256,
                    .file_size = 0},
    [WALLS_TLSC_SESSION] = {.calls = SANDBOX_OPEN | SANDBOX_TALK,
                            .more = MORE_AUTHORITIES,
                            .memory = GIGABYTE,
                            .files = 256,
                            .file_size = 0},
    [WALLS_STSD] = {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK |
                             SANDBOX_INET | SANDBOX_SERVE,
                    .rights = {[PATH_STS] = SANDBOX_WRITE},
                    .more = MORE_AUTHORITIES,
                    .memory = GIGABYTE,
                    .files = 256,
                    .file_size = MEGABYTE},
    [WALLS_STSD_SESSION] = {.calls = SANDBOX_OPEN | SANDBOX_CHANGE | SANDBOX_TALK |
                                     SANDBOX_INET,
                            .rights = {[PATH_STS] = SANDBOX_WRITE},
                            .more = MORE_AUTHORITIES,
                            .memory = GIGABYTE,
                            .files = 64,
                            .file_size = MEGABYTE},
    [WALLS_TABLES] = {.calls = SANDBOX_START_OTHERS,
                      .rights = {[PATH_ETC] = SANDBOX_WRITE},
                      .more = MORE_SPOOL | MORE_PROGRAMS,
                      .is_silent = 1,
                      .memory = 8 * GIGABYTE,
                      .files = SANDBOX_UNLIMITED,
                      .file_size = SANDBOX_UNLIMITED},
};

struct folders {
    struct sandbox_folder list[FOLDERS_MAX];
    size_t count;
    stralloc paths[ROOTS];
};

static void add_folder(struct folders *folders, const char *path, unsigned rights)
{
    folders->list[folders->count++] = (struct sandbox_folder){path, rights};
}

static void add_roots(struct folders *folders, const struct plan *plan,
                      const char *mailbox)
{
    unsigned i;

    for (i = 0; i < ROOTS; i++) {
        if (plan->rights[i]) {
            path_make(&folders->paths[i], (enum path_root)i,
                      i == PATH_MAIL && mailbox ? mailbox : "");
            add_folder(folders, folders->paths[i].s, plan->rights[i]);
        }
    }
}

static void add_more(struct folders *folders, const struct plan *plan,
                     const char *authorities)
{
    const char *temporary = getenv("TMPDIR");

    if (plan->more & MORE_SPOOL) {
        add_folder(folders, temporary && *temporary ? temporary : "/tmp",
                   SANDBOX_WRITE);
    }
    if (plan->more & MORE_RESOLVER) {
        add_folder(folders, "/etc/resolv.conf", SANDBOX_READ);
    }
    if (plan->more & MORE_PROGRAMS) {
        add_folder(folders, "/", SANDBOX_READ | SANDBOX_EXECUTE);
    }
    if ((plan->more & MORE_AUTHORITIES) && authorities) {
        add_folder(folders, authorities, SANDBOX_READ);
        add_folder(folders, "/usr/share/ca-certificates", SANDBOX_READ);
        add_folder(folders, "/usr/local/share/ca-certificates", SANDBOX_READ);
    }
}

static void enter(enum walls walls, const char *folder, unsigned calls)
{
    const struct plan *plan = plans + walls;
    struct folders folders = {.count = 0};
    struct sandbox sandbox = {.calls = plan->calls | calls,
                              .memory = plan->memory,
                              .files = plan->files,
                              .file_size = plan->file_size,
                              .folders = folders.list,
                              .is_silent = plan->is_silent};
    unsigned i;

    add_roots(&folders, plan, folder);
    add_more(&folders, plan, folder);
    sandbox.folder_count = folders.count;
    sandbox_enter(&sandbox);
    for (i = 0; i < ROOTS; i++) {
        text_free(&folders.paths[i]);
    }
}

void walls_enter(enum walls walls, const char *folder)
{
    if (walls == WALLS_STARTER) {
        sandbox_enter_as_starter();
    } else {
        enter(walls, folder, 0);
    }
}

void walls_enter_as_template(enum walls walls)
{
    enter(walls, NULL, SANDBOX_TEMPLATE);
}

void walls_enter_as_session(void)
{
    sandbox_give_up_forks();
}

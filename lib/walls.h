/* The walls of each program (lib/sandbox.h), in one table in walls.c. qlisten, which
 * links no skalibs, calls sandbox_enter_as_starter itself. */
#ifndef LIB_WALLS_H
#define LIB_WALLS_H

enum walls {
    WALLS_STARTER, /* qstart, qspawn, checkpw, popup in a chain, pombo: they start
                    * others
                    */
    WALLS_SMTPD,
    WALLS_SMTPD_NAMES, /* looks its client's name up */
    WALLS_SMTPD_DOORS, /* may speak to tlsd, and with -s to checkpw */
    WALLS_SMTPD_DOORS_NAMES,
    WALLS_SMTPD_LOCAL, /* on a pipe: may speak to qmqpd */
    WALLS_QINJECT,
    WALLS_QMQPD,
    WALLS_QSEND,
    WALLS_QMX,
    WALLS_QNOTIFY,
    WALLS_QTLSREPORT,
    WALLS_QTLSREPORT_PRINT, /* -n, which changes nothing */
    WALLS_QCTL,
    WALLS_QLOCAL,
    WALLS_QREMOTE,
    WALLS_POPUP, /* with the log-in door */
    WALLS_AUTH,  /* checkpw behind run/auth */
    WALLS_POP3D,
    WALLS_TLSD,         /* its long-running process */
    WALLS_TLS_SESSION,  /* what that forks, and tlsd in front of a program */
    WALLS_TLSC,         /* the same of the other door */
    WALLS_TLSC_SESSION, /* ... and what it forks */
    WALLS_STSD,         /* that of policies, */
    WALLS_STSD_SESSION, /* ... and what it forks */
    WALLS_TABLES,       /* qtable and qpasswd */
    WALLS_COUNT
};

/* Closes the calling program in, for good. FOLDER is the one mailbox that is served
 * (NULL: all, where the program may reach mailboxes at all), or for tlsc and stsd that
 * of the CAs' certificates. Tables that are read once are opened before. */
void walls_enter(enum walls walls, const char *folder);
/* The same for a template (lib/template.h) of the program; and what a session that it
 * forked then closes: it makes no process. */
void walls_enter_as_template(enum walls walls);
void walls_enter_as_session(void);

#endif

/* The commands of pombo, and what they share. */
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

/* Each takes its own arguments (argv[0] is its name) and returns the exit code. */
int command_up(int argc, char **argv);
int command_down(int argc, char **argv);
int command_status(int argc, char **argv);
int command_reload(int argc, char **argv);
int command_user(int argc, char **argv);
int command_check(int argc, char **argv);
int command_queue(int argc, char **argv);
int command_cert(int argc, char **argv);

/* Writes "pombo: " and the text to fd 2; returns CODE. */
int command_fail(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for TEXT and errno; returns EXITCODE_TEMPORARY. */
int command_fail_errno(const char *text);
/* Writes how a command is used; returns EXITCODE_PERMANENT. */
int command_usage(const char *text);

/* Makes DIR the folder that all paths lie below: POMBO_DIR, absolute. 0, or an exit
 * code where there is no etc in it. */
int command_enter(const char *dir);
/* The path below PATH_... or below DIR is made by lib/paths.h; this one is DIR/NAME of
 * POMBO_DIR, to be freed. */
char *command_path(const char *name);

/* The pid of the qsend that holds the queue's lock; 0: none runs; -1 with errno. */
int command_find_qsend(void);
/* Tells a running qsend to read the tables. An exit code. */
int command_signal_qsend(void);

#endif

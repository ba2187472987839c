/* Where messages come from: new/ (told by inotify, and looked through at the start,
 * when names were lost, and every few minutes), cur/ (what an earlier qsend left),
 * and the wheel's due folders. What finds no room in memory stays where it is. Old
 * mail never takes more than half of the room, new mail no more while old waits; and
 * while new mail comes, old mail is taken for a tenth of the time. New mail that comes
 * one message after the other is taken several at a time. */
#ifndef QSEND_INTAKE_H
#define QSEND_INTAKE_H

#include "loop.h"
#include "queuefile.h"

#include <dirent.h>

struct scheduler;

struct intake_name {
    struct intake_name *next;
    unsigned char is_reported; /* a derived message that qnotify has told of */
    char name[];
};

struct intake {
    struct loop_watch watch; /* inotify */
    struct intake_name *first, *last;
    struct intake_name *later; /* reported ones that could not be taken over */
    size_t count;
    DIR *new_folder, *cur_folder; /* being read; or NULL */
    unsigned char has_lost_names; /* new/ is to be read again */
    unsigned char was_old;        /* the last one taken */
    unsigned char has_trouble;    /* an error of the system since the last scan */
    clock_ms trouble_wait;        /* until the scan after trouble; 0: none was */
    clock_ms last_new;            /* when new mail was taken */
    struct loop_timer fill, scan;
    struct loop_timer rest;   /* set: old mail waits until it is due */
    struct loop_timer gather; /* set: so does what inotify tells */
};

/* Begins to watch and to read. 0, or -1 with errno. */
int intake_open(struct scheduler *scheduler);
/* Looks through all folders anew, now. */
void intake_scan(struct scheduler *scheduler);
/* Takes no more. */
void intake_stop(struct scheduler *scheduler);
/* Looks for work in this turn of the loop: room has come, or mail. */
void intake_wake(struct scheduler *scheduler);
/* The derived message NAME is in new/, and its parent is marked. */
void intake_report(struct scheduler *scheduler, const char *name);

#endif

/* Deferred messages on disk: wheel/T/NAME, where T is the time of the next attempt
 * in units of 16 seconds, as 10 hexadecimal digits. In memory there are only the
 * numbers of the folders; a folder is opened when it is due, and read as there is
 * room. */
#ifndef QSEND_WHEEL_H
#define QSEND_WHEEL_H

#include "loop.h"

#include <dirent.h>
#include <stdint.h>
#include <time.h>

#define WHEEL_UNIT 16
#define WHEEL_PATH_SIZE 80

struct scheduler;

struct wheel {
    uint64_t *slots; /* in order */
    size_t count, room;
    DIR *due; /* slots[0], being read; or NULL */
    size_t taken_in_pass;
    unsigned char has_trouble; /* a folder was given up because of an error */
    struct loop_timer timer;
};

/* Finds the folders that are there. 0, or -1 with errno. */
int wheel_open(struct scheduler *scheduler);
/* Finds those again that had to be given up because of errors. */
void wheel_scan(struct scheduler *scheduler);
/* Moves cur/NAME to the folder of the time WHEN; it waits for the next unit at
 * least. 0, or -1 with errno. */
int wheel_defer(struct scheduler *scheduler, const char *name, time_t when);
/* 1 where a folder is due. */
int wheel_is_due(const struct wheel *wheel);
/* Moves the next due file to cur/ and copies its name to NAME (QUEUE_NAME_SIZE
 * bytes). 1; 0 where none is due (any more); -1 with errno. */
int wheel_take(struct scheduler *scheduler, char *name);
/* Makes all that waits due now. */
void wheel_flush(struct scheduler *scheduler);
/* Finds the file of a deferred message: sets PATH and returns 0, or -1 with errno. */
int wheel_find(const struct wheel *wheel, const char *name, char path[WHEEL_PATH_SIZE]);

#endif

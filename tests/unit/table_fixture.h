/* A tables.cdb for unit tests, in a temporary POMBO_DIR that is removed at exit. */
#ifndef TESTS_UNIT_TABLE_FIXTURE_H
#define TESTS_UNIT_TABLE_FIXTURE_H

#include <skalibs/cdbmake.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fixture_dir[] = "/tmp/pombo-unit.XXXXXX";
static char fixture_table[64];

static void fixture_remove(void)
{
    char etc[40];

    snprintf(etc, sizeof etc, "%s/etc", fixture_dir);
    unlink(fixture_table);
    rmdir(etc);
    rmdir(fixture_dir);
}

/* Sets POMBO_DIR to a fresh folder with an empty etc. */
static void fixture_make(void)
{
    char etc[40];

    if (!mkdtemp(fixture_dir)) {
        perror("mkdtemp");
        exit(1);
    }
    snprintf(etc, sizeof etc, "%s/etc", fixture_dir);
    snprintf(fixture_table, sizeof fixture_table, "%s/tables.cdb", etc);
    if (mkdir(etc, 0700) < 0 || setenv("POMBO_DIR", fixture_dir, 1) < 0) {
        perror(etc);
        exit(1);
    }
    atexit(fixture_remove);
}

/* Writes the table anew: rows of key and value, each value with its NUL, up to a NULL
 * key. */
static inline void fixture_write(const char *const (*rows)[2])
{
    cdbmaker maker = CDBMAKER_ZERO;
    char temporary[80];
    int fd;

    snprintf(temporary, sizeof temporary, "%s.new", fixture_table);
    fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !cdbmake_start(&maker, fd)) {
        perror(temporary);
        exit(1);
    }
    for (; (*rows)[0]; rows++) {
        if (!cdbmake_add(&maker, (*rows)[0], (uint32_t)strlen((*rows)[0]), (*rows)[1],
                         (uint32_t)strlen((*rows)[1]) + 1)) {
            perror(temporary);
            exit(1);
        }
    }
    if (!cdbmake_finish(&maker) || close(fd) < 0 ||
        rename(temporary, fixture_table) < 0) {
        perror(temporary);
        exit(1);
    }
}

#endif

/* The folder tlsrpt of the queue, and how a day's reports leave it exactly once:
 *     DAY            what qsend has counted; it appends to that of the day
 *     DAY.NAME       a report, as a whole queue file that is not in the queue yet
 *     kept/FILE      a report that is kept
 *     lock           held by the one qtlsreport that makes reports
 * The reports of a day are all prepared and synced, then DAY is removed and that is
 * synced, and only then do they go into the queue, each by a rename. Who comes after a
 * crash throws prepared ones away while their DAY is there, and else lets them go. The
 * renames are not synced: after a power cut those that it took back are made again. */
#ifndef TLSREPORT_OUTBOX_H
#define TLSREPORT_OUTBOX_H

#include "report.h"

struct outbox {
    int folder, lock;
};

/* Opens the folder, makes kept/, and takes the lock. 0, or -1 with errno (EAGAIN:
 * another has it; EPERM: the folder is another user's; ENOENT: there is no folder). */
int outbox_open(struct outbox *outbox);
/* Opens the folder to look into it alone. */
int outbox_open_to_read(struct outbox *outbox);
void outbox_close(struct outbox *outbox);

/* Reads the file of day NUMBER. 1; 0 where there is none; -1 with errno. */
int outbox_read_day(const struct outbox *outbox, long long number, struct day *day);
/* Calls ACT for each day before LIMIT that has a file, in their order, until it returns
 * -1. 0, or -1 with errno. */
int outbox_each_day(const struct outbox *outbox, long long limit,
                    int (*act)(void *data, long long number), void *data);
/* Removes a day's prepared reports, which are left over. */
int outbox_discard(const struct outbox *outbox, long long number);
/* Prepares, or keeps, REPORT. 0, or -1 with errno. */
int outbox_prepare(const struct outbox *outbox, const struct report *report);
int outbox_keep(const struct outbox *outbox, const struct report *report);
/* The day's reports are all there: removes its file; outbox_release makes that sure. */
int outbox_finish_day(const struct outbox *outbox, long long number);
/* Lets all prepared reports go into the queue whose day has no file any more. */
int outbox_release(const struct outbox *outbox);
/* Removes kept reports of days that ended before LIMIT (seconds since 1970). */
int outbox_forget(const struct outbox *outbox, long long limit);

#endif

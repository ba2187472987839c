/* What the files maildir_*.c share: names and folders of a Maildir. Nobody else
 * includes this; lib/mailbox.h is the way in.
 *
 * A message's name is UNIQUE[,S=SIZE][,W=WIRE SIZE][:2,FLAGS]. The part up to
 * ':' is the same for as long as the message lives, tells it from all others, and makes
 * the POP3 unique-id; the base, up to the first ',' or ':', may be that of several
 * where other programs copy. */
#ifndef LIB_MAILDIR_H
#define LIB_MAILDIR_H

#include "mailbox.h"

#include <skalibs/stralloc.h>

enum maildir_folder { MAILDIR_NEW, MAILDIR_CUR, MAILDIR_TMP };
#define MAILDIR_FOLDERS 3
extern const char *const maildir_folder_names[MAILDIR_FOLDERS];

/* ---- names ---- */

#define MAILDIR_NAME_SIZE 192 /* of names that we make */
#define MAILDIR_ID_SIZE 71    /* RFC 1939 section 7: 70 bytes */

/* Writes a new unique name: TIME.MusecPpidQcountRrandom.HOST, 70 bytes at most. */
void maildir_make_name(char out[MAILDIR_ID_SIZE]);
/* Length of NAME without its flags, and of its base. */
size_t maildir_unique_length(const char *name);
size_t maildir_base_length(const char *name);
/* The time of arrival that NAME begins with, without zeros in front; 0 where it has
 * none. */
time_t maildir_name_time(const char *name);
/* What follows the time in the base, as a number that orders names of the same time as
 * maildir_compare_same_time does, or leaves it to that where it is the same. */
uint64_t maildir_name_start(const char *name);
/* The number of ",KEY=" in NAME; 0, or -1 where there is none. */
int maildir_name_number(const char *name, char key, uint64_t *out);
/* Orders by time, base, and what else tells messages apart: 0 where both are names
 * of one message, whatever its flags. */
int maildir_compare_names(const char *a, const char *b);
int maildir_compare_same_time(const char *a, const char *b);
/* The unique-id of the first LEN bytes of NAME: themselves, or a hash where POP3
 * allows no such id. */
void maildir_make_id(char out[MAILDIR_ID_SIZE], const char *name, size_t len);

/* ---- sizes ---- */

/* Counts octets as POP3 sends them: LF without a CR before it becomes CRLF, a last line
 * gets its end. */
struct maildir_count {
    uint64_t bytes, bare_lfs;
    char last;
};
void maildir_count_add(struct maildir_count *count, const char *bytes, size_t len);
uint64_t maildir_count_wire(const struct maildir_count *count);

/* ---- folders ---- */

/* Sets OUT to the path of MAILBOX/FOLDER/NAME (of the folder where NAME is empty). */
const char *maildir_path(stralloc *out, const char *mailbox, enum maildir_folder folder,
                         const char *name);
/* Opens a folder to be listed or synced; -1 with errno. */
int maildir_open_folder(const char *mailbox, enum maildir_folder folder);
/* Calls each(data, name) for every message file of the open folder; what is no
 * regular file is left out and logged, names with a dot at their start without a word.
 * 0, or -1 with errno. */
int maildir_each(int folder_fd, void (*each)(void *data, const char *name), void *data);
/* Makes the mailbox with its folders, durably; what exists stays. The mail root has
 * to be there. 0, or -1 with errno. */
int maildir_create(const char *mailbox);
/* Makes those of its folders that lack, within the mailbox's own folder, which has to
 * be there. 0, or -1 with errno. */
int maildir_complete(const char *mailbox);
/* Removes what deliveries that died have left in tmp/ (36 hours old). */
void maildir_tidy(const char *mailbox);
/* What errno means for who adds a message. */
enum mailbox_result maildir_judge(int errnum);

#endif

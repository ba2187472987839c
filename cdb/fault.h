/* Faults in text files, told on fd 2 as FILE:LINE: what is wrong. */
#ifndef CDB_FAULT_H
#define CDB_FAULT_H

struct faults {
    unsigned count;
};

/* Tells one and counts it. LINE 0: the file as a whole. Control bytes in the text
 * are escaped. */
void fault_report(struct faults *faults, const char *path, unsigned line,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

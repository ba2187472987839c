/* The three standard descriptors. */
#ifndef CDB_STANDARD_H
#define CDB_STANDARD_H

/* Opens /dev/null where one of them is closed, so that no file takes its place. */
void standard_open(void);

#endif

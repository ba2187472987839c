/* Stand-ins for system calls, put in by the linker (--wrap), so that whole sessions run
 * in memory: no descriptor, no file, no sync, no wait. While they are on, fd 0, 1 and
 * FAKE_SOCKET are one connection with a peer that sends the fuzz input, fd 2 is the
 * log, and opened files lie in memory. Other descriptors go to the kernel as ever. */
#ifndef TESTS_FUZZ_FAKE_H
#define TESTS_FUZZ_FAKE_H

#include <stddef.h>

#define FAKE_SOCKET 1000
#define FAKE_FOLDER 1001 /* what opening a folder gives */
#define FAKE_FILE 1010   /* the first file's descriptor */
#define FAKE_FILES 48

/* How the peer's bytes come. */
enum fake_pace {
    FAKE_AT_ONCE,  /* all is there from the start */
    FAKE_BY_LINES, /* up to an LF at a time; the rest is not there before it is waited
                      for */
    FAKE_BY_CHUNKS /* CHUNK bytes at a time, likewise */
};
enum fake_end { FAKE_CLOSES, FAKE_IS_SILENT, FAKE_RESETS };

struct fake_file {
    char *name; /* as it was opened or renamed; NULL: unused */
    char *bytes;
    size_t len, room, at;
    int is_new; /* it lies in a folder new/ */
};

struct fake {
    int is_on;
    const char *input;
    size_t input_len, input_at;
    enum fake_pace pace;
    size_t chunk;
    int is_waiting; /* what is left of the input is not there yet */
    enum fake_end end;
    size_t write_limit; /* bytes that the peer takes before it resets; 0: any */
    char *output;       /* what was written to the peer */
    size_t output_len, output_room;
    size_t packets; /* sent by sendmsg */
    size_t log_lines;
    struct fake_file files[FAKE_FILES];
};
extern struct fake fake;

/* Begins a run with BYTES as the peer's input; everything else is as {0}. */
void fake_begin(const char *bytes, size_t len);
/* Ends it and frees what it left. */
void fake_end(void);
/* Sets pace and end from bits of a byte of the input. */
void fake_choose(unsigned byte);
/* Makes a file in memory; its descriptor. */
int fake_add_file(const char *name, const char *bytes, size_t len);
/* The file of a descriptor, or NULL. */
struct fake_file *fake_file(int fd);
/* The descriptor of the next file in new/, from FD (-1 at first) on; -1 for none. */
int fake_next_new(int fd);

#endif

/* The door's listening socket. */
#ifndef DOOR_LISTENER_H
#define DOOR_LISTENER_H

#include <sys/types.h>

/* Makes the socket file PATH of that MODE, in the place of one that nobody listens on.
 * The non-blocking descriptor, or -1 with errno. */
int listener_make(const char *path, mode_t mode);
/* Takes the one that systemd has passed (LISTEN_FDS); -1 with errno where it passed
 * none, or something else. */
int listener_adopt(void);
/* Tells who waits for it that the door is open: writes the socket's path to READY_FILE
 * (NULL: none), and tells systemd. 0, or -1 with errno. */
int listener_announce(const char *ready_file, const char *path);

#endif

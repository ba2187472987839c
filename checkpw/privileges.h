/* Giving up what checkpw alone may do, before another program runs in its place. */
#ifndef CHECKPW_PRIVILEGES_H
#define CHECKPW_PRIVILEGES_H

/* Started as root: becomes the owner (user and group) of the mail root, without
 * supplementary groups. Stays root only where the mail root is root's own and
 * POMBO_DIR is set (a system of root's own in one directory); without POMBO_DIR that
 * fails with EPERM.
 * Started as another user with CAP_SETGID: drops all supplementary groups (by one of
 * them it could read the hashes), and takes the mail root's group where that is its
 * own. Then drops all capabilities, also the ambient ones.
 * Without CAP_SETGID groups stay as they are. 0, or -1 with errno. */
int privileges_drop(const char *mail_root);

#endif

/* Variables of the environment that speak of a connection, or of how a program was
 * started. Part of qlisten too: knows nothing of skalibs. */
#ifndef LIB_VARIABLE_H
#define LIB_VARIABLE_H

/* 1 where VARIABLE (NAME=VALUE) says who is at the ends of a connection, or how a
 * listener passes connections on: what is inherited is not true of another one. */
int variable_is_of_connection(const char *variable);

#endif

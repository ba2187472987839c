/* Log-in by a checkpassword program of anyone's: qmail's chain. */
#ifndef POP3D_LOGIN_CHAIN_H
#define POP3D_LOGIN_CHAIN_H

#include "../checkpw/credentials.h"
#include "../checkpw/login_door.h"

/* Starts PROGRAM with the credentials on fd 3 and waits for its end, however long the
 * program that it became serves the client. LOGIN_ACCEPTED: it exited 0, the session
 * is over. Exit 1 is LOGIN_DENIED, 2 and 111 are LOGIN_TEMPORARY. LOGIN_BROKEN: it
 * ended otherwise, and may have spoken to the client. Its environment has
 * METHOD as LOGIN_METHOD, and PEER, where that is an address, as TCPREMOTEIP. */
enum login_result login_chain_run(char **program, const struct credentials *credentials,
                                  const char *peer, const char *method);

#endif

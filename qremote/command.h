/* The commands of a transaction, with the parameters that the server offers
 * (RFC 5321 section 4.1.1; RFC 1870, 3461, 6152, 6531). */
#ifndef QREMOTE_COMMAND_H
#define QREMOTE_COMMAND_H

#include "capability.h"
#include "job.h"

/* Append one line with its CRLF. The job's content is known, and its addresses are
 * addresses (suitable.h). */
void command_add_mail(stralloc *out, const struct capabilities *capabilities,
                      struct job *job);
void command_add_rcpt(stralloc *out, const struct capabilities *capabilities,
                      const struct envelope_recipient *recipient);

#endif

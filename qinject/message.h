/* From standard input to the queue: the envelope, the completed header, the body. */
#ifndef QINJECT_MESSAGE_H
#define QINJECT_MESSAGE_H

#include "complaint.h"
#include "options.h"
#include "tables.h"

/* Reads a message from fd 0 and submits it; prints what is wrong on standard error. */
enum sysexit message_submit(const struct options *options, const struct tables *tables);

#endif

/* JSON (RFC 8259), written: the few calls that a report needs. Text may come from
 * anybody: it is escaped, and bytes that are no UTF-8 become U+FFFD. */
#ifndef TLSREPORT_JSON_H
#define TLSREPORT_JSON_H

#include <skalibs/stralloc.h>

struct json {
    stralloc *out;
    int needs_comma;
};

/* { or [ and } or ]. NAME is that of the member; NULL within an array, or at the top.
 */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);
void json_string(struct json *json, const char *name, const char *value);
void json_number(struct json *json, const char *name, unsigned long long value);

#endif

/* Looking up table access: networks, hosts, senders and recipients. */
#ifndef SMTPD_ACCESS_H
#define SMTPD_ACCESS_H

#include "netaddress.h"
#include "tables.h"

enum access_action {
    ACCESS_NONE, /* no row */
    ACCESS_OK,
    ACCESS_RELAY,
    ACCESS_REFUSE,
    ACCESS_DEFER,
    ACCESS_ERROR /* the table can't be read, or the row is not one of ours */
};

struct access_answer {
    enum access_action action;
    const char *text; /* of refuse and defer; "" for none; lives with the tables */
};

/* The row of the longest prefix that holds PEER. */
struct access_answer access_find_network(const struct tables *tables,
                                         const struct net_address *peer);
/* 1 where there are rows for hosts, so that a name is worth a look-up. */
int access_has_hosts(const struct tables *tables);
/* The row of HOST itself, else of the nearest .PARENT. */
struct access_answer access_find_host(const struct tables *tables, const char *host);
/* KIND is "from" or "to": the row of the address itself, else of @DOMAIN. */
struct access_answer access_find_party(const struct tables *tables, const char *kind,
                                       const char *address);

#endif

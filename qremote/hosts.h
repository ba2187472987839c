/* The addresses of a destination, and a connection to the first that takes one. */
#ifndef QREMOTE_HOSTS_H
#define QREMOTE_HOSTS_H

#include "clock.h"
#include "netaddress.h"
#include "packet.h"
#include "tls_policy.h"

struct host {
    char *name;
    struct net_address address;
    char *dane; /* "insecure", "failed", or names and TLSA records (qsend/dane.h) */
};

struct hosts {
    char *destination;
    char *policy_text;
    struct tls_policy policy; /* in POLICY_TEXT */
    char *auth; /* key of the password in relay_passwords; empty: no log-in */
    struct host *list;
    size_t count;
};

/* Takes a packet "hosts", whose verb is read already, apart. 0, or -1. */
int hosts_parse(struct hosts *hosts, struct packet *packet);
void hosts_free(struct hosts *hosts);
/* Connects, non-blocking, without delay of small segments. A descriptor, or -1 with
 * errno (ETIMEDOUT after SECONDS). */
int host_connect(const struct host *host, long long seconds);

#endif

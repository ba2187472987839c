/* DNS look-ups by libresolv: one question, its answers checked and copied out. The
 * answers come from strangers: every name and length is bounded. */
#ifndef QSEND_DNS_H
#define QSEND_DNS_H

#include "netaddress.h"
#include "tables.h"

#include <skalibs/stralloc.h>

#include <stddef.h>

#define DNS_NAME_SIZE 256
#define DNS_RECORDS_MAX 100

enum dns_result {
    DNS_OK,      /* at least one record */
    DNS_NONE,    /* the name exists, but has no such record */
    DNS_NO_NAME, /* NXDOMAIN */
    DNS_TROUBLE  /* no answer, SERVFAIL, nonsense: to be tried again */
};

struct dns_record {
    char name[DNS_NAME_SIZE]; /* MX: the exchanger, lower case, no final dot; "" for "."
                               */
    unsigned preference;      /* MX */
    struct net_address address; /* A, AAAA */
    const unsigned char *data;  /* TLSA, TXT: the record, until the next question */
    size_t data_len;
};

struct dns_answer {
    struct dns_record records[DNS_RECORDS_MAX]; /* more are left out */
    size_t count;
    unsigned long ttl; /* the least of all; seconds */
    int is_secure;     /* a resolver on this machine says that all of it, CNAMEs or that
                          there is nothing included, is authenticated (DNSSEC) */
    char name[DNS_NAME_SIZE]; /* of whom the records are: what was asked for, or where
                                 its CNAMEs lead; as names are in the DNS */
};

/* Begins with the machine's resolvers, or with the setting dns_server. 0, or -1 where
 * neither can be used. */
int dns_open(const struct tables *tables);
/* 1 where all name servers are on this machine (127.0.0.0/8, ::1), so that nobody can
 * forge on the way that an answer is authenticated. */
int dns_is_local(void);
/* Asks for TYPE (ns_t_mx, ns_t_a, ns_t_aaaa, ns_t_tlsa, ns_t_txt) of NAME, whose labels
 * may be UTF-8; CNAMEs are followed. Without a record answer->ttl says how long that
 * may be kept. */
enum dns_result dns_ask(const char *name, int type, struct dns_answer *answer);
/* The same for what mail can do without: each server is asked once, and gets two
 * seconds. */
enum dns_result dns_ask_quickly(const char *name, int type, struct dns_answer *answer);
/* Puts the strings of a TXT record, each behind its length, together, as those who
 * publish long ones mean it. 0, or -1 where they are cut off, or longer than
 * DNS_TEXT_MAX. Pure. */
#define DNS_TEXT_MAX 4096
int dns_join_strings(const struct dns_record *record, stralloc *out);
/* Asks for the CNAME of NAME alone; *IS_SECURE where that is authenticated. */
enum dns_result dns_ask_alias(const char *name, int *is_secure);

#endif

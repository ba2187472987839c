/* Questions to a name server: the transport alone, over UDP and, for long answers, TCP.
 */
#ifndef SMTPD_NAMESERVER_H
#define SMTPD_NAMESERVER_H

enum nameserver_result {
    NAMESERVER_ANSWER,
    NAMESERVER_NONE,     /* it says that there is no such name, or no such record */
    NAMESERVER_TEMPORARY /* no answer, or one that says nothing */
};

/* Asks for NAME's records of TYPE (ns_t_ptr and so on) the server as
 * net_address_parse_endpoint reads it; "": those of /etc/resolv.conf, one after the
 * other, twice. A name is taken as it is, without a search list. ANSWER (of SIZE bytes)
 * then holds the message of *LEN bytes. */
enum nameserver_result nameserver_ask(const char *server, const char *name, int type,
                                      unsigned char *answer, int size, int *len);

#endif

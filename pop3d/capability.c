#include "capability.h"

/* UTF8 without USER: names and passwords are compared as bytes, without the
 * preparation that RFC 6856 section 2.2 asks for where USER is announced. */
static const char always[] = "TOP\r\n"
                             "USER\r\n"
                             "UIDL\r\n"
                             "RESP-CODES\r\n"
                             "AUTH-RESP-CODE\r\n"
                             "PIPELINING\r\n"
                             "SASL PLAIN\r\n"
                             "UTF8\r\n"
                             "EXPIRE NEVER\r\n"
                             "IMPLEMENTATION pombo\r\n";

enum pop3_event capability_list(struct pop3_connection *connection,
                                long long login_delay)
{
    pop3_ok(connection, "capabilities follow");
    pop3_add(connection, always, sizeof always - 1);
    if (login_delay > 0) {
        pop3_add_format(connection, "LOGIN-DELAY %lld\r\n", login_delay);
    }
    pop3_add(connection, ".\r\n", 3);
    return POP3_NEXT;
}

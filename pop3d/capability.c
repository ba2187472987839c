#include "capability.h"

/* UTF8 without USER: names and passwords are compared as bytes, without the
 * preparation that RFC 6856 section 2.2 asks for where USER is announced. */
static const char login[] = "USER\r\n"
                            "SASL PLAIN\r\n";
static const char always[] = "TOP\r\n"
                             "UIDL\r\n"
                             "RESP-CODES\r\n"
                             "AUTH-RESP-CODE\r\n"
                             "PIPELINING\r\n"
                             "UTF8\r\n"
                             "EXPIRE NEVER\r\n"
                             "IMPLEMENTATION pombo\r\n";

enum pop3_event capability_list(struct pop3_connection *connection,
                                const struct capabilities *capabilities)
{
    pop3_ok(connection, "capabilities follow");
    pop3_add(connection, always, sizeof always - 1);
    if (capabilities->has_login) {
        pop3_add(connection, login, sizeof login - 1);
    }
    if (capabilities->has_stls) {
        pop3_add(connection, "STLS\r\n", 6);
    }
    if (capabilities->login_delay > 0) {
        pop3_add_format(connection, "LOGIN-DELAY %lld\r\n", capabilities->login_delay);
    }
    pop3_add(connection, ".\r\n", 3);
    return POP3_NEXT;
}

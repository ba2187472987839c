#include "variable.h"

#include <string.h>

int variable_is_of_connection(const char *variable)
{
    static const char *const prefixes[] = {
        "LISTEN_",  "TCPREMOTE", "TCPLOCAL",       "UNIXREMOTE", "UNIXLOCAL",
        "WATCHDOG", "PROTO=",    "NOTIFY_SOCKET=", "REMOTE_",
    };
    size_t i;

    for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

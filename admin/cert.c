/* pombo cert. */
#include "certificates.h"
#include "command.h"
#include "exitcode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400

static void print_day(const char *key, time_t when)
{
    char day[32];
    struct tm tm;

    if (gmtime_r(&when, &tm) && strftime(day, sizeof day, "%Y-%m-%d", &tm) > 0) {
        printf(" %s=%s", key, day);
    }
}

static void print(const struct certificate_row *row, void *data)
{
    const char *hosts = row->hosts;

    (void)data;
    printf("certificate=%s key=%s", row->name, row->key);
    print_day("first_day", row->not_before);
    print_day("last_day", row->not_after);
    printf(" days=%lld names=",
           (long long)((row->not_after - time(NULL)) / DAY_SECONDS));
    for (; *hosts; hosts++) {
        putchar(*hosts == ' ' ? ',' : *hosts);
    }
    putchar('\n');
}

int command_cert(int argc, char **argv)
{
    int result;
    int count;

    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        return command_usage("cert [DIR]");
    }
    result = argc == 2 ? command_enter(argv[1]) : EXITCODE_DONE;
    if (result != EXITCODE_DONE) {
        return result;
    }
    count = certificates_visit(print, NULL);
    if (count < 0 && (errno == ENOENT || errno == ECONNREFUSED)) {
        return command_fail(1, "the TLS service does not run");
    }
    if (count < 0) {
        return command_fail_errno("run/tls");
    }
    return count > 0 ? EXITCODE_DONE
                     : command_fail(EXITCODE_CONFIGURATION, "there is no certificate");
}

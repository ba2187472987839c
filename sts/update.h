/* Brings the policy that is kept of one domain up to date. */
#ifndef STS_UPDATE_H
#define STS_UPDATE_H

#include "fetch.h"
#include "record.h"

struct update_settings {
    unsigned port;
    long long seconds;
    const char *authorities;
};

/* Fetches and keeps DOMAIN's policy under ID. USED: when it was last asked for, seconds
 * since 1970. 0; or -1: what was kept before stays, the failure is noted and logged,
 * and WHY says why. */
int update_run(const struct update_settings *settings, const char *domain,
               const char *id, long long used, char why[STS_FETCH_WHY_MAX]);

#endif

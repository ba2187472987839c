#include "parking.h"

#include "scheduler.h"

#define OLD_SHARE_PERCENT 25
#define NEW_SHARE_PERCENT 75
#define SECONDS_LEAST 30
#define A_SECOND 500

static time_t choose_time(struct parking *parking, time_t now)
{
    if (parking->back < now + SECONDS_LEAST) {
        parking->back = now + SECONDS_LEAST;
        parking->in_second = 0;
    }
    if (++parking->in_second > A_SECOND) {
        parking->back++;
        parking->in_second = 1;
    }
    return parking->back;
}

int parking_take(struct scheduler *scheduler, struct message *message)
{
    unsigned share = message->is_old ? OLD_SHARE_PERCENT : NEW_SHARE_PERCENT;

    if (active_percent(&scheduler->active) < share) {
        return 0;
    }
    if (!message->parked_until) {
        message->parked_until = choose_time(&scheduler->parking, time(NULL));
    }
    return 1;
}

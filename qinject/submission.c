#include "submission.h"

#include "qmqp.h"
#include "spool.h"
#include "writeall.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum submission_result fail(struct submission *submission, const char *what)
{
    submission->error = errno;
    snprintf(submission->reason, sizeof submission->reason, "%s: %s", what,
             strerror(errno));
    submission_abort(submission);
    return SUBMISSION_TEMPORARY;
}

enum submission_result submission_begin(struct submission *submission)
{
    submission->spool = -1;
    submission->error = 0;
    if (queue_begin(&submission->writer, submission->envelope) == 0) {
        return SUBMISSION_DONE;
    }
    if (submission->is_for_queue ||
        (errno != EACCES && errno != EPERM && errno != EROFS)) {
        return fail(submission, "cannot write the queue");
    }
    submission->spool = spool_open();
    return submission->spool < 0 ? fail(submission, "cannot make a temporary file")
                                 : SUBMISSION_DONE;
}

enum submission_result submission_write(struct submission *submission,
                                        const char *bytes, size_t len)
{
    int result = submission->spool >= 0 ? write_all(submission->spool, bytes, len)
                                        : queue_write(&submission->writer, bytes, len);

    return result < 0 ? fail(submission, "cannot write the message") : SUBMISSION_DONE;
}

enum submission_result submission_commit(struct submission *submission)
{
    char answer;

    if (submission->spool < 0) {
        return queue_commit(&submission->writer) < 0
                   ? fail(submission, "cannot make the message safe")
                   : SUBMISSION_DONE;
    }
    answer = qmqp_send(submission->spool, submission->envelope, submission->reason,
                       sizeof submission->reason);
    submission_abort(submission);
    return answer == 'K'   ? SUBMISSION_DONE
           : answer == 'D' ? SUBMISSION_PERMANENT
                           : SUBMISSION_TEMPORARY;
}

void submission_abort(struct submission *submission)
{
    if (submission->spool >= 0) {
        close(submission->spool);
        submission->spool = -1;
    }
    queue_abort(&submission->writer);
}

/* What workers tell qsend: only recipients of jobs in hand get results, each once; the
 * states that go to the file are those of the format. First byte: the job's kind; then
 * packets, parted by 0xff.
 * fuzz-options: -max_len=256 */
#include "../../qsend/result.h"
#include "../../qsend/scheduler.h"
#include "fake.h"
#include "fuzz.h"
#include "text.h"

#define RECIPIENTS 4

static struct message *add_message(struct scheduler *scheduler)
{
    struct queue_file file = {0};
    struct message *message;
    size_t i;

    for (i = 0; i < RECIPIENTS; i++) {
        envelope_add_recipient(&file.envelope, "ann@local.example", NOTIFY_SUCCESS, "",
                               0);
        file.envelope.recipients[i].state = STATE_TODO;
    }
    text_set_string(&file.envelope.sender, "bob@far.example");
    message = message_add(&scheduler->active, "abcdefghijklmnopqrstuvwxyz", &file, 0);
    message->references = 1000; /* it stays */
    return message;
}

/* Two jobs in hand: number 1 for recipients 0 and 1, number 2 for recipient 3. */
static void add_jobs(struct worker *worker, struct message *message, enum job_verb verb)
{
    static const uint32_t indexes[] = {0, 1, 3};
    struct job *job = NULL;
    size_t i;

    for (i = 0; i < 3; i++) {
        if (i != 1) {
            job = job_new(verb, message, NULL);
            job->number = i ? 2 : 1;
            job_list_add(&worker->jobs, job);
            worker->pool->scheduler->jobs_in_hand++;
        }
        job_add_recipient(job, indexes[i], 10);
    }
}

static void check_message(struct message *message)
{
    size_t i;

    for (i = 0; i < RECIPIENTS; i++) {
        const struct outcome *outcome = &message->outcomes[i];
        REQUIRE(i != 2 || (!outcome->status && message_is_todo(message, i)));
        REQUIRE(!outcome->status || strchr("KRZDL", outcome->status));
        REQUIRE(strchr(".wsrDB", message_recipient(message, i)->state));
        REQUIRE(strlen(outcome_enhanced(outcome)) <= 15);
        REQUIRE(strlen(outcome_host(outcome)) <= 255);
        REQUIRE(strlen(outcome_text(outcome)) <= 500);
    }
}

static void free_names(struct intake *intake)
{
    while (intake->first) {
        struct intake_name *next = intake->first->next;
        free(intake->first);
        intake->first = next;
    }
}

static void take_packets(struct worker *worker, struct fuzz_input *input)
{
    static struct packet packet;

    while (input->left > 0) {
        size_t len;
        const char *start = fuzz_until(input, '\xff', &len);
        packet_clear(&packet);
        text_add_bytes(&packet.bytes, start, len);
        text_add_byte(&packet.bytes, '\0');
        result_receive(worker, &packet);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct pool_rules rules = {.program = "worker"};
    static struct scheduler scheduler;
    struct fuzz_input input = fuzz_open(data, size);
    enum job_verb verb = (enum job_verb)(fuzz_byte(&input) % JOB_LOOKUP);
    struct pool *pool = &scheduler.local;
    struct worker worker = {.pool = pool};
    struct message *message;
    struct job *job;

    fake_begin("", 0);
    pool_open(pool, &scheduler, &rules);
    message = add_message(&scheduler);
    add_jobs(&worker, message, verb);
    take_packets(&worker, &input);
    check_message(message);
    REQUIRE(scheduler.jobs_in_hand == worker.jobs.count);
    while ((job = job_list_take(&worker.jobs))) {
        scheduler.jobs_in_hand--;
        job_free(job);
    }
    message_remove(&scheduler.active, message);
    free_names(&scheduler.intake);
    scheduler.intake = (struct intake){0};
    scheduler.loop.timer_count = 0;
    fake_end();
    return 0;
}

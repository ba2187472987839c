/* What qremote tells qsend of TLS: whatever it says, each line that is counted is one
 * that the reader of the day's file takes, for a domain that wants reports, with the
 * policy that qsend itself knows. Packets, parted by 0xff; an empty one is a job that
 * was sent. fuzz-options: -max_len=300 */
#include "../../qsend/scheduler.h"
#include "fake.h"
#include "fuzz.h"
#include "text.h"

static struct message *add_message(struct scheduler *scheduler)
{
    struct queue_file file = {0};
    struct message *message;

    envelope_add_recipient(&file.envelope, "ann@one.example", 0, "", 0);
    envelope_add_recipient(&file.envelope, "bob@two.example", 0, "", 0);
    envelope_add_recipient(&file.envelope, "carl@three.example", 0, "", 0);
    text_set_string(&file.envelope.sender, "bob@far.example");
    message = message_add(&scheduler->active, "abcdefghijklmnopqrstuvwxyz", &file, 0);
    message->references = 1000;
    return message;
}

static void send_job(struct worker *worker, struct message *message)
{
    uint32_t indexes[] = {0, 1, 2};
    struct job job = {.message = message, .indexes = indexes, .count = 3};

    tls_sessions_add_job(worker, &job);
}

static void take_packets(struct worker *worker, struct message *message,
                         struct fuzz_input *input)
{
    static struct packet packet;

    while (input->left > 0) {
        size_t len;
        const char *start = fuzz_until(input, '\xff', &len);
        if (len == 0) {
            send_job(worker, message);
            continue;
        }
        packet_clear(&packet);
        text_add_bytes(&packet.bytes, start, len);
        text_add_byte(&packet.bytes, '\0');
        tls_sessions_take(worker, &packet);
    }
    send_job(worker, message);
}

static void check_counter(const struct tls_counter *counter)
{
    stralloc text = STRALLOC_ZERO;
    struct day_line line;

    day_line_add(&text, counter->count, counter->fields, strlen(counter->fields));
    REQUIRE(day_line_parse(text.s, text.len - 1, &line) == 0);
    REQUIRE(line.count == counter->count && counter->count <= 80);
    REQUIRE(strcmp(line.fields[DAY_DOMAIN], "one.example") == 0 ||
            strcmp(line.fields[DAY_DOMAIN], "two.example") == 0);
    REQUIRE(strcmp(line.fields[DAY_POLICY], "insecure") == 0 ||
            strcmp(line.fields[DAY_POLICY], "mx2.example 3 1 1 ab") == 0);
    text_free(&text);
}

static void check_counts(struct tls_counts *counts)
{
    size_t i;

    for (i = 0; i < HASH_SIZE; i++) {
        while (counts->buckets[i]) {
            struct tls_counter *counter = counts->buckets[i];
            check_counter(counter);
            counts->buckets[i] = counter->next;
            free(counter);
        }
    }
    counts->bytes = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char names[2][16] = {"mx1.example", "mx2.example"};
    static char ips[2][16] = {"192.0.2.1", "192.0.2.2"};
    static char danes[2][24] = {"insecure", "mx2.example 3 1 1 ab"};
    static struct scheduler scheduler;
    struct lookup_host hosts[2] = {{0, names[0], ips[0], danes[0]},
                                   {0, names[1], ips[1], danes[1]}};
    struct destination destination = {.hosts = hosts, .host_count = 2};
    struct worker worker = {.pool = &destination.pool};
    struct fuzz_input input = fuzz_open(data, size);
    struct message *message;

    fake_begin("", 0);
    pool_open(&destination.pool, &scheduler, &destination_rules);
    destination.pool.owner = &destination;
    message = add_message(&scheduler);
    tls_sessions_note(&destination, message, 0, "mailto:a@one.example");
    tls_sessions_note(&destination, message, 1, "mailto:b@two.example");
    tls_sessions_note(&destination, message, 2, "");
    take_packets(&worker, message, &input);
    tls_sessions_end(&worker);
    tls_sessions_free(&destination);
    check_counts(&scheduler.tls_counts);
    message_remove(&scheduler.active, message);
    fake_end();
    return 0;
}

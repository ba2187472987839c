/* Packets between qsend and its workers, as the workers read them: fields end in NUL
 * within the packet, numbers within their bounds. First byte: the worker.
 * fuzz-options: -max_len=256 */
#include "../../qlocal/delivery.h"
#include "../../qremote/hosts.h"
#include "../../qremote/job.h"
#include "fake.h"
#include "fuzz.h"
#include "packet.h"
#include "text.h"

static void check_fields(const struct packet *packet)
{
    struct packet copy = *packet, made = {0};
    const char *field;
    size_t total = 0;

    while ((field = packet_next(&copy))) {
        total += strlen(field) + 1;
        packet_add(&made, field);
    }
    REQUIRE(total == packet->bytes.len && made.bytes.len == total);
    REQUIRE(memcmp(made.bytes.s, packet->bytes.s, total) == 0);
    copy.next = 0;
    while (copy.next < copy.bytes.len) {
        long long number = packet_next_number(&copy, 1000);
        REQUIRE(number >= -1 && number <= 1000);
    }
    packet_free(&made);
}

static void check_remote(struct packet *packet, int fd)
{
    struct hosts hosts;
    struct job job;
    const char *verb = packet_next(packet);
    size_t i;

    if (verb && strcmp(verb, "hosts") == 0) {
        if (hosts_parse(&hosts, packet) == 0) {
            REQUIRE(hosts.count > 0);
        }
        for (i = 0; i < hosts.count; i++) {
            REQUIRE(hosts.list[i].name && hosts.list[i].address.port > 0);
        }
        hosts_free(&hosts);
    } else if (verb && job_parse(&job, packet, fd) == 0) {
        REQUIRE(job.count > 0 && job.number >= 0);
        job_set_rest(&job, 'Z', "4.3.0", "text");
        REQUIRE(job_answer(&job) == 0 && fake.packets == 1);
        job_free(&job);
    }
}

static void check_local(struct packet *packet, int fd)
{
    struct packet answer = {0};
    struct delivery delivery;
    size_t i;

    if (delivery_parse(&delivery, packet, fd) == 0) {
        for (i = 0; i < delivery.count; i++) {
            REQUIRE(delivery.targets[i].name == delivery.recipients[i].mailbox);
            REQUIRE(delivery.recipients[i].index >= 0);
        }
        REQUIRE(delivery_answer(&delivery, &answer) == 0 && fake.packets == 1);
        delivery_free(&delivery);
    }
    packet_free(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct packet packet;
    struct fuzz_input input = fuzz_open(data, size);
    unsigned worker = fuzz_byte(&input) & 1;
    int fd, result;

    fake_begin(input.at, input.left);
    result = packet_receive(0, &packet, &fd);
    REQUIRE((result == 1) == (input.left > 0 && input.at[input.left - 1] == '\0'));
    if (result == 1) {
        check_fields(&packet);
        fd = fake_add_file("cur/x", "", 0);
        if (worker) {
            check_remote(&packet, fd);
        } else {
            check_local(&packet, fd);
        }
    }
    fake_end();
    return 0;
}

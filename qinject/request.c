#include "request.h"

#include "address.h"
#include "log.h"
#include "qmqp.h"
#include "settings.h"
#include "spool.h"
#include "text.h"
#include "writeall.h"

#include <string.h>

/* An address and its parameters. */
#define ADDRESS_FIELD_MAX (ENVELOPE_ORCPT_MAX + 1000)

static const struct verdict gone = {0, NULL};
static const struct verdict nonsense = {'D', "not QMQP (#5.5.2)"};

static int read_byte(struct request *request, char *byte)
{
    if (line_reader_fill(&request->reader, request->deadline) != LINE_OK) {
        return -1;
    }
    *byte = request->reader.buffer[request->reader.start++];
    return 0;
}

/* Reads "LENGTH:". Returns 1; 0 for nonsense; -1 where the client is gone. */
static int read_length(struct request *request, unsigned long long *length,
                       int is_inner)
{
    char digits[24], byte;
    size_t len = 0;

    while (len < sizeof digits) {
        if (is_inner && request->left-- == 0) {
            return 0;
        }
        if (read_byte(request, &byte) < 0) {
            return -1;
        }
        if (byte == ':') {
            return text_parse_number(digits, len, 1ULL << 40, length) == 0;
        }
        digits[len++] = byte;
    }
    return 0;
}

/* The ',' behind a netstring. As read_length. */
static int read_comma(struct request *request, int is_inner)
{
    char byte;

    if (is_inner && request->left-- == 0) {
        return 0;
    }
    if (read_byte(request, &byte) < 0) {
        return -1;
    }
    return byte == ',';
}

static int has_8bit(const char *bytes, size_t len)
{
    unsigned char all = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        all |= (unsigned char)bytes[i];
    }
    return all > 127;
}

/* Copies the message to the spool. */
static struct verdict take_message(struct request *request, unsigned long long length)
{
    struct line_reader *reader = &request->reader;

    while (length > 0) {
        size_t part;
        if (line_reader_fill(reader, request->deadline) != LINE_OK) {
            return gone;
        }
        part = reader->end - reader->start;
        part = part > length ? (size_t)length : part;
        if (write_all(request->spool, reader->buffer + reader->start, part) < 0) {
            log_failure("spool", (char *)0);
            return (struct verdict){'Z', "cannot keep the message (#4.3.0)"};
        }
        request->has_8bit |= has_8bit(reader->buffer + reader->start, part);
        reader->start += part;
        length -= part;
    }
    return (struct verdict){'K', NULL};
}

/* Reads one address's netstring. As read_length. */
static int read_address(struct request *request, char field[ADDRESS_FIELD_MAX],
                        size_t *len)
{
    unsigned long long length;
    size_t i;
    int result = read_length(request, &length, 1);

    if (result <= 0) {
        return result;
    }
    if (length > ADDRESS_FIELD_MAX || length > request->left) {
        return 0;
    }
    request->left -= length;
    for (i = 0; i < length; i++) {
        if (read_byte(request, &field[i]) < 0) {
            return -1;
        }
    }
    *len = (size_t)length;
    return read_comma(request, 1);
}

/* Other clients than qinject tell nothing of what they send. */
static void set_flags(struct request *request)
{
    struct envelope *envelope = request->envelope;
    int is_utf8 = address_is_utf8(text_string(&envelope->sender));
    size_t i;

    for (i = 0; i < envelope->recipient_count; i++) {
        is_utf8 |= address_is_utf8(envelope->recipients[i].address);
    }
    envelope->flags |= request->has_8bit ? (unsigned)ENVELOPE_8BITMIME : 0u;
    envelope->flags |= is_utf8 ? (unsigned)ENVELOPE_SMTPUTF8 : 0u;
}

static struct verdict take_addresses(struct request *request)
{
    char field[ADDRESS_FIELD_MAX];
    long long limit = setting_number(request->tables, SET_recipients_limit);
    size_t len;
    int result = read_address(request, field, &len);

    if (result > 0 && qmqp_take_sender(request->envelope, field, len) < 0) {
        return (struct verdict){'D', "the sender's address is wrong (#5.1.7)"};
    }
    while (result > 0 && request->left > 0) {
        result = read_address(request, field, &len);
        if (result > 0 && qmqp_take_recipient(request->envelope, field, len) < 0) {
            return (struct verdict){'D', "a recipient's address is wrong (#5.1.3)"};
        }
        if ((long long)request->envelope->recipient_count > limit) {
            return (struct verdict){'D', "too many recipients (#5.5.3)"};
        }
    }
    if (result <= 0) {
        return result < 0 ? gone : nonsense;
    }
    set_flags(request);
    return request->envelope->recipient_count > 0
               ? (struct verdict){'K', NULL}
               : (struct verdict){'D', "no recipients (#5.5.4)"};
}

struct verdict request_take(struct request *request)
{
    unsigned long long outer, length;
    long long limit = setting_number(request->tables, SET_size_limit);
    struct verdict verdict;
    int result = read_length(request, &outer, 0);

    if (result > 0) {
        request->left = outer;
        result = read_length(request, &length, 1);
    }
    if (result <= 0) {
        return result < 0 ? gone : nonsense;
    }
    if (length > request->left) {
        return nonsense;
    }
    if (length > (unsigned long long)limit) {
        return (struct verdict){'D', "the message is too large (#5.3.4)"};
    }
    request->left -= length;
    verdict = take_message(request, length);
    if (verdict.letter != 'K') {
        return verdict;
    }
    result = read_comma(request, 1);
    if (result <= 0) {
        return result < 0 ? gone : nonsense;
    }
    verdict = take_addresses(request);
    if (verdict.letter == 'K' && (result = read_comma(request, 0)) <= 0) {
        return result < 0 ? gone : nonsense;
    }
    return verdict;
}

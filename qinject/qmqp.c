#include "qmqp.h"

#include "address.h"
#include "linereader.h"
#include "paths.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_SECONDS 300
#define ANSWER_MAX 1000

static const char *const notify_words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};

void qmqp_add_sender(stralloc *out, const struct envelope *envelope)
{
    text_add_bytes(out, envelope->sender.s, envelope->sender.len);
    text_add_byte(out, '\0');
    text_add_string(out, envelope->flags & ENVELOPE_8BITMIME ? "BODY=8BITMIME " : "");
    text_add_string(out, envelope->flags & ENVELOPE_SMTPUTF8 ? "SMTPUTF8 " : "");
    text_add_string(out, envelope->flags & ENVELOPE_RET_HDRS ? "RET=HDRS " : "");
    text_add_string(out, envelope->flags & ENVELOPE_RET_FULL ? "RET=FULL " : "");
    if (envelope->envid.len > 0) {
        text_add_string(out, "ENVID=");
        text_add_bytes(out, envelope->envid.s, envelope->envid.len);
    }
}

void qmqp_add_recipient(stralloc *out, const struct envelope_recipient *recipient)
{
    int i, is_first = 1;

    text_add_string(out, recipient->address);
    text_add_byte(out, '\0');
    for (i = 0; i < 4; i++) {
        if (recipient->notify & (1u << i)) {
            text_add_string(out, is_first ? "NOTIFY=" : ",");
            text_add_string(out, notify_words[i]);
            is_first = 0;
        }
    }
    if (*recipient->orcpt) {
        text_add_format(out, " ORCPT=%s", recipient->orcpt);
    }
}

/* Cuts the next word off a list of parameters; 0 at its end. */
static int next_word(const char **at, const char *end, const char **word, size_t *len)
{
    while (*at < end && **at == ' ') {
        ++*at;
    }
    *word = *at;
    while (*at < end && **at != ' ') {
        ++*at;
    }
    *len = (size_t)(*at - *word);
    return *len > 0;
}

static int is_word(const char *word, size_t len, const char *expected)
{
    return text_equal_nocase(word, len, expected, strlen(expected));
}

/* Sets OUT to the canonical address at the start of BYTES; *REST is what follows its
 * NUL. */
static int take_address(const char *bytes, size_t len, unsigned flags, stralloc *out,
                        const char **rest)
{
    const char *nul = memchr(bytes, '\0', len);
    size_t address_len = nul ? (size_t)(nul - bytes) : len;

    *rest = nul ? nul + 1 : bytes + len;
    return address_parse(bytes, address_len, flags | ADDRESS_MAY_BE_UTF8, out) ==
                   ADDRESS_OK
               ? 0
               : -1;
}

int qmqp_take_sender(struct envelope *envelope, const char *bytes, size_t len)
{
    const char *at, *word;
    size_t word_len;

    if (take_address(bytes, len, ADDRESS_MAY_BE_NULL, &envelope->sender, &at) < 0) {
        return -1;
    }
    while (next_word(&at, bytes + len, &word, &word_len)) {
        if (is_word(word, word_len, "BODY=8BITMIME")) {
            envelope->flags |= ENVELOPE_8BITMIME;
        } else if (is_word(word, word_len, "SMTPUTF8")) {
            envelope->flags |= ENVELOPE_SMTPUTF8;
        } else if (is_word(word, word_len, "RET=HDRS")) {
            envelope->flags |= ENVELOPE_RET_HDRS;
        } else if (is_word(word, word_len, "RET=FULL")) {
            envelope->flags |= ENVELOPE_RET_FULL;
        } else if (word_len > 6 && word_len < 110 && is_word(word, 6, "ENVID=") &&
                   xtext_is_valid(word + 6, word_len - 6)) {
            text_clear(&envelope->envid);
            text_add_bytes(&envelope->envid, word + 6, word_len - 6);
        } else {
            return -1;
        }
    }
    return 0;
}

/* "NEVER" or words parted by commas; 0 for nonsense. */
static unsigned take_notify(const char *value, size_t len)
{
    unsigned notify = 0;

    while (len > 0) {
        const char *comma = memchr(value, ',', len);
        size_t part = comma ? (size_t)(comma - value) : len;
        int i = 0;
        while (i < 4 && !is_word(value, part, notify_words[i])) {
            i++;
        }
        if (i == 4) {
            return 0;
        }
        notify |= 1u << i;
        value += part + (comma != NULL);
        len -= part + (comma != NULL);
    }
    return (notify & NOTIFY_NEVER) && notify != NOTIFY_NEVER ? 0 : notify;
}

/* "rfc822;" and xtext. */
static int is_orcpt(const char *value, size_t len)
{
    const char *semicolon = memchr(value, ';', len);
    size_t type = semicolon ? (size_t)(semicolon - value) : 0;

    return type > 0 && len < 500 && xtext_is_valid(value, len) &&
           !memchr(value, '+', type) && len > type + 1;
}

int qmqp_take_recipient(struct envelope *envelope, const char *bytes, size_t len)
{
    stralloc address = STRALLOC_ZERO;
    char orcpt[512] = "";
    unsigned notify = 0;
    const char *at, *word;
    size_t word_len;
    int result = take_address(bytes, len, ADDRESS_MAY_BE_POSTMASTER, &address, &at);

    while (result == 0 && next_word(&at, bytes + len, &word, &word_len)) {
        if (word_len > 7 && is_word(word, 7, "NOTIFY=")) {
            notify = take_notify(word + 7, word_len - 7);
            result = notify ? 0 : -1;
        } else if (word_len > 6 && is_word(word, 6, "ORCPT=") &&
                   is_orcpt(word + 6, word_len - 6)) {
            memcpy(orcpt, word + 6, word_len - 6);
            orcpt[word_len - 6] = '\0';
        } else {
            result = -1;
        }
    }
    if (result == 0) {
        envelope_add_recipient(envelope, text_string(&address), notify, orcpt, 0);
    }
    text_free(&address);
    return result;
}

static int connect_to_door(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    stralloc path = STRALLOC_ZERO;
    int fd = -1;

    path_make(&path, PATH_RUN, "qmqp");
    if (path.len < sizeof address.sun_path) {
        memcpy(address.sun_path, path.s, path.len + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    } else {
        errno = ENAMETOOLONG;
    }
    text_free(&path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static void add_netstring(stralloc *out, const stralloc *in)
{
    text_add_format(out, "%zu:", in->len);
    text_add_bytes(out, in->s, in->len);
    text_add_byte(out, ',');
}

/* The netstrings of sender and recipients. */
static void add_addresses(stralloc *out, const struct envelope *envelope)
{
    stralloc one = STRALLOC_ZERO;
    size_t i;

    qmqp_add_sender(&one, envelope);
    add_netstring(out, &one);
    for (i = 0; i < envelope->recipient_count; i++) {
        text_clear(&one);
        qmqp_add_recipient(&one, &envelope->recipients[i]);
        add_netstring(out, &one);
    }
    text_free(&one);
}

static enum line_result send_file(int socket, int spool, clock_ms deadline)
{
    char block[65536];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(spool, block, sizeof block, at)) > 0) {
        enum line_result result = line_write(socket, block, (size_t)got, deadline);
        if (result != LINE_OK) {
            return result;
        }
        at += got;
    }
    return got < 0 ? LINE_ERROR : LINE_OK;
}

static enum line_result send_all(int socket, int spool, const struct envelope *envelope,
                                 clock_ms deadline)
{
    stralloc addresses = STRALLOC_ZERO;
    char inner[32], outer[32];
    off_t length = lseek(spool, 0, SEEK_END);
    enum line_result result;
    int inner_len = snprintf(inner, sizeof inner, "%lld:", (long long)length);
    int outer_len;

    add_addresses(&addresses, envelope);
    outer_len = snprintf(outer, sizeof outer, "%lld:",
                         (long long)inner_len + (long long)length + 1 +
                             (long long)addresses.len);
    result = line_write(socket, outer, (size_t)outer_len, deadline);
    if (result == LINE_OK) {
        result = line_write(socket, inner, (size_t)inner_len, deadline);
    }
    if (result == LINE_OK) {
        result = send_file(socket, spool, deadline);
    }
    if (result == LINE_OK) {
        result = line_write(socket, ",", 1, deadline);
    }
    text_add_byte(&addresses, ',');
    if (result == LINE_OK) {
        result = line_write(socket, addresses.s, addresses.len, deadline);
    }
    text_free(&addresses);
    return result;
}

/* Reads the answer's netstring. */
static char read_answer(int socket, clock_ms deadline, char *reason, size_t size)
{
    struct line_reader reader;
    char answer = 'Z';
    unsigned long long len = 0;
    char *colon = NULL;

    snprintf(reason, size, "no answer from qmqpd");
    line_reader_open(&reader, socket, ANSWER_MAX + 16);
    while (reader.end < reader.size && !reader.saw_end) {
        size_t had = reader.end;
        ssize_t got = recv(socket, reader.buffer + had, reader.size - had, 0);
        if (got <= 0 || clock_poll_timeout(deadline) == 0) {
            break;
        }
        reader.end += (size_t)got;
        colon = memchr(reader.buffer, ':', reader.end);
        if (colon &&
            text_parse_number(reader.buffer, (size_t)(colon - reader.buffer),
                              ANSWER_MAX, &len) == 0 &&
            reader.end >= (size_t)(colon + 1 - reader.buffer) + len + 1) {
            break;
        }
        colon = NULL;
    }
    if (colon && len > 0 && strchr("KZD", colon[1])) {
        answer = colon[1];
        snprintf(reason, size, "%.*s", (int)len - 1, colon + 2);
    }
    line_reader_close(&reader);
    return answer;
}

char qmqp_send(int spool, const struct envelope *envelope, char *reason, size_t size)
{
    clock_ms deadline = clock_deadline(WAIT_SECONDS);
    int socket = connect_to_door();
    char answer = 'Z';

    if (socket < 0) {
        snprintf(reason, size, "no rights on the queue, and no qmqpd to ask: %s",
                 strerrordesc_np(errno));
        return 'Z';
    }
    if (send_all(socket, spool, envelope, deadline) == LINE_OK) {
        answer = read_answer(socket, deadline, reason, size);
    } else {
        snprintf(reason, size, "qmqpd went away: %s", strerrordesc_np(errno));
        answer = 'Z';
    }
    close(socket);
    return answer;
}

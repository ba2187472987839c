/* Header sections: fields fill them whole, each is found by its name; and what qremote
 * makes of a message (its length on the wire, its bytes over 127) is what wire and
 * POP3's stream then send.
 * fuzz-options: -max_len=200 */
#include "header.h"

#include "../../qremote/content.h"
#include "../../qremote/wire.h"
#include "fake.h"
#include "fuzz.h"
#include "image.h"
#include "maildir.h"
#include "text.h"

static void check_section(const char *bytes, size_t len)
{
    size_t section = header_section_length(bytes, len);
    size_t at = 0, field, value_len;
    const char *value;

    REQUIRE(section <= len);
    REQUIRE(section == len || bytes[section] == '\n');
    while ((field = header_field_length(bytes + at, section - at)) > 0) {
        REQUIRE(field <= section - at && bytes[at + field - 1] == '\n');
        if (header_field_is(bytes + at, field, "Message-ID", &value, &value_len)) {
            REQUIRE(value > bytes + at && value + value_len == bytes + at + field);
        }
        at += field;
    }
    /* What is left has no line end, or begins with one. */
    REQUIRE(at == section || bytes[at] == '\n' || bytes[section - 1] != '\n' ||
            !memchr(bytes + at, '\n', section - at));
}

static void check_content(const char *bytes, size_t len)
{
    static const char head[] = "T 0\nB \nF \nE \nS \nR . - - - a@b\n\n";
    static stralloc image, sent;
    static struct queue_file file;
    struct content content = {0};
    struct maildir_count count = {0};
    struct wire wire = {0};
    size_t i, dots = 0, bits = 0, pairs = 0;
    int fd;

    image_make(&image, head, sizeof head - 1, bytes, len);
    fd = fake_add_file("cur/x", image.s, image.len);
    REQUIRE(queue_read(fd, &file) == QUEUE_OK && (size_t)file.body_length == len);
    REQUIRE(content_scan(&content, fd, &file) == 0);
    text_clear(&sent);
    wire_encode(&wire, &sent, bytes, len);
    wire_end(&wire, &sent);
    for (i = 0; i < len; i++) {
        dots += bytes[i] == '.' && (i == 0 || bytes[i - 1] == '\n');
        bits |= (unsigned char)bytes[i];
        pairs += i > 0 && bytes[i] == '\n' && bytes[i - 1] == '\r';
    }
    REQUIRE(content.wire_length + dots + 3 == sent.len);
    REQUIRE(content.has_8bit == (bits > 127));
    REQUIRE(content.has_8bit || !content.has_8bit_header);
    maildir_count_add(&count, bytes, len);
    /* POP3 sends the CRLF of other programs' files as it is. */
    REQUIRE(maildir_count_wire(&count) + pairs == content.wire_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fake_begin("", 0);
    if (size > 0) {
        check_section((const char *)data, size);
    }
    check_content((const char *)data, size);
    fake_end();
    return 0;
}

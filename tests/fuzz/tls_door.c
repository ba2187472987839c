/* What goes through the door to TLS: the question, the line about a session, and names
 * of certificates. First byte: which. fuzz-options: -max_len=512 */
#include "tls_door.h"

#include "../../tls/certname.h"
#include "fuzz.h"

static void check_printable(const char *text, size_t most)
{
    size_t i;

    REQUIRE(strlen(text) <= most);
    for (i = 0; text[i]; i++) {
        REQUIRE(text[i] > ' ' && text[i] <= '~');
    }
}

static void check_hex(const char *text, size_t most)
{
    REQUIRE(strlen(text) <= most && strspn(text, "0123456789abcdef") == strlen(text));
}

static void check_state(const char *bytes, size_t len)
{
    struct tls_state state;

    if (tls_state_parse(bytes, len, &state) < 0) {
        REQUIRE(!state.is_active && !state.protocol[0] && !state.exporter[0]);
        return;
    }
    REQUIRE(state.is_active && state.bits >= 0 && state.protocol[0] && state.cipher[0]);
    check_printable(state.protocol, sizeof state.protocol - 1);
    check_printable(state.cipher, sizeof state.cipher - 1);
    check_printable(state.sni, TLS_NAME_MAX);
    check_hex(state.exporter, sizeof state.exporter - 1);
    check_hex(state.end_point, sizeof state.end_point - 1);
}

static void check_question(const char *bytes, size_t len, int client)
{
    struct tls_question question;

    if (tls_question_parse(bytes, len, client, &question) < 0) {
        return;
    }
    REQUIRE(question.client == client);
    if (question.kind != TLS_QUESTION_SERVER) {
        REQUIRE(client < 0);
        return;
    }
    REQUIRE(client >= 0 && question.service[0] && question.peer[0]);
    check_printable(question.service, TLS_SERVICE_MAX);
    check_printable(question.peer, sizeof question.peer - 1);
}

static void check_names(const char *bytes, size_t len)
{
    char text[512];
    char *name;
    int match;

    len = len < sizeof text - 1 ? len : sizeof text - 1;
    memcpy(text, bytes, len);
    text[len] = '\0';
    name = strchr(text, '/');
    if (!name) {
        return;
    }
    *name++ = '\0';
    match = certname_match(text, name);
    REQUIRE(match >= 0 && match <= 2);
    REQUIRE(match != 1 || (text[0] == '*' && strchr(name, '.')));
    REQUIRE(!certname_is_plain(name) || certname_match(name, name) == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);

    switch (fuzz_byte(&input) % 4) {
    case 0:
        check_state(input.at, input.left);
        break;
    case 1:
        check_question(input.at, input.left, 3);
        break;
    case 2:
        check_question(input.at, input.left, -1);
        break;
    default:
        check_names(input.at, input.left);
    }
    return 0;
}

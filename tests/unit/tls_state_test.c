#include "check.h"
#include "tls_door.h"

#include <stdlib.h>

static int parse(const char *line, struct tls_state *state)
{
    return tls_state_parse(line, strlen(line), state);
}

static void test_ok_lines(void)
{
    struct tls_state state;

    CHECK_NUMBER(
        parse("OK TLSv1.3 TLS_AES_256_GCM_SHA384 256 mail.example.org", &state), 0);
    CHECK(state.is_active && state.bits == 256);
    CHECK_STRING(state.fault, "");
    CHECK_NUMBER(
        parse("OK TLSv1.3 C 256 a verified=untrusted fault=hostname_mis-match", &state),
        0);
    CHECK_STRING(state.verified, "untrusted");
    CHECK_STRING(state.fault, "hostname mis-match");
    CHECK_NUMBER(parse("OK TLSv1.3 C 256 a fault=", &state), -1);
    CHECK_NUMBER(
        parse("OK TLSv1.3 TLS_AES_256_GCM_SHA384 256 mail.example.org", &state), 0);
    CHECK_STRING(state.protocol, "TLSv1.3");
    CHECK_STRING(state.cipher, "TLS_AES_256_GCM_SHA384");
    CHECK_STRING(state.sni, "mail.example.org");
    CHECK_STRING(state.exporter, "");
    CHECK_NUMBER(
        parse("OK TLSv1.2 X 128 -- exporter=00ff later=thing end-point=abcd", &state),
        0);
    CHECK_STRING(state.sni, "");
    CHECK_STRING(state.exporter, "00ff");
    CHECK_STRING(state.end_point, "abcd");
}

static void test_others(void)
{
    static const char *const lines[] = {
        "",
        "OK",
        "OK ",
        "NO certificate",
        "OK TLSv1.3",
        "OK TLSv1.3 X 256",
        "OK TLSv1.3 X many --",
        "OK TLSv1.3 X -1 --",
        "OK TLSv1.3  256 --",
        "OK TLSv1.3-and-so-on X 256 --",
        "OK TLSv1.3 X 256 na\x01me",
        "OK TLSv1.3 X 256 -- exporter=xyz",
        "OK TLSv1.3 X 256 -- "
        "exporter="
        "0123456789012345678901234567890123456789012345678901234567890123456789",
        "ok TLSv1.3 X 256 --",
    };
    struct tls_state state;
    size_t i;

    for (i = 0; i < sizeof lines / sizeof *lines; i++) {
        CHECK_NUMBER(parse(lines[i], &state), -1);
        CHECK(!state.is_active && !state.protocol[0]);
    }
}

static void test_environment(void)
{
    struct tls_state state;

    tls_state_from_environment(&state);
    CHECK(!state.is_active);
    setenv("TLS_PROTOCOL", "TLSv1.2", 1);
    setenv("TLS_CIPHER", "ECDHE-RSA-AES128-GCM-SHA256", 1);
    setenv("TLS_BITS", "128", 1);
    setenv("TLS_SNI", "bad name", 1);
    setenv("TLS_EXPORTER", "0a", 1);
    tls_state_from_environment(&state);
    CHECK(state.is_active && state.bits == 128);
    CHECK_STRING(state.cipher, "ECDHE-RSA-AES128-GCM-SHA256");
    CHECK_STRING(state.sni, "");
    CHECK_STRING(state.exporter, "0a");
}

#define QUESTION(text, client) tls_question_parse(text, sizeof(text), client, &question)

static void test_questions(void)
{
    struct tls_question question;

    CHECK_NUMBER(QUESTION("server\0smtp\000192.0.2.1", 5), 0);
    CHECK(question.kind == TLS_QUESTION_SERVER && question.client == 5);
    CHECK_STRING(question.service, "smtp");
    CHECK_STRING(question.peer, "192.0.2.1");
    CHECK_NUMBER(QUESTION("list", -1), 0);
    CHECK(question.kind == TLS_QUESTION_LIST);
    CHECK_NUMBER(QUESTION("list", 5), -1);
    CHECK_NUMBER(QUESTION("list\0more", -1), -1);
    CHECK_NUMBER(QUESTION("refused", -1), 0);
    CHECK(question.kind == TLS_QUESTION_REFUSED);
    CHECK_NUMBER(QUESTION("refused", 5), -1);
    CHECK_NUMBER(QUESTION("other", -1), -1);
    CHECK_NUMBER(QUESTION("server\0smtp\000192.0.2.1", -1), -1);
    CHECK_NUMBER(QUESTION("server\0smtp", 5), -1);
    CHECK_NUMBER(QUESTION("server\0SMTP\000192.0.2.1", 5), -1);
    CHECK_NUMBER(QUESTION("server\0\000192.0.2.1", 5), -1);
    CHECK_NUMBER(QUESTION("server\0smtp\0", 5), -1);
    CHECK_NUMBER(QUESTION("server\0smtp\0a b", 5), -1);
    CHECK_NUMBER(QUESTION("server\0smtp\0a\0b", 5), -1);
    CHECK_NUMBER(QUESTION("server\0averyveryverylongname\0a", 5), -1);
    CHECK_NUMBER(tls_question_parse("list", 4, -1, &question), -1);
    CHECK_NUMBER(tls_question_parse("", 0, -1, &question), -1);
}

int main(void)
{
    test_ok_lines();
    test_others();
    test_environment();
    test_questions();
    return check_report();
}

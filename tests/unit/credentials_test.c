#include "../../checkpw/credentials.h"
#include "check.h"

static void check_made(void)
{
    struct credentials made, read;

    CHECK_NUMBER(credentials_make(&made, "ann", 3, "two words", 9), 0);
    CHECK_STRING(made.user, "ann");
    CHECK_STRING(made.password, "two words");
    CHECK_NUMBER(made.bytes[made.len - 1], 0);
    CHECK(strlen(made.password + 10) >= 10); /* the timestamp */
    CHECK(credentials_get(&made, "LOGIN_METHOD") == NULL);
    credentials_add(&made, "LOGIN_METHOD", "PLAIN");
    credentials_add(&made, "TCPREMOTEIP", "192.0.2.1");
    read = made;
    CHECK_NUMBER(credentials_parse(&read), 0);
    CHECK_STRING(read.user, "ann");
    CHECK(read.user == read.bytes);
    CHECK_STRING(read.password, "two words");
    CHECK_STRING(credentials_get(&read, "LOGIN_METHOD"), "PLAIN");
    CHECK_STRING(credentials_get(&read, "TCPREMOTEIP"), "192.0.2.1");
    CHECK(credentials_get(&read, "LOGIN") == NULL);
    CHECK(credentials_get(&read, "PATH") == NULL);
    credentials_wipe(&made);
    CHECK_NUMBER(made.len, 0);
    CHECK_NUMBER(made.bytes[0], 0);
}

static void check_bounds(void)
{
    static char long_text[CREDENTIALS_MAX + 10];
    struct credentials made;
    size_t len;

    memset(long_text, 'x', sizeof long_text);
    CHECK_NUMBER(credentials_make(&made, "ann", 3, long_text, CREDENTIALS_MAX), -1);
    CHECK_NUMBER(credentials_make(&made, long_text, CREDENTIALS_MAX + 1, "p", 1), -1);
    CHECK_NUMBER(credentials_make(&made, "a\0n", 3, "p", 1), -1);
    CHECK_NUMBER(credentials_make(&made, "ann", 3, "p\0q", 3), -1);
    CHECK_NUMBER(credentials_make(&made, "ann", 3, long_text, 480), 0);
    len = made.len;
    CHECK(len <= CREDENTIALS_MAX);
    credentials_add(&made, "LOGIN_METHOD", "PLAIN PLAIN PLAIN PLAIN");
    CHECK_NUMBER(made.len, len);
}

static int parse(const char *bytes, size_t len)
{
    struct credentials read = {.len = len};

    memcpy(read.bytes, bytes, len);
    return credentials_parse(&read);
}

static void check_parsed(void)
{
    static char full[CREDENTIALS_MAX + 1];

    CHECK_NUMBER(parse("ann\0secret\0stamp\0", 17), 0);
    CHECK_NUMBER(parse("ann\0secret\0stamp\0more", 21), 0);
    CHECK_NUMBER(parse("\0\0\0", 3), 0);
    CHECK_NUMBER(parse("ann\0secret\0stamp", 16), -1);
    CHECK_NUMBER(parse("ann\0secret\0", 11), -1);
    CHECK_NUMBER(parse("ann\0secret", 10), -1);
    CHECK_NUMBER(parse("", 0), -1);
    CHECK_NUMBER(parse(full, CREDENTIALS_MAX), 0);
    CHECK_NUMBER(parse(full, CREDENTIALS_MAX + 1), -1);
}

/* Fields that are torn, or not NAME=VALUE, are passed over. */
static void check_fields(void)
{
    struct credentials read = {.len = 19};

    memcpy(read.bytes, "a\0b\0c\0junk\0\0=x\0A=12", 20);
    CHECK_NUMBER(credentials_parse(&read), 0);
    CHECK(credentials_get(&read, "A") == NULL);
    read.len = 20;
    CHECK_STRING(credentials_get(&read, "A"), "12");
}

int main(void)
{
    check_made();
    check_bounds();
    check_parsed();
    check_fields();
    return check_report();
}

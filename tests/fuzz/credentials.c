/* What a checkpassword program reads, what AUTH PLAIN brings, and the account that it
 * means. First byte: 0 credentials, 1 PLAIN, 2 account.
 * fuzz-options: -max_len=600 */
#include "../../checkpw/credentials.h"

#include "../../checkpw/account.h"
#include "fuzz.h"
#include "mailbox.h"
#include "sasl_plain.h"
#include "table.h"
#include "text.h"

static void check_credentials(const char *bytes, size_t len)
{
    struct credentials credentials;
    const char *value;

    if (len > sizeof credentials.bytes) {
        len = sizeof credentials.bytes;
    }
    memset(&credentials, 'x', sizeof credentials);
    memcpy(credentials.bytes, bytes, len);
    credentials.len = len;
    if (credentials_parse(&credentials) == 0) {
        const char *end = credentials.bytes + credentials.len;
        REQUIRE(credentials.password > credentials.user && credentials.password < end);
        REQUIRE(credentials.password + strlen(credentials.password) < end);
        value = credentials_get(&credentials, "TCPREMOTEIP");
        REQUIRE(!value || value + strlen(value) < end);
        credentials_add(&credentials, "LOGIN_METHOD", "PLAIN");
        REQUIRE(credentials.len <= CREDENTIALS_MAX);
    }
}

static void check_plain(const char *bytes, size_t len)
{
    static stralloc decoded;
    struct sasl_plain plain;
    struct credentials made, read;

    if (sasl_plain_parse(bytes, len, &decoded, &plain) == SASL_PLAIN_MALFORMED) {
        return;
    }
    REQUIRE(plain.user_len > 0 && plain.password_len > 0);
    if (credentials_make(&made, plain.user, plain.user_len, plain.password,
                         plain.password_len) == 0) {
        read = made;
        REQUIRE(credentials_parse(&read) == 0);
        REQUIRE(strlen(read.user) == plain.user_len);
        REQUIRE(memcmp(read.user, plain.user, plain.user_len) == 0);
        REQUIRE(strlen(read.password) == plain.password_len);
        REQUIRE(memcmp(read.password, plain.password, plain.password_len) == 0);
    }
}

static void check_account(const char *bytes, size_t len)
{
    static struct account account;
    char *user = fuzz_string(bytes, len);

    if (account_find(table_standard(), user, &account) == ACCOUNT_FOUND) {
        REQUIRE(mailbox_name_is_valid(account.mailbox.s));
        REQUIRE(!fuzz_has_control(account.address.s, account.address.len));
    }
    REQUIRE(!mailbox_name_is_valid(user) ||
            (user[0] != '/' && !strstr(user, "/../") && strcmp(user, "..") != 0 &&
             !fuzz_has_control(user, strlen(user))));
    free(user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);

    switch (fuzz_byte(&input) % 3) {
    case 0:
        check_credentials(input.at, input.left);
        break;
    case 1:
        check_plain(input.at, input.left);
        break;
    default:
        check_account(input.at, input.left);
        break;
    }
    return 0;
}

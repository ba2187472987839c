#include "../../qremote/capability.h"
#include "check.h"

static struct capabilities take(const char *line)
{
    struct capabilities capabilities = {0};

    capability_take_line(&capabilities, line, strlen(line));
    return capabilities;
}

static void test_words(void)
{
    CHECK(take("PIPELINING").has_pipelining);
    CHECK(take("pipelining").has_pipelining);
    CHECK(!take("PIPELINING2").has_pipelining);
    CHECK(!take("XPIPELINING").has_pipelining);
    CHECK(take("8BITMIME").has_8bitmime);
    CHECK(take("SMTPUTF8").has_smtputf8);
    CHECK(take("DSN").has_dsn);
    CHECK(take("REQUIRETLS").has_requiretls);
    CHECK(!take("").has_dsn);
    CHECK(!take(" DSN").has_dsn);
}

static void test_size(void)
{
    CHECK(take("SIZE").has_size);
    CHECK_NUMBER(take("SIZE").size, 0);
    CHECK_NUMBER(take("SIZE 0").size, 0);
    CHECK_NUMBER(take("SIZE 10240000").size, 10240000);
    CHECK_NUMBER(take("size 7").size, 7);
    CHECK_NUMBER(take("SIZE x").size, 0);
    CHECK_NUMBER(take("SIZE -1").size, 0);
    CHECK_NUMBER(take("SIZE 99999999999999999999999").size, 0);
}

static void test_limits(void)
{
    struct capabilities c = take("LIMITS RCPTMAX=50 MAILMAX=7 RCPTDOMAINMAX=1 X=2");

    CHECK_NUMBER(c.rcpt_max, 50);
    CHECK_NUMBER(c.mail_max, 7);
    CHECK_NUMBER(c.rcpt_domain_max, 1);
    CHECK_NUMBER(take("LIMITS   mailmax=3").mail_max, 3);
    CHECK_NUMBER(take("LIMITS RCPTMAX=").rcpt_max, 0);
    CHECK_NUMBER(take("LIMITS RCPTMAX=0").rcpt_max, 0);
    CHECK_NUMBER(take("LIMITS RCPTMAX=5x").rcpt_max, 0);
    CHECK_NUMBER(take("LIMITS").rcpt_max, 0);
    CHECK_NUMBER(take("LIMITS ").rcpt_max, 0);
}

static void test_auth(void)
{
    struct capabilities c = take("AUTH plain LOGIN SCRAM-SHA-256 XOAUTH2");

    CHECK(c.has_auth);
    CHECK_NUMBER(c.auth, 1 << AUTH_PLAIN | 1 << AUTH_LOGIN | 1 << AUTH_SCRAM);
    CHECK_NUMBER(take("AUTH SCRAM-SHA-256-PLUS").auth, 1 << AUTH_SCRAM_PLUS);
    CHECK_NUMBER(take("auth=LOGIN").auth, 1 << AUTH_LOGIN);
    CHECK_NUMBER(take("AUTH=PLAIN  LOGIN").auth, 1 << AUTH_PLAIN | 1 << AUTH_LOGIN);
    CHECK_NUMBER(take("AUTH PLAIN2 SCRAM-SHA-2567").auth, 0);
    CHECK(take("AUTH GSSAPI").has_auth);
    CHECK(take("AUTH").has_auth);
    CHECK_NUMBER(take("AUTH").auth, 0);
    CHECK(!take("AUTHX PLAIN").has_auth);
    CHECK(!take("AUT").has_auth);
}

int main(void)
{
    test_auth();
    test_words();
    test_size();
    test_limits();
    return check_report();
}

#include "check.h"
#include "encode.h"
#include "scram.h"
#include "text.h"

/* RFC 7677 section 3: user "user", password "pencil". */
#define FIRST "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
#define FINAL                                                                          \
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"                     \
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define STORED                                                                         \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"                                     \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbs"                                          \
    "T4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static void check_keys(void)
{
    static const char *const wrong[] = {
        "",
        "$y$x",
        "SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AAAA:AAAA",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtb"
        "sT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTA"
        "mQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuL"
        "mtbsT4qY=",
        STORED "x",
        STORED "=",
    };
    struct scram_keys keys = {0};
    stralloc text = STRALLOC_ZERO;
    size_t i;

    CHECK_NUMBER(scram_keys_parse(STORED, &keys), 0);
    CHECK_NUMBER(keys.iterations, 4096);
    scram_keys_format(&keys, &text);
    CHECK_STRING(text_string(&text), STORED);
    memset(keys.stored, 0, sizeof keys.stored);
    memset(keys.server, 0, sizeof keys.server);
    scram_keys_make(&keys, "pencil", 6);
    text_clear(&text);
    scram_keys_format(&keys, &text);
    CHECK_STRING(text_string(&text), STORED);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_NUMBER(scram_keys_parse(wrong[i], &keys), -1);
    }
    text_free(&text);
}

static void check_first(void)
{
    static const char *const wrong[] = {
        "",
        "n",
        "n,,",
        "n,,n=user",
        "n,,n=,r=x",
        "n,,r=x,n=user",
        "n,,m=x,n=user,r=x",
        "n,,n=us=er,r=x",
        "n,,n=us=2,r=x",
        "n,,n=us=2c,r=x",
        "n,,n=user,r=",
        "n,,n=user,r=a b",
        "x,,n=user,r=x",
        "p,,n=user,r=x",
        "p=,,n=user,r=x",
        "p=a b,,n=user,r=x",
        "n,user,n=user,r=x",
        "n,a=other,n=user,r=x",
        "n,a=,n=user,r=x",
        "n=user,r=x",
    };
    struct scram_first first;
    size_t i;

    CHECK_NUMBER(scram_first_parse(FIRST, strlen(FIRST), &first), 0);
    CHECK_NUMBER(first.flag, 'n');
    CHECK_NUMBER(first.header_len, 3);
    CHECK_STRING(first.user, "user");
    CHECK_NUMBER(first.nonce_len, 20);
    CHECK_NUMBER(
        scram_first_parse("p=tls-exporter,a=a=2Cb=3D,n=a=2Cb=3D,r=x,e=1", 44, &first),
        0);
    CHECK_NUMBER(first.flag, 'p');
    CHECK_STRING(first.binding, "tls-exporter");
    CHECK_STRING(first.user, "a,b=");
    CHECK_NUMBER(first.nonce_len, 1);
    CHECK_NUMBER(scram_first_parse("y,,n=a\0b,r=x", 12, &first), -1);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_NUMBER(scram_first_parse(wrong[i], strlen(wrong[i]), &first), -1);
    }
}

static void check_final(void)
{
    static const char *const wrong[] = {
        "",
        "c=biws",
        "c=biws,r=x",
        "c=biws,r=x,p=",
        "c=biws,r=x,p=AAAA",
        "r=x,c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "c=biws,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=,e=1",
        "c=biws,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ",
        "c=biws,r=,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    };
    struct scram_final final;
    size_t i;

    CHECK_NUMBER(scram_final_parse(FINAL, strlen(FINAL), &final), 0);
    CHECK_NUMBER(final.binding_len, 4);
    CHECK(memcmp(final.binding, "biws", 4) == 0);
    CHECK_NUMBER(final.unproven_len, strstr(FINAL, ",p=") - FINAL);
    CHECK_NUMBER(final.proof[0], 0x74);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_NUMBER(scram_final_parse(wrong[i], strlen(wrong[i]), &final), -1);
    }
}

int main(void)
{
    check_keys();
    check_first();
    check_final();
    CHECK(scram_password_is_plain("a b~", 4));
    CHECK(!scram_password_is_plain("", 0));
    CHECK(!scram_password_is_plain("\xc3\xa4", 2));
    CHECK(!scram_password_is_plain("a\tb", 3));
    return check_report();
}

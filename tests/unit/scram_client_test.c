#include "check.h"
#include "scram_client.h"
#include "text.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define WHOLE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "s=W22ZaJ0SNY7soEsUEjb6gQ=="

static enum scram_client_end answer(struct scram_client *client, const char *challenge,
                                    stralloc *out)
{
    text_clear(out);
    scram_client_begin(client, "user", 4, NONCE, out);
    text_clear(out);
    return scram_client_answer(client, challenge, strlen(challenge), "pencil", 6, out);
}

/* RFC 7677 section 3. */
static void check_vector(void)
{
    static const char last[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
    struct scram_client client = {.binding = NULL};
    stralloc out = STRALLOC_ZERO;

    scram_client_begin(&client, "user", 4, NONCE, &out);
    CHECK_STRING(text_string(&out), "n,,n=user,r=" NONCE);
    CHECK_NUMBER(answer(&client, "r=" WHOLE "," SALT ",i=4096", &out),
                 SCRAM_CLIENT_DONE);
    CHECK_STRING(text_string(&out),
                 "c=biws,r=" WHOLE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    CHECK_NUMBER(scram_client_check(&client, last, sizeof last - 1), SCRAM_CLIENT_DONE);
    /* An extension that need not be known. */
    CHECK_NUMBER(answer(&client, "r=" WHOLE "," SALT ",i=4096,x=y", &out),
                 SCRAM_CLIENT_DONE);
    scram_client_free(&client);
    text_free(&out);
}

static void check_challenges(void)
{
    static const struct {
        const char *challenge;
        enum scram_client_end end;
    } rows[] = {
        {"", SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE, SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE "," SALT, SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE "," SALT ",i=", SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE "," SALT ",i=0", SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE "," SALT ",i=-1", SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE "," SALT ",i=4096x", SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE ",s=,i=4096", SCRAM_CLIENT_NONSENSE},
        {"r=" WHOLE ",s=W22,i=4096", SCRAM_CLIENT_NONSENSE},
        {"m=x,r=" WHOLE "," SALT ",i=4096", SCRAM_CLIENT_NONSENSE},
        {SALT ",r=" WHOLE ",i=4096", SCRAM_CLIENT_NONSENSE},
        {"e=other-error", SCRAM_CLIENT_NONSENSE},
        {"r=" NONCE "," SALT ",i=4096", SCRAM_CLIENT_NONCE}, /* nothing of its own */
        {"r=rOprNGfwEbeRWgbNEkqP%hv," SALT ",i=4096", SCRAM_CLIENT_NONCE},
        {"r=x" WHOLE "," SALT ",i=4096", SCRAM_CLIENT_NONCE},
        {"r=" WHOLE "," SALT ",i=4095", SCRAM_CLIENT_FEW},
        {"r=" WHOLE "," SALT ",i=1", SCRAM_CLIENT_FEW},
        {"r=" WHOLE "," SALT ",i=1000001", SCRAM_CLIENT_MANY},
        {"r=" WHOLE "," SALT ",i=99999999999999999999999", SCRAM_CLIENT_MANY},
    };
    struct scram_client client = {.binding = NULL};
    stralloc out = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(answer(&client, rows[i].challenge, &out), rows[i].end);
        CHECK_NUMBER(out.len, 0);
    }
    scram_client_free(&client);
    text_free(&out);
}

static void check_last(void)
{
    static const struct {
        const char *message;
        enum scram_client_end end;
    } rows[] = {
        {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=,x=y", SCRAM_CLIENT_DONE},
        {"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", SCRAM_CLIENT_UNPROVEN},
        {"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", SCRAM_CLIENT_UNPROVEN},
        {"v=", SCRAM_CLIENT_NONSENSE},
        {"", SCRAM_CLIENT_NONSENSE},
        {"v=6rriTRBi", SCRAM_CLIENT_NONSENSE},
        {"x=y,v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", SCRAM_CLIENT_NONSENSE},
        {"e=invalid-proof", SCRAM_CLIENT_REFUSED},
    };
    struct scram_client client = {.binding = NULL};
    stralloc out = STRALLOC_ZERO;
    size_t i;

    CHECK_NUMBER(answer(&client, "r=" WHOLE "," SALT ",i=4096", &out),
                 SCRAM_CLIENT_DONE);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(
            scram_client_check(&client, rows[i].message, strlen(rows[i].message)),
            rows[i].end);
    }
    scram_client_free(&client);
    text_free(&out);
}

static void check_headers(void)
{
    struct scram_client bound = {
        .binding = "tls-exporter", .bound = "\1\2\3", .bound_len = 3};
    struct scram_client could = {.could_bind = 1};
    stralloc out = STRALLOC_ZERO;

    scram_client_begin(&bound, "a,b=c", 5, NONCE, &out);
    CHECK_STRING(text_string(&out), "p=tls-exporter,,n=a=2Cb=3Dc,r=" NONCE);
    CHECK_NUMBER(answer(&bound, "r=" WHOLE "," SALT ",i=4096", &out),
                 SCRAM_CLIENT_DONE);
    /* base64 of "p=tls-exporter,,\1\2\3" */
    CHECK(strncmp(text_string(&out), "c=cD10bHMtZXhwb3J0ZXIsLAECAw==,r=" WHOLE ",p=",
                  34 + strlen(WHOLE)) == 0);
    text_clear(&out);
    scram_client_begin(&could, "user", 4, NONCE, &out);
    CHECK_STRING(text_string(&out), "y,,n=user,r=" NONCE);
    CHECK_NUMBER(answer(&could, "r=" WHOLE "," SALT ",i=4096", &out),
                 SCRAM_CLIENT_DONE);
    CHECK(strncmp(text_string(&out), "c=eSws,r=", 9) == 0);
    scram_client_free(&bound);
    scram_client_free(&could);
    text_free(&out);
}

int main(void)
{
    check_vector();
    check_challenges();
    check_last();
    check_headers();
    return check_report();
}

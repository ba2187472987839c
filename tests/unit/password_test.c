#include "../../checkpw/password.h"
#include "check.h"

static void check_hash(const char *setting)
{
    static struct crypt_data data;
    struct password_row row = {.hash = ""};
    const char *made = crypt_r("secret", setting, &data);

    CHECK(made && made[0] != '*');
    if (!made) {
        return;
    }
    snprintf(row.hash, sizeof row.hash, "%s", made);
    snprintf(row.model, sizeof row.model, "%s", made);
    CHECK_NUMBER(password_check(&row, "secret"), PASSWORD_RIGHT);
    CHECK_NUMBER(password_check(&row, "Secret"), PASSWORD_WRONG);
    CHECK_NUMBER(password_check(&row, ""), PASSWORD_WRONG);
    CHECK_NUMBER(password_check(&row, "secret "), PASSWORD_WRONG);
    row.hash[strlen(row.hash) - 1] = 0;
    CHECK_NUMBER(password_check(&row, "secret"), PASSWORD_WRONG);
}

/* Rows that let nobody in, whatever the password. */
static void check_unusable(void)
{
    static const char *const unusable[] = {"", "*", "*0", "*1", "!", "x", "$9$abc$def"};
    size_t i;

    for (i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
        struct password_row row = {.model = "$5$rounds=1000$abcdefgh$"};

        snprintf(row.hash, sizeof row.hash, "%s", unusable[i]);
        CHECK_NUMBER(password_check(&row, ""), PASSWORD_WRONG);
        CHECK_NUMBER(password_check(&row, "secret"), PASSWORD_WRONG);
        CHECK_NUMBER(password_check(&row, unusable[i]), PASSWORD_WRONG);
    }
}

/* The model is only for the time it takes: its own password opens nothing. */
static void check_model(void)
{
    static struct crypt_data data;
    struct password_row row = {.hash = ""};

    snprintf(row.model, sizeof row.model, "%s",
             crypt_r("secret", "$5$rounds=1000$abcdefgh$", &data));
    CHECK_NUMBER(password_check(&row, "secret"), PASSWORD_WRONG);
    snprintf(row.model, sizeof row.model, "*");
    CHECK_NUMBER(password_check(&row, "secret"), PASSWORD_WRONG);
}

int main(void)
{
    struct password_row row;

    check_hash("$1$abcdefgh$");
    check_hash("$5$rounds=1000$abcdefgh$");
    check_hash("$6$rounds=1000$abcdefgh$");
    check_hash("$2b$04$abcdefghijklmnopqrstuu");
    check_hash("$y$j75$0123456789abcdefghij./$");
    check_unusable();
    check_model();
    CHECK_NUMBER(password_find("/nonexistent/passwords.cdb", "a@b", &row), -1);
    return check_report();
}

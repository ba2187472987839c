#include "check.h"
#include "tls_request.h"

static void test_refusals(void)
{
    static const struct {
        const char *line;
        enum tls_result result;
        const char *why;
    } rows[] = {
        {"NO certificate-expired the certificate is refused: certificate has expired",
         TLS_RESULT_EXPIRED, "the certificate is refused: certificate has expired"},
        {"NO validation-failure x", TLS_RESULT_FAILED, "x"},
        {"NO none too many sessions at once", TLS_RESULT_NONE,
         "too many sessions at once"},
        {"NO ok x", TLS_RESULT_NONE, "tlsc talks nonsense"},
        {"NO something went wrong", TLS_RESULT_NONE, "tlsc talks nonsense"},
        {"NO", TLS_RESULT_NONE, "tlsc talks nonsense"},
        {"", TLS_RESULT_NONE, "tlsc talks nonsense"},
        {"OK but broken", TLS_RESULT_NONE, "tlsc talks nonsense"},
    };
    char why[TLS_TEXT_MAX];
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(tls_request_refusal(rows[i].line, why), rows[i].result);
        CHECK_STRING(why, rows[i].why);
    }
}

static void test_names(void)
{
    int i;

    for (i = 0; i < TLS_RESULTS; i++) {
        CHECK_NUMBER(tls_result_find(tls_result_names[i]), i);
    }
    CHECK_NUMBER(tls_result_find(""), TLS_RESULTS);
}

int main(void)
{
    test_refusals();
    test_names();
    return check_report();
}

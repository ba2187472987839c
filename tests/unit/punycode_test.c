#include "../../qsend/punycode.h"
#include "check.h"

#include <stdlib.h>

static const struct {
    const char *domain, *encoded; /* NULL: refused */
} rows[] = {
    {"example.org", "example.org"},
    {"a", "a"},
    {"b\303\274cher.example", "xn--bcher-kva.example"},
    {"\303\274.example", "xn--tda.example"},
    {"m\303\274nchen.b\303\274ro.de", "xn--mnchen-3ya.xn--bro-hoa.de"},
    {"fa\303\237.de", "xn--fa-hia.de"},
    {"\345\215\201.example", "xn--kkr.example"},
    {"\344\276\213\345\255\220.\346\265\213\350\257\225", "xn--fsqu00a.xn--0zwm56d"},
    {"\320\277\321\200\320\270\320\274\320\265\321\200", "xn--e1afmkfd"},
    /* RFC 3492 section 7.1 (B), (I) and (L). */
    {"\344\273\226\344\273\254\344\270\272\344\273\200\344\271\210\344\270\215\350\257"
     "\264\344\270\255\346\226\207",
     "xn--ihqwcrb4cv8a8dqg056pqjye"},
    {"\320\277\320\276\321\207\320\265\320\274\321\203\320\266\320\265\320\276\320\275"
     "\320\270\320\275\320\265\320\263\320\276\320\262\320\276\321\200\321\217\321\202"
     "\320\277\320\276\321\200\321\203\321\201\321\201\320\272\320\270",
     "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"},
    {"3\345\271\264b\347\265\204\351\207\221\345\205\253\345\205\210\347\224\237",
     "xn--3b-ww4c5e180e575a65lsy2b"},
    {"", NULL},
    {".", NULL},
    {"a..b", NULL},
    {"a.", NULL},
    {".a", NULL},
    {"\377.example", NULL},
    {"\303.example", NULL},
    {"\300\257.example", NULL},
    {"\355\240\200.example", NULL},
    {"\364\220\200\200.example", NULL},
};

int main(void)
{
    char label[80], out[256];
    size_t i, size;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        int result = punycode_encode_domain(rows[i].domain, out, sizeof out);
        CHECK_NUMBER(result, rows[i].encoded ? 0 : -1);
        if (rows[i].encoded && result == 0) {
            CHECK_STRING(out, rows[i].encoded);
        }
        /* Too little room is noticed, wherever it ends. */
        for (size = 1; rows[i].encoded && size <= strlen(rows[i].encoded); size++) {
            char *exact = malloc(size);
            CHECK_NUMBER(punycode_encode_domain(rows[i].domain, exact, size), -1);
            free(exact);
        }
    }
    memset(label, 'x', sizeof label);
    label[63] = '\0';
    CHECK_NUMBER(punycode_encode_domain(label, out, sizeof out), 0);
    label[63] = 'x';
    label[64] = '\0';
    CHECK_NUMBER(punycode_encode_domain(label, out, sizeof out), -1);
    return check_report();
}

#include "../../sts/record.h"
#include "check.h"

static const struct {
    const char *text;
    enum sts_record_kind kind;
    const char *id;
} rows[] = {
    {"v=STSv1; id=20160831085700Z;", STS_RECORD_GOOD, "20160831085700Z"},
    {"v=STSv1; id=1", STS_RECORD_GOOD, "1"},
    {"v=STSv1;id=1", STS_RECORD_GOOD, "1"},
    {"v=STSv1; \tid=1 ; ", STS_RECORD_GOOD, "1"},
    {"v=STSv1; new-1.x=y!:z; id=1; id=2", STS_RECORD_GOOD, "1"},
    {"v=STSv1; id=abcdefghijklmnopqrstuvwxyzABCDEF", STS_RECORD_GOOD,
     "abcdefghijklmnopqrstuvwxyzABCDEF"},
    {"v=STSv1; id=abcdefghijklmnopqrstuvwxyzABCDEFG", STS_RECORD_FAULTY, ""},
    {"v=STSv1;", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a-b", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a b", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id = a", STS_RECORD_FAULTY, ""},
    {"v=STSv1; ID=a", STS_RECORD_FAULTY, ""},
    {"v=STSv1;; id=a", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a;;", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a; x", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a; x=", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a; x=a=b", STS_RECORD_FAULTY, ""},
    {"v=STSv1; id=a; =b", STS_RECORD_FAULTY, ""},
    {"v=STSv1 ; id=a", STS_RECORD_OTHER, ""},
    {"v=STSv2; id=a", STS_RECORD_OTHER, ""},
    {"V=STSv1; id=a", STS_RECORD_OTHER, ""},
    {" v=STSv1; id=a", STS_RECORD_OTHER, ""},
    {"v=spf1 -all", STS_RECORD_OTHER, ""},
    {"", STS_RECORD_OTHER, ""},
};

int main(void)
{
    char id[STS_ID_MAX + 1];
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(sts_record_parse(rows[i].text, strlen(rows[i].text), id),
                     rows[i].kind);
        CHECK_STRING(id, rows[i].id);
    }
    return check_report();
}

/* Domains with UTF-8 as the DNS knows them: ASCII, within its limits; a name that is
 * ASCII stays as it is.
 * fuzz-options: -max_len=300 */
#include "../../qsend/punycode.h"

#include "fuzz.h"

static void check_labels(const char *name)
{
    size_t label = 0;

    for (; *name; name++) {
        REQUIRE((unsigned char)*name < 128);
        label = *name == '.' ? 0 : label + 1;
        REQUIRE(label <= 63);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *domain = fuzz_string((const char *)data, size);
    char out[256], again[256];
    size_t i, is_ascii = 1;

    for (i = 0; domain[i]; i++) {
        is_ascii &= (unsigned char)domain[i] < 128;
    }
    if (punycode_encode_domain(domain, out, sizeof out) == 0) {
        check_labels(out);
        REQUIRE(!is_ascii || strcmp(out, domain) == 0);
        REQUIRE(punycode_encode_domain(out, again, sizeof again) == 0);
        REQUIRE(strcmp(again, out) == 0);
        REQUIRE(punycode_encode_domain(domain, again, strlen(out)) < 0);
    }
    free(domain);
    return 0;
}

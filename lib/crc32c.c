#include "encode.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

#define WORTH_ASKING 32768

__attribute__((target("sse4.2"))) static uint32_t
crc_by_hardware(uint32_t crc, const unsigned char *p, size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len > 0; p++, len--) {
        crc = __builtin_ia32_crc32qi(crc, *p);
    }
    return crc;
}
#endif

/* Half a byte a step: the table is small enough to be checked by eye. */
static uint32_t crc_by_table(uint32_t crc, const unsigned char *p, size_t len)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                       0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                       0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

    for (; len > 0; p++, len--) {
        crc ^= *p;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
/* Whether the processor has the instruction. To ask it costs as much as some 10,000
 * bytes by the table where a virtual machine's host has to answer, so who has few does
 * not. */
static int has_hardware(size_t len)
{
    static size_t so_far;
    static int answer = -1;
    unsigned eax, ebx, ecx, edx;

    if (answer < 0) {
        so_far += len;
        if (so_far < WORTH_ASKING) {
            return 0;
        }
        answer = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_SSE4_2);
    }
    return answer;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t len)
{
#if defined(__x86_64__)
    if (has_hardware(len)) {
        return ~crc_by_hardware(~crc, bytes, len);
    }
#endif
    return ~crc_by_table(~crc, bytes, len);
}

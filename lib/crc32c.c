#include "encode.h"

#include <string.h>

/* Fewer bytes are done before the tables for larger steps are made. */
#define WORTH_TABLES 1024

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
static uint32_t crc_by_halves(uint32_t crc, const unsigned char *p, size_t len)
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

/* tables[k] tells what a byte does that has k more behind it. */
static void make_tables(uint32_t tables[4][256])
{
    unsigned i, k;

    for (i = 0; i < 256; i++) {
        const unsigned char byte = (unsigned char)i;
        tables[0][i] = crc_by_halves(0, &byte, 1);
    }
    for (k = 1; k < 4; k++) {
        for (i = 0; i < 256; i++) {
            uint32_t crc = tables[k - 1][i];
            tables[k][i] = crc >> 8 ^ tables[0][crc & 255];
        }
    }
}

/* Four bytes a step, with tables that are made at the first use. */
static uint32_t crc_by_words(uint32_t crc, const unsigned char *p, size_t len)
{
    static uint32_t tables[4][256];

    if (!tables[0][1]) {
        make_tables(tables);
    }
    for (; len >= 4; p += 4, len -= 4) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
               (uint32_t)p[3] << 24;
        crc = tables[3][crc & 255] ^ tables[2][crc >> 8 & 255] ^
              tables[1][crc >> 16 & 255] ^ tables[0][crc >> 24];
    }
    return crc_by_halves(crc, p, len);
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
    return len < WORTH_TABLES ? ~crc_by_halves(~crc, bytes, len)
                              : ~crc_by_words(~crc, bytes, len);
}

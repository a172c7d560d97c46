/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ulid.h"
#include <openssl/rand.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum err ulid_new(int64_t utc_ms, uint8_t out[static ULID_SIZE])
{
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)((uint64_t)utc_ms >> (8 * (5 - i)));
    return RAND_bytes(out + 6, 10) == 1 ? ERR_OK : ERR_IO;
}

enum err ulid_new_text(int64_t utc_ms, char out[static ULID_LEN + 1])
{
    uint8_t id[ULID_SIZE];
    enum err e = ulid_new(utc_ms, id);
    if (!e)
        ulid_encode(id, out);
    return e;
}

/* 26 characters carry 130 bits: two zero bits come first. */
void ulid_encode(const uint8_t id[static ULID_SIZE], char out[static ULID_LEN + 1])
{
    uint32_t acc = 0;
    unsigned bits = 2;
    for (int i = 0; i < ULID_SIZE; i++) {
        acc = acc << 8 | id[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *out++ = alphabet[acc >> (bits - 5) & 31];
        acc &= (1u << bits) - 1;
    }
    *out = 0;
}

enum err ulid_decode(const char *s, size_t len, uint8_t out[static ULID_SIZE])
{
    uint32_t acc = 0;
    unsigned bits = 0;
    size_t o = 0;
    if (len != ULID_LEN || s[0] > '7')
        return ERR_BAD_VALUE;
    for (size_t i = 0; i < len; i++) {
        const char *at = s[i] ? strchr(alphabet, s[i]) : NULL;
        if (!at)
            return ERR_BAD_VALUE;
        acc = acc << 5 | (uint32_t)(at - alphabet);
        bits += i == 0 ? 3 : 5;
        if (bits >= 8) {
            bits -= 8;
            out[o++] = (uint8_t)(acc >> bits);
            acc &= (1u << bits) - 1;
        }
    }
    return ERR_OK;
}

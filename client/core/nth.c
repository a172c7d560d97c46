/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/nth.h"
#include "base/key.h"
#include <string.h>

void nth_id(const char *what, const char *about, uint64_t n, char out[static ULID_LEN + 1])
{
    static const char tag[] = "huika-nth-v1";
    uint8_t hash[KEY_HASH], number[8];
    for (int i = 7; i >= 0; i--, n >>= 8)
        number[i] = (uint8_t)n;
    key_sha256_pieces((const struct key_piece[]){{tag, sizeof tag}, {what, strlen(what) + 1}, {about, strlen(about)},
                          {number, sizeof number}},
        4, hash);
    ulid_encode(hash, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/money.h"
#include "proto/offer.h"
#include <inttypes.h>
#include <stdio.h>

void money_format(int64_t fen, char out[static MONEY_LEN])
{
    uint64_t v = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    snprintf(out, MONEY_LEN, "%s%" PRIu64 ".%02" PRIu64, fen < 0 ? "-" : "", v / 100, v % 100);
}

enum err money_parse(const char *s, int64_t *fen)
{
    int64_t v = 0;
    int decimals = -1; /* -1: before the point */
    if (*s < '0' || *s > '9')
        return ERR_BAD_AMOUNT;
    for (; *s; s++) {
        if (*s == '.' && decimals < 0 && s[1]) {
            decimals = 0;
            continue;
        }
        if (*s < '0' || *s > '9' || decimals == 2)
            return ERR_BAD_AMOUNT;
        decimals += decimals >= 0;
        v = v * 10 + (*s - '0');
        if (v > OFFER_FEN_MAX)
            return ERR_BAD_AMOUNT;
    }
    for (int d = decimals < 0 ? 0 : decimals; d < 2; d++)
        v *= 10;
    if (v < 1 || v > OFFER_FEN_MAX)
        return ERR_BAD_AMOUNT;
    *fen = v;
    return ERR_OK;
}

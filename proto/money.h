/* SPDX-License-Identifier: Apache-2.0 */
/* Fen as people write yuan: "128.00". Whole numbers throughout, never floating point. Pure. */
#ifndef HUIKA_MONEY_H
#define HUIKA_MONEY_H
#include "err.h"
#include <stdint.h>

enum { MONEY_LEN = 24 }; /* bytes that any int64 takes, with its closing 0 */

/* "128.00", "-0.05": always two decimals. */
void money_format(int64_t fen, char out[static MONEY_LEN]);
/* Yuan in ASCII digits with at most two decimals: "128", "128.5", "0.05", 0.01 to 9999999.99. Nothing else: no sign, no
 * space, no exponent, no separators. ERR_BAD_AMOUNT leaves *fen untouched. */
enum err money_parse(const char *s, int64_t *fen);
#endif

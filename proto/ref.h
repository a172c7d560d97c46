/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of a dispute: short enough to be read out. NUMBER-EPOCH-SEQ-C: the terminal's number, epoch and seq of the record
 * that names it, in decimal without leading zeros, and one check character, ISO 7064 MOD 37,36 over NUMBER 'E' EPOCH 'S' SEQ.
 * Read in either case, with spaces for hyphens. Pure. */
#ifndef HUIKA_REF_H
#define HUIKA_REF_H
#include "err.h"
#include <stddef.h>
#include <stdint.h>

enum { REF_LEN_MAX = 10 + 1 + 10 + 1 + 16 + 2 };

struct ref {
    int64_t number; /* 1 .. 2^31-1 */
    uint32_t epoch; /* 1 and up */
    uint64_t seq;   /* 1 .. 2^53 */
};

/* ERR_BAD_VALUE: out of range; `out` untouched. */
enum err ref_format(const struct ref *r, char out[static REF_LEN_MAX + 1]);
/* ERR_BAD_VALUE: not of that form, or the check character does not fit; *out untouched. */
enum err ref_parse(const char *s, size_t len, struct ref *out);
/* ISO 7064 MOD 37,36 of a text of 0-9 and A-Z; 0 if it holds anything else, or is empty. */
char ref_check(const char *s);
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Ids that are not drawn but follow from what they are about: the n-th void of a sale, the n-th dispute of a terminal. The
 * journal keeps ids unique for ever and finds a record by one, so they are found in order without an index of their own, and
 * two of the same number cannot both be written. Pure. */
#ifndef HUIKA_NTH_H
#define HUIKA_NTH_H
#include "base/ulid.h"

#define NTH_VOID    "void"
#define NTH_DISPUTE "dispute"

/* First 16 bytes of SHA-256("huika-nth-v1\0" | what | 0 | about | n u64), as a ULID's text. about: a ULID's text. n: from 1. */
void nth_id(const char *what, const char *about, uint64_t n, char out[static ULID_LEN + 1]);
#endif

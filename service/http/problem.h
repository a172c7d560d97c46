/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as RFC 9457 problem details: code, texts and retry come from proto/errors.tsv. */
#ifndef HUIKA_SERVICE_PROBLEM_H
#define HUIKA_SERVICE_PROBLEM_H
#include "base/buf.h"

enum { PROBLEM_DETAIL_MAX = 160 };

struct problem {
    enum err code;                       /* negative */
    char detail[PROBLEM_DETAIL_MAX + 1]; /* "": the English text of the code. Never what a peer sent in secret */
    uint64_t expected;                   /* ERR_CHAIN_GAP: the next seq wanted; 0: no such member */
};

/* HTTP status that carries it: err_http, but 500 for a code of class `answer`, which is never a problem. */
unsigned problem_status(enum err code);
/* Appends one JSON object. ERR_TOO_LARGE, ERR_NOMEM. */
enum err problem_encode(const struct problem *p, struct buf *out);
#endif

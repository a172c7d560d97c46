/* SPDX-License-Identifier: Apache-2.0 */
/* What the notice_*.c share; nobody else includes it. */
#ifndef HUIKA_NOTICE_PARTS_H
#define HUIKA_NOTICE_PARTS_H
#include "proto/notice.h"

#define NOTICE_TIME_MAX INT64_C(253402300799999) /* the end of year 9999 */

/* Only lack of memory is told apart; whatever else is wrong makes it a bad notice. */
enum err notice_bad(enum err e);
/* min to size - 1 bytes, cleaned: it reaches screens and receipts. */
enum err notice_text(const json_t *body, const char *key, size_t min, size_t size, char *out);
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Working days in China: Monday to Friday, but for the public holidays and the weekends worked instead that the State Council
 * announces each year. The years that are known stand in service/holidays.tsv, compiled in; DIR/holidays.tsv replaces them
 * when the next year's notice is out, without a new program:
 *
 *     2026-01-01  2026-01-03  off    元旦           tab-separated: first day, last day, off or work, what for a reader
 *     2026-01-04  2026-01-04  work
 *
 * A year is known when a line of it is there. Of other years only the fixed statutory days count (1 January, 1 and 2 May, 1
 * to 3 October). Pure but for workdays_load. */
#ifndef HUIKA_WORKDAYS_H
#define HUIKA_WORKDAYS_H
#include "err.h"
#include <stdbool.h>
#include <stdint.h>

enum { WORKDAYS_SPANS = 512 };

struct workdays {
    struct workdays_span {
        int32_t first, last; /* Shanghai days since 1970, inclusive */
        bool work;
    } span[WORKDAYS_SPANS];
    int cnt;
};

/* ERR_BAD_VALUE: *line (counted from 1) is not of that form, or ends before it begins; ERR_TOO_LARGE. */
enum err workdays_parse(const char *text, struct workdays *out, unsigned *line);
/* DIR/holidays.tsv if it is there, else what is compiled in. ERR_IO; ERR_BAD_VALUE with the line in what. */
enum err workdays_load(const char *dir, struct workdays *out, char what[static 64]);

bool workdays_is(const struct workdays *w, int32_t day);
bool workdays_known(const struct workdays *w, int32_t day);
/* The end (last millisecond) of the n-th working day after the Shanghai day of at_utc_ms, which itself does not count. */
int64_t workdays_due_ms(const struct workdays *w, int64_t at_utc_ms, int n);
#endif

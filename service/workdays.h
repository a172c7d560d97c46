/* SPDX-License-Identifier: Apache-2.0 */
/* Working days in China: Monday to Friday, but for the public holidays and the weekends worked instead that the State Council
 * announces each year. The years that are known stand in service/holidays.tsv, compiled in; a year that DIR/holidays.tsv has takes the
 * place of that year, so that the next one comes in without a new program (`huika-service holidays DIR FILE`):
 *
 *     2026-01-01  2026-01-03  off    元旦           tab-separated: first day, last day, off, work or law, what for a reader
 *     2026-01-04  2026-01-04  work
 *     2027-02-05  2027-02-08  law    春节
 *
 * A year is known when an off or work line of it is there. Of other years the days count that are off by law whatever will be announced:
 * 1 January, 1 and 2 May, 1 to 3 October, and the law lines (the lunar calendar's). What is announced adds days around those and
 * weekends worked for them: a deadline over such a year may come out a few days early, or late by those weekends. Pure but for workdays_load and
 * workdays_install. */
#ifndef HUIKA_WORKDAYS_H
#define HUIKA_WORKDAYS_H
#include "err.h"
#include <stdbool.h>
#include <stdint.h>

enum { WORKDAYS_SPANS = 512 };

struct workdays {
    struct workdays_span {
        int32_t first, last; /* Shanghai days since 1970, inclusive */
        enum workdays_kind { WORKDAYS_OFF, WORKDAYS_WORK, WORKDAYS_LAW } kind;
    } span[WORKDAYS_SPANS];
    int cnt;
};

/* ERR_BAD_VALUE: *line (counted from 1) is not of that form, or ends before it begins; ERR_TOO_LARGE. */
enum err workdays_parse(const char *text, struct workdays *out, unsigned *line);
/* What is compiled in, and DIR/holidays.tsv if it is there. ERR_IO, ERR_TOO_LARGE; ERR_BAD_VALUE with the line in what. */
enum err workdays_load(const char *dir, struct workdays *out, char what[static 64]);
/* The years of `file` into DIR/holidays.tsv, in place of what stands there of them; other years stay. Errors as above, for `file`, too
 * (ERR_NOT_FOUND: it is not there): nothing was changed. ERR_BAD_VALUE also if it has no year. */
enum err workdays_install(const char *dir, const char *file, char what[static 64]);

bool workdays_is(const struct workdays *w, int32_t day);
bool workdays_known(const struct workdays *w, int32_t day);
/* The end (last millisecond) of the n-th working day after the Shanghai day of at_utc_ms, which itself does not count. */
int64_t workdays_due_ms(const struct workdays *w, int64_t at_utc_ms, int n);
#endif

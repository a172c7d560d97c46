/* SPDX-License-Identifier: Apache-2.0 */
#include "service/workdays.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/tm.h"
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 65536, PATH_SIZE = 4096 };

static const char built_in[] =
#include "holidays.inc"
    ;

static bool day_at(const char *s, size_t len, int32_t *out)
{
    char text[TM_DAY_LEN + 1];
    if (len != TM_DAY_LEN)
        return false;
    memcpy(text, s, TM_DAY_LEN);
    text[TM_DAY_LEN] = 0;
    return tm_day_parse(text, out);
}

static bool parse_line(const char *s, size_t len, struct workdays_span *out)
{
    const char *field[3];
    size_t size[3], n = 0;
    for (const char *end = s + len; n < 3 && s <= end; n++) {
        const char *tab = memchr(s, '\t', (size_t)(end - s));
        field[n] = s;
        size[n] = (size_t)((tab ? tab : end) - s);
        s = tab ? tab + 1 : end + 1;
    }
    if (n < 3 || !day_at(field[0], size[0], &out->first) || !day_at(field[1], size[1], &out->last))
        return false;
    out->work = size[2] == 4 && !memcmp(field[2], "work", 4);
    return (out->work || (size[2] == 3 && !memcmp(field[2], "off", 3))) && out->first <= out->last;
}

enum err workdays_parse(const char *text, struct workdays *out, unsigned *line)
{
    struct workdays w = {.cnt = 0};
    for (*line = 1; *text; ++*line) {
        size_t len = strcspn(text, "\n"), shown = len && text[len - 1] == '\r' ? len - 1 : len;
        if (shown && text[0] != '#') {
            if (w.cnt == WORKDAYS_SPANS)
                return ERR_TOO_LARGE;
            if (!parse_line(text, shown, &w.span[w.cnt++]))
                return ERR_BAD_VALUE;
        }
        text += len + (text[len] == '\n');
    }
    *out = w;
    return ERR_OK;
}

enum err workdays_load(const char *dir, struct workdays *out, char what[static 64])
{
    char path[PATH_SIZE];
    struct buf b;
    unsigned line = 0;
    snprintf(what, 64, "holidays.tsv");
    buf_init(&b, FILE_MAX);
    enum err e = file_path(dir, "holidays.tsv", path, sizeof path);
    if (!e)
        e = file_read(path, &b);
    if (!e || e == ERR_NOT_FOUND)
        e = workdays_parse(e ? built_in : buf_str(&b), out, &line);
    if (e == ERR_BAD_VALUE)
        snprintf(what, 64, "holidays.tsv line %u", line);
    buf_release(&b);
    return e;
}

static void year_of(int32_t day, char out[static TM_DAY_LEN + 1])
{
    tm_day_format(day, out);
}

bool workdays_known(const struct workdays *w, int32_t day)
{
    char year[TM_DAY_LEN + 1], other[TM_DAY_LEN + 1];
    year_of(day, year);
    for (int i = 0; i < w->cnt; i++) {
        year_of(w->span[i].first, other);
        if (!memcmp(year, other, 4))
            return true;
    }
    return false;
}

static bool fixed_holiday(int32_t day)
{
    static const char *const days[] = {"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"};
    char text[TM_DAY_LEN + 1];
    year_of(day, text);
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (!strcmp(text + 5, days[i]))
            return true;
    return false;
}

bool workdays_is(const struct workdays *w, int32_t day)
{
    for (int i = 0; i < w->cnt; i++)
        if (day >= w->span[i].first && day <= w->span[i].last)
            return w->span[i].work;
    return tm_weekday(day) < 6 && (workdays_known(w, day) || !fixed_holiday(day));
}

int64_t workdays_due_ms(const struct workdays *w, int64_t at_utc_ms, int n)
{
    int32_t day = tm_day(at_utc_ms);
    while (n > 0)
        n -= workdays_is(w, ++day);
    return tm_day_start_ms(day + 1) - 1;
}

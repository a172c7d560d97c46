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
    static const char *const kinds[] = {"off", "work", "law"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (size[2] == strlen(kinds[i]) && !memcmp(field[2], kinds[i], size[2])) {
            out->kind = (enum workdays_kind)i;
            return out->first <= out->last;
        }
    return false;
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
        if (w->span[i].kind != WORKDAYS_LAW && !memcmp(year, other, 4))
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
    bool known = workdays_known(w, day);
    for (int i = 0; i < w->cnt; i++)
        if (day >= w->span[i].first && day <= w->span[i].last && (w->span[i].kind != WORKDAYS_LAW || !known))
            return w->span[i].kind == WORKDAYS_WORK;
    return tm_weekday(day) < 6 && (known || !fixed_holiday(day));
}

int64_t workdays_due_ms(const struct workdays *w, int64_t at_utc_ms, int n)
{
    int32_t day = tm_day(at_utc_ms);
    while (n > 0)
        n -= workdays_is(w, ++day);
    return tm_day_start_ms(day + 1) - 1;
}

/* The announced years of `other` take the place of the same years. */
static enum err take_years(struct workdays *w, const struct workdays *other)
{
    int n = 0;
    for (int i = 0; i < w->cnt; i++)
        if (w->span[i].kind == WORKDAYS_LAW || !workdays_known(other, w->span[i].first))
            w->span[n++] = w->span[i];
    if (n + other->cnt > WORKDAYS_SPANS)
        return ERR_TOO_LARGE;
    for (int i = 0; i < other->cnt; i++)
        w->span[n++] = other->span[i];
    w->cnt = n;
    return ERR_OK;
}

/* Reads and parses a file; what names its line. */
static enum err read_years(
    const char *path, const char *name, struct buf *text, struct workdays *out, char what[static 64])
{
    unsigned line = 0;
    snprintf(what, 64, "%.48s", name);
    enum err e = file_read(path, text);
    if (!e)
        e = workdays_parse(buf_str(text), out, &line);
    if (e == ERR_BAD_VALUE)
        snprintf(what, 64, "%.40s line %u", name, line);
    return e;
}

enum err workdays_load(const char *dir, struct workdays *out, char what[static 64])
{
    char path[PATH_SIZE];
    struct buf b;
    struct workdays w, own = {.cnt = 0};
    unsigned line = 0;
    buf_init(&b, FILE_MAX);
    snprintf(what, 64, "holidays.tsv");
    enum err e = file_path(dir, "holidays.tsv", path, sizeof path);
    if (!e)
        e = read_years(path, "holidays.tsv", &b, &own, what);
    if (!e || e == ERR_NOT_FOUND)
        e = workdays_parse(built_in, &w, &line);
    if (!e)
        e = take_years(&w, &own);
    buf_release(&b);
    if (!e)
        *out = w;
    return e;
}

/* The spans of `text` whose year `years` does not have, into out. */
static enum err keep_other_years(const char *text, const struct workdays *years, struct buf *out)
{
    enum err e = ERR_OK;
    while (*text && !e) {
        size_t len = strcspn(text, "\n");
        int32_t day;
        if (len >= TM_DAY_LEN && day_at(text, TM_DAY_LEN, &day) && !workdays_known(years, day)) {
            e = buf_add(out, text, len);
            e = e ? e : buf_adds(out, "\n");
        }
        text += len + (text[len] == '\n');
    }
    return e;
}

enum err workdays_install(const char *dir, const char *file, char what[static 64])
{
    char path[PATH_SIZE];
    struct buf mine, old, out;
    struct workdays w, was = {.cnt = 0};
    const char *name = strrchr(file, '/');
    buf_init(&mine, FILE_MAX);
    buf_init(&old, FILE_MAX);
    buf_init(&out, FILE_MAX);
    enum err e = read_years(file, name ? name + 1 : file, &mine, &w, what);
    if (!e && !w.cnt)
        e = ERR_BAD_VALUE;
    if (!e)
        e = file_path(dir, "holidays.tsv", path, sizeof path);
    if (!e) {
        e = read_years(path, "holidays.tsv", &old, &was, what);
        e = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    if (!e)
        e = keep_other_years(buf_str(&old), &w, &out);
    if (!e)
        e = buf_add(&out, mine.data, mine.len);
    if (!e)
        e = file_write(path, out.data, out.len, 0600);
    buf_release(&mine);
    buf_release(&old);
    buf_release(&out);
    return e;
}

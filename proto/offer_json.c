/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/offer.h"
/* offer.json <-> struct offer. The arithmetic is in offer.c. */
#include "base/text.h"
#include "base/tm.h"
#include <stdio.h>
#include <string.h>

enum { BP = 10000, DAY_MIN = 1440, PER_CARD_MAX = 1000 };

static const char *const kind_names[] = {
    [OFFER_PERCENT] = "percent", [OFFER_OFF_OVER] = "off_over", [OFFER_FIXED] = "fixed"};

static const struct member {
    const char *name;
    unsigned kinds; /* bits 1 << enum offer_kind that may carry it; 0: all */
} members[] = {{"id", 0}, {"title", 0}, {"kind", 0}, {"rate_bp", 1 << OFFER_PERCENT}, {"off_fen", 1 << OFFER_OFF_OVER},
    {"over_fen", 1 << OFFER_OFF_OVER}, {"repeat", 1 << OFFER_OFF_OVER}, {"price_fen", 1 << OFFER_FIXED}, {"cap_fen", 0},
    {"min_fen", 0}, {"from", 0}, {"to", 0}, {"weekdays", 0}, {"hours", 0}, {"include", 0}, {"exclude", 0},
    {"per_card_day", 0}, {"round", 0}};

static bool is_neutral(const json_t *v)
{
    return json_is_null(v) || json_is_false(v) || (json_is_integer(v) && json_integer_value(v) == 0);
}

static bool member_allowed(const char *name, const json_t *v, enum offer_kind kind)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!strcmp(members[i].name, name))
            return !members[i].kinds || members[i].kinds & 1u << kind || is_neutral(v);
    return false;
}

static enum err text_into(const json_t *v, size_t min, size_t max, char *out)
{
    if (!json_is_string(v) || json_string_length(v) < min || json_string_length(v) > max)
        return ERR_BAD_VALUE;
    memcpy(out, json_string_value(v), json_string_length(v) + 1);
    text_clean(out);
    return ERR_OK;
}

static enum err parse_id(const json_t *v, struct offer *o)
{
    return jsonx_has(v, "id") ? text_into(json_object_get(v, "id"), 1, OFFER_ID_LEN, o->id) : ERR_OK;
}

static enum err parse_title(const json_t *v, struct offer *o)
{
    return text_into(json_object_get(v, "title"), 1, OFFER_TITLE_MAX, o->title);
}

static enum err parse_kind(const json_t *v, struct offer *o)
{
    const char *s;
    enum err e = jsonx_str(v, "kind", 1, 16, &s);
    for (int k = OFFER_PERCENT; !e && k <= OFFER_FIXED; k++)
        if (!strcmp(s, kind_names[k]))
            o->kind = (enum offer_kind)k;
    return o->kind ? ERR_OK : ERR_BAD_VALUE;
}

static enum err parse_fen(const json_t *v, const char *key, int64_t min, int64_t *out)
{
    return jsonx_int(v, key, min, OFFER_FEN_MAX, out);
}

static enum err parse_rate(const json_t *v, struct offer *o)
{
    int64_t rate = 0;
    enum err e = o->kind == OFFER_PERCENT ? jsonx_int(v, "rate_bp", 1, BP, &rate) : ERR_OK;
    o->rate_bp = (int32_t)rate;
    return e;
}

static enum err parse_over(const json_t *v, struct offer *o)
{
    return o->kind == OFFER_OFF_OVER ? parse_fen(v, "over_fen", 1, &o->over_fen) : ERR_OK;
}

static enum err parse_off(const json_t *v, struct offer *o)
{
    if (o->kind != OFFER_OFF_OVER)
        return ERR_OK;
    enum err e = parse_fen(v, "off_fen", 1, &o->off_fen);
    /* More off than was spent is never what a union and a shop agreed: yuan and fen were mixed up. */
    return e ? e : o->off_fen > o->over_fen ? ERR_BAD_VALUE : ERR_OK;
}

static enum err parse_repeat(const json_t *v, struct offer *o)
{
    return o->kind == OFFER_OFF_OVER && jsonx_has(v, "repeat") ? jsonx_bool(v, "repeat", &o->repeat) : ERR_OK;
}

static enum err parse_price(const json_t *v, struct offer *o)
{
    return o->kind == OFFER_FIXED ? parse_fen(v, "price_fen", 1, &o->price_fen) : ERR_OK;
}

static enum err parse_cap(const json_t *v, struct offer *o)
{
    return jsonx_has(v, "cap_fen") ? parse_fen(v, "cap_fen", 0, &o->cap_fen) : ERR_OK;
}

static enum err parse_min(const json_t *v, struct offer *o)
{
    return jsonx_has(v, "min_fen") ? parse_fen(v, "min_fen", 0, &o->min_fen) : ERR_OK;
}

static enum err parse_day(const json_t *v, const char *key, int32_t *out)
{
    const char *s;
    if (!jsonx_has(v, key))
        return ERR_OK;
    enum err e = jsonx_str(v, key, TM_DAY_LEN, TM_DAY_LEN, &s);
    return e ? e : tm_day_parse(s, out) ? ERR_OK : ERR_BAD_VALUE;
}

static enum err parse_from(const json_t *v, struct offer *o)
{
    o->from_day = INT32_MIN;
    return parse_day(v, "from", &o->from_day);
}

static enum err parse_to(const json_t *v, struct offer *o)
{
    o->to_day = INT32_MAX;
    enum err e = parse_day(v, "to", &o->to_day);
    return e ? e : o->to_day < o->from_day ? ERR_BAD_VALUE : ERR_OK;
}

static enum err parse_weekdays(const json_t *v, struct offer *o)
{
    json_t *list, *d;
    size_t i;
    o->weekdays = 0x7f;
    if (!jsonx_has(v, "weekdays"))
        return ERR_OK;
    if (jsonx_arr(v, "weekdays", 7, &list) || json_array_size(list) == 0)
        return ERR_BAD_VALUE;
    o->weekdays = 0;
    json_array_foreach (list, i, d) {
        json_int_t n = json_is_integer(d) ? json_integer_value(d) : 0;
        if (n < 1 || n > 7 || o->weekdays & 1u << (n - 1))
            return ERR_BAD_VALUE;
        o->weekdays = (uint8_t)(o->weekdays | 1u << (n - 1));
    }
    return ERR_OK;
}

static bool two_digits(const char *s, int max, int *out)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
        return false;
    *out = (s[0] - '0') * 10 + s[1] - '0';
    return *out <= max;
}

/* "HH:MM", up to 24:00. */
static bool clock_time(const char *s, int *minute)
{
    int h, m;
    if (!two_digits(s, 24, &h) || s[2] != ':' || !two_digits(s + 3, 59, &m) || h * 60 + m > DAY_MIN)
        return false;
    *minute = h * 60 + m;
    return true;
}

static enum err parse_hours(const json_t *v, struct offer *o)
{
    json_t *list, *w;
    size_t i;
    if (!jsonx_has(v, "hours"))
        return ERR_OK;
    if (jsonx_arr(v, "hours", OFFER_WINDOWS, &list))
        return ERR_BAD_VALUE;
    json_array_foreach (list, i, w) {
        const char *s = json_string_value(w);
        int from, to;
        if (!s || json_string_length(w) != 11 || s[5] != '-' || !clock_time(s, &from) || !clock_time(s + 6, &to) ||
            from == DAY_MIN || from == to)
            return ERR_BAD_VALUE;
        o->hours[i].from_min = (int16_t)from;
        o->hours[i].to_min = (int16_t)to;
    }
    o->hours_cnt = json_array_size(list);
    return ERR_OK;
}

static enum err parse_categories(const json_t *v, const char *key, char (*out)[OFFER_CATEGORY_MAX + 1], size_t *cnt)
{
    json_t *list, *c;
    size_t i;
    if (!jsonx_has(v, key))
        return ERR_OK;
    if (jsonx_arr(v, key, OFFER_CATEGORIES, &list))
        return ERR_BAD_VALUE;
    json_array_foreach (list, i, c)
        if (text_into(c, 1, OFFER_CATEGORY_MAX, out[i]))
            return ERR_BAD_VALUE;
    *cnt = json_array_size(list);
    return ERR_OK;
}

static enum err parse_include(const json_t *v, struct offer *o)
{
    return parse_categories(v, "include", o->include, &o->include_cnt);
}

static enum err parse_exclude(const json_t *v, struct offer *o)
{
    return parse_categories(v, "exclude", o->exclude, &o->exclude_cnt);
}

static enum err parse_per_card(const json_t *v, struct offer *o)
{
    int64_t n = 0;
    enum err e = jsonx_has(v, "per_card_day") ? jsonx_int(v, "per_card_day", 0, PER_CARD_MAX, &n) : ERR_OK;
    o->per_card_day = (int32_t)n;
    return e;
}

static const struct unit {
    const char *name;
    enum offer_round round;
} units[] = {{"fen", OFFER_ROUND_FEN}, {"jiao", OFFER_ROUND_JIAO}, {"yuan", OFFER_ROUND_YUAN}};

static enum err parse_round(const json_t *v, struct offer *o)
{
    const char *s = "fen";
    if (jsonx_has(v, "round") && jsonx_str(v, "round", 1, 8, &s))
        return ERR_BAD_VALUE;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(s, units[i].name))
            o->round = units[i].round;
    return o->round ? ERR_OK : ERR_BAD_VALUE;
}

static enum err refuse(const char *name, char *why)
{
    if (why) {
        snprintf(why, OFFER_WHY, "%s", name);
        for (size_t n = strlen(why); n && !text_is_utf8(why, n);)
            why[--n] = 0;
        text_clean(why);
    }
    return ERR_BAD_VALUE;
}

enum err offer_parse(const json_t *v, struct offer *out, char *why)
{
    /* The kind comes first, for it decides which others are wanted; over before off, from before to. */
    static const struct {
        const char *name;
        enum err (*parse)(const json_t *, struct offer *);
    } steps[] = {{"kind", parse_kind}, {"id", parse_id}, {"title", parse_title}, {"rate_bp", parse_rate},
        {"over_fen", parse_over}, {"off_fen", parse_off}, {"repeat", parse_repeat}, {"price_fen", parse_price},
        {"cap_fen", parse_cap}, {"min_fen", parse_min}, {"from", parse_from}, {"to", parse_to},
        {"weekdays", parse_weekdays}, {"hours", parse_hours}, {"include", parse_include}, {"exclude", parse_exclude},
        {"per_card_day", parse_per_card}, {"round", parse_round}};
    struct offer o;
    const char *name;
    json_t *m;
    memset(&o, 0, sizeof o);
    if (!json_is_object(v))
        return refuse("", why);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].parse(v, &o))
            return refuse(steps[i].name, why);
    json_object_foreach ((json_t *)(uintptr_t)v, name, m)
        if (!member_allowed(name, m, o.kind))
            return refuse(name, why);
    *out = o;
    return ERR_OK;
}

/* --- and back -------------------------------------------------------------------------------------------------------
 */

static int set_fen(json_t *v, const char *key, int64_t fen)
{
    return fen ? json_object_set_new(v, key, json_integer(fen)) : 0;
}

static int set_day(json_t *v, const char *key, int32_t day, int32_t open)
{
    char s[TM_DAY_LEN + 1];
    tm_day_format(day, s);
    return day == open ? 0 : json_object_set_new(v, key, json_string(s));
}

static int set_weekdays(json_t *v, uint8_t days)
{
    if (days == 0x7f)
        return 0;
    json_t *list = json_array();
    int bad = 0;
    for (int d = 0; d < 7; d++)
        if (days & 1u << d)
            bad |= json_array_append_new(list, json_integer(d + 1));
    return bad | json_object_set_new(v, "weekdays", list);
}

static int set_hours(json_t *v, const struct offer *o)
{
    if (!o->hours_cnt)
        return 0;
    json_t *list = json_array();
    int bad = 0;
    for (size_t i = 0; i < o->hours_cnt; i++) {
        int from = o->hours[i].from_min, to = o->hours[i].to_min;
        bad |= json_array_append_new(list, json_sprintf("%02d:%02d-%02d:%02d", from / 60, from % 60, to / 60, to % 60));
    }
    return bad | json_object_set_new(v, "hours", list);
}

static int set_categories(json_t *v, const char *key, const char (*cats)[OFFER_CATEGORY_MAX + 1], size_t cnt)
{
    if (!cnt)
        return 0;
    json_t *list = json_array();
    int bad = 0;
    for (size_t i = 0; i < cnt; i++)
        bad |= json_array_append_new(list, json_string(cats[i]));
    return bad | json_object_set_new(v, key, list);
}

json_t *offer_to_json(const struct offer *o)
{
    const char *round = o->round == OFFER_ROUND_YUAN ? "yuan" : o->round == OFFER_ROUND_JIAO ? "jiao" : NULL;
    json_t *v = json_object();
    int bad = o->id[0] ? json_object_set_new(v, "id", json_string(o->id)) : 0;
    bad |= json_object_set_new(v, "title", json_string(o->title));
    bad |= json_object_set_new(v, "kind", json_string(kind_names[o->kind]));
    bad |= set_fen(v, "rate_bp", o->rate_bp);
    bad |= set_fen(v, "off_fen", o->off_fen) | set_fen(v, "over_fen", o->over_fen);
    bad |= o->repeat ? json_object_set_new(v, "repeat", json_true()) : 0;
    bad |=
        set_fen(v, "price_fen", o->price_fen) | set_fen(v, "cap_fen", o->cap_fen) | set_fen(v, "min_fen", o->min_fen);
    bad |= set_day(v, "from", o->from_day, INT32_MIN) | set_day(v, "to", o->to_day, INT32_MAX);
    bad |= set_weekdays(v, o->weekdays) | set_hours(v, o);
    bad |= set_categories(v, "include", o->include, o->include_cnt);
    bad |= set_categories(v, "exclude", o->exclude, o->exclude_cnt);
    bad |= set_fen(v, "per_card_day", o->per_card_day);
    bad |= round ? json_object_set_new(v, "round", json_string(round)) : 0;
    if (!bad)
        return v;
    json_decref(v);
    return NULL;
}

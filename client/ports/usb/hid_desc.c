/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/hid_desc.h"
#include <string.h>

/* Item prefixes without their size bits (section 6.2.2.2 and the tables of 6.2.2.4, 6.2.2.7, 6.2.2.8). */
enum {
    ITEM_INPUT = 0x80,
    ITEM_OUTPUT = 0x90,
    ITEM_COLLECTION = 0xA0,
    ITEM_FEATURE = 0xB0,
    ITEM_END_COLLECTION = 0xC0,
    ITEM_USAGE_PAGE = 0x04,
    ITEM_REPORT_SIZE = 0x74,
    ITEM_REPORT_ID = 0x84,
    ITEM_REPORT_COUNT = 0x94,
    ITEM_PUSH = 0xA4,
    ITEM_POP = 0xB4,
    ITEM_USAGE = 0x08,
    ITEM_USAGE_MIN = 0x18,
    ITEM_USAGE_MAX = 0x28,
    ITEM_DELIMITER = 0xA8,
    ITEM_LONG = 0xFE,
    COLLECTION_APPLICATION = 0x01,
    NO_APP = 0xFF,
};

struct item {
    uint8_t tag;  /* prefix without size bits */
    uint8_t size; /* 0, 1, 2 or 4 */
    uint32_t value;
};

struct globals {
    uint32_t page, size, count;
    uint8_t report_id;
};

struct range {
    uint32_t lo, hi;
    bool extended; /* carries its own page */
};

struct parser {
    struct hid_desc *d;
    struct globals g, pushed[HID_DESC_DEPTH];
    struct range usages[HID_DESC_USAGES];
    struct range min; /* waiting for its maximum */
    unsigned usage_cnt, pushed_cnt, depth;
    bool has_min, delimited, delimited_taken;
    uint8_t app;
};

/* Section 6.2.2.8: the page that a short usage belongs to is the one in force at the main item. */
static struct range resolve(const struct parser *p, struct range r)
{
    if (!r.extended) {
        r.lo = HID_USAGE(p->g.page, r.lo);
        r.hi = HID_USAGE(p->g.page, r.hi);
    }
    return r;
}

static enum err add_usage(struct parser *p, struct range r)
{
    if (r.hi < r.lo)
        return ERR_BAD_VALUE;
    if (p->delimited && p->delimited_taken)
        return ERR_OK;
    if (p->usage_cnt == HID_DESC_USAGES)
        return ERR_TOO_LARGE;
    p->usages[p->usage_cnt++] = r;
    p->delimited_taken = p->delimited;
    return ERR_OK;
}

static enum err local_item(struct parser *p, const struct item *it)
{
    struct range r = {it->value, it->value, it->size == 4};

    switch (it->tag) {
    case ITEM_USAGE:
        return add_usage(p, r);
    case ITEM_USAGE_MIN:
        p->min = r;
        p->has_min = true;
        return ERR_OK;
    case ITEM_USAGE_MAX:
        if (!p->has_min || p->min.extended != r.extended)
            return ERR_BAD_VALUE;
        p->has_min = false;
        r.lo = p->min.lo;
        return add_usage(p, r);
    case ITEM_DELIMITER:
        if (it->value > 1 || p->delimited == (it->value == 1))
            return ERR_BAD_VALUE;
        p->delimited = it->value == 1;
        p->delimited_taken = false;
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

static enum err report_id(struct parser *p, uint32_t id)
{
    if (id == 0 || id > 255 || p->d->report_bits[0])
        return ERR_BAD_VALUE;
    p->d->numbered = true;
    p->g.report_id = (uint8_t)id;
    return ERR_OK;
}

static enum err global_item(struct parser *p, const struct item *it)
{
    switch (it->tag) {
    case ITEM_USAGE_PAGE:
        if (it->value > 0xFFFF)
            return ERR_BAD_VALUE;
        p->g.page = it->value;
        return ERR_OK;
    case ITEM_REPORT_SIZE:
        p->g.size = it->value;
        return ERR_OK;
    case ITEM_REPORT_COUNT:
        p->g.count = it->value;
        return ERR_OK;
    case ITEM_REPORT_ID:
        return report_id(p, it->value);
    case ITEM_PUSH:
        if (p->pushed_cnt == HID_DESC_DEPTH)
            return ERR_TOO_LARGE;
        p->pushed[p->pushed_cnt++] = p->g;
        return ERR_OK;
    case ITEM_POP:
        if (!p->pushed_cnt)
            return ERR_BAD_VALUE;
        p->g = p->pushed[--p->pushed_cnt];
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

static enum err add_field(struct parser *p, struct range u, uint32_t flags, uint32_t count)
{
    struct hid_desc *d = p->d;
    uint32_t *bits = &d->report_bits[p->g.report_id];

    if (d->field_cnt == HID_DESC_FIELDS)
        return ERR_TOO_LARGE;
    d->fields[d->field_cnt++] = (struct hid_field){
        .usage = u.lo,
        .usage_max = u.hi,
        .flags = flags,
        .bit_offset = *bits,
        .bit_size = (uint16_t)p->g.size,
        .count = (uint16_t)count,
        .report_id = p->g.report_id,
        .app = p->app,
    };
    *bits += p->g.size * count;
    return ERR_OK;
}

/* Section 6.2.2.8: usages are given to the controls of a variable item in order; the last one serves all that remain.
 */
static enum err input_item(struct parser *p, uint32_t flags)
{
    static const struct range none = {0, 0, true};
    uint32_t left = p->g.count;
    unsigned i = 0;
    enum err e = ERR_OK;

    if (!p->g.size || !left)
        return ERR_OK;
    if (p->d->numbered && !p->g.report_id) /* a pop has taken the id away */
        return ERR_BAD_VALUE;
    if (p->g.size > UINT16_MAX || left > UINT16_MAX ||
        p->d->report_bits[p->g.report_id] + (uint64_t)p->g.size * left > HID_DESC_REPORT * 8)
        return ERR_TOO_LARGE;
    if (!p->usage_cnt || (flags & HID_INPUT_CONSTANT))
        return add_field(p, none, flags, left);
    if (!(flags & HID_INPUT_VARIABLE))
        return add_field(p, resolve(p, p->usages[0]), flags, left);
    while (!e && left) {
        struct range u = resolve(p, p->usages[i]);
        uint32_t span = u.hi - u.lo;
        uint32_t n = ++i < p->usage_cnt && span < left ? span + 1 : left;
        e = add_field(p, u, flags, n);
        left -= n;
    }
    return e;
}

static enum err begin_collection(struct parser *p, uint32_t type)
{
    struct hid_desc *d = p->d;

    if (p->depth == HID_DESC_DEPTH)
        return ERR_TOO_LARGE;
    if (p->depth++ == 0 && type == COLLECTION_APPLICATION) {
        if (d->app_cnt == HID_DESC_APPS)
            return ERR_TOO_LARGE;
        p->app = d->app_cnt;
        d->apps[d->app_cnt++] = p->usage_cnt ? resolve(p, p->usages[0]).lo : 0;
    }
    return ERR_OK;
}

static enum err main_item(struct parser *p, const struct item *it)
{
    enum err e = ERR_OK;

    if (p->delimited)
        return ERR_BAD_VALUE;
    if (it->tag == ITEM_INPUT)
        e = input_item(p, it->value);
    else if (it->tag == ITEM_COLLECTION)
        e = begin_collection(p, it->value);
    else if (it->tag == ITEM_END_COLLECTION) {
        if (!p->depth)
            return ERR_BAD_VALUE;
        if (--p->depth == 0)
            p->app = NO_APP;
    }
    p->usage_cnt = 0;
    p->has_min = false;
    return e;
}

/* Reads the item at *pos and moves behind it; long items (section 6.2.2.3) come out as an unknown local tag. */
static enum err next_item(const uint8_t *b, size_t len, size_t *pos, struct item *it)
{
    size_t at = *pos, size;

    *it = (struct item){.tag = b[at] & 0xFC, .size = 0, .value = 0};
    if (b[at] == ITEM_LONG) {
        if (len - at < 3 || len - at - 3 < b[at + 1])
            return ERR_BAD_VALUE;
        *it = (struct item){.tag = 0xF8, .size = 0, .value = 0};
        *pos = at + 3 + b[at + 1];
        return ERR_OK;
    }
    size = b[at] & 3u;
    if (size == 3)
        size = 4;
    if (len - at - 1 < size)
        return ERR_BAD_VALUE;
    for (size_t i = 0; i < size; i++)
        it->value |= (uint32_t)b[at + 1 + i] << (8 * i);
    it->size = (uint8_t)size;
    *pos = at + 1 + size;
    return ERR_OK;
}

enum err hid_desc_parse(struct hid_desc *d, const uint8_t *bytes, size_t len)
{
    struct parser p = {.d = d, .app = NO_APP};
    enum err e = ERR_OK;
    size_t pos = 0;

    memset(d, 0, sizeof *d);
    if (len > HID_DESC_BYTES)
        return ERR_TOO_LARGE;
    while (!e && pos < len) {
        struct item it;
        e = next_item(bytes, len, &pos, &it);
        if (e)
            break;
        switch (it.tag & 0x0C) {
        case 0x00:
            e = main_item(&p, &it);
            break;
        case 0x04:
            e = global_item(&p, &it);
            break;
        case 0x08:
            e = local_item(&p, &it);
            break;
        default:
            break;
        }
    }
    if (!e && (p.depth || p.delimited))
        e = ERR_BAD_VALUE;
    return e;
}

bool hid_desc_has_app(const struct hid_desc *d, uint32_t usage)
{
    for (unsigned i = 0; i < d->app_cnt; i++)
        if (d->apps[i] == usage)
            return true;
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/hid_pos.h"
#include "base/i18n.h"
#include <string.h>

enum {
    USAGE_AIM_1 = 0x8C00FB,
    USAGE_AIM_3 = 0x8C00FD,
    USAGE_DATA = 0x8C00FE,
    USAGE_MORE = 0x8C00FF,
    USAGE_BYTE_COUNT = 0x01003B,
    PROBE_TAIL = 8,       /* bytes of a 64-byte report that are not data, in every layout seen: 56 are */
    PROBE_MIN_BYTES = 16, /* an input report below this carries buttons, not text */
};

static bool in_scanner(const struct hid_desc *d, const struct hid_field *f)
{
    return f->app < d->app_cnt && d->apps[f->app] == HID_POS_SCANNER;
}

static const struct hid_field *find(const struct hid_desc *d, uint8_t report, uint32_t usage)
{
    for (unsigned i = 0; i < d->field_cnt; i++) {
        const struct hid_field *f = &d->fields[i];
        if (f->report_id == report && in_scanner(d, f) && usage >= f->usage && usage <= f->usage_max)
            return f;
    }
    return NULL;
}

static bool is_bytes(const struct hid_field *f)
{
    return f->bit_size == 8 && f->bit_offset % 8 == 0;
}

static uint16_t byte_of(const struct hid_desc *d, uint32_t bit)
{
    return (uint16_t)(bit / 8 + (d->numbered ? 1 : 0));
}

/* Three controls FB, FC, FD side by side, or one of three bytes. */
static void plan_aim(struct hid_pos_plan *p, const struct hid_desc *d)
{
    unsigned bytes = 0;
    uint32_t at = 0;

    for (unsigned i = 0; i < d->field_cnt && bytes < 3; i++) {
        const struct hid_field *f = &d->fields[i];
        if (f->report_id != p->report_id || !in_scanner(d, f) || !is_bytes(f) || f->usage < USAGE_AIM_1 ||
            f->usage_max > USAGE_AIM_3)
            continue;
        if (bytes && f->bit_offset != at + bytes * 8)
            return;
        if (!bytes)
            at = f->bit_offset;
        bytes += f->count;
    }
    if (bytes >= 3)
        p->aim_off = (int16_t)byte_of(d, at);
}

/* The byte count by its usage; where a device gives that byte another name, it is still the single byte at the head. */
static void plan_len(struct hid_pos_plan *p, const struct hid_desc *d)
{
    const struct hid_field *f = find(d, p->report_id, USAGE_BYTE_COUNT);

    for (unsigned i = 0; !f && i < d->field_cnt; i++) {
        const struct hid_field *g = &d->fields[i];
        if (g->report_id == p->report_id && in_scanner(d, g) && g->bit_offset == 0 && g->count == 1 &&
            !(g->flags & HID_INPUT_CONSTANT) && (g->usage < USAGE_AIM_1 || g->usage > USAGE_MORE))
            f = g;
    }
    if (f && is_bytes(f))
        p->len_off = (int16_t)byte_of(d, f->bit_offset);
}

/* Of a whole byte only bit 0 is defined by those who document it; the others are reserved. */
static void plan_more(struct hid_pos_plan *p, const struct hid_desc *d)
{
    const struct hid_field *f = find(d, p->report_id, USAGE_MORE);

    if (!f)
        return;
    p->more_off = (int16_t)byte_of(d, f->bit_offset);
    p->more_mask = (uint8_t)(1u << f->bit_offset % 8);
}

static bool plan_named(struct hid_pos_plan *p, const struct hid_desc *d)
{
    for (unsigned i = 0; i < d->field_cnt; i++) {
        const struct hid_field *f = &d->fields[i];
        if (!in_scanner(d, f) || f->usage != USAGE_DATA || !is_bytes(f))
            continue;
        p->report_id = f->report_id;
        p->data_off = byte_of(d, f->bit_offset);
        p->data_len = f->count;
        return true;
    }
    return false;
}

static bool plan_largest(struct hid_pos_plan *p, const struct hid_desc *d)
{
    uint32_t best = 0;

    for (unsigned i = 0; i < d->field_cnt; i++) {
        const struct hid_field *f = &d->fields[i];
        uint32_t bits = d->report_bits[f->report_id];
        if (in_scanner(d, f) && bits > best) {
            best = bits;
            p->report_id = f->report_id;
        }
    }
    p->probed = true;
    return best >= PROBE_MIN_BYTES * 8;
}

enum err hid_pos_plan_init(struct hid_pos_plan *plan, const struct hid_desc *d)
{
    struct hid_pos_plan p = {.numbered = d->numbered, .len_off = -1, .aim_off = -1, .more_off = -1, .more_mask = 1};
    uint32_t bytes;

    if (!hid_desc_has_app(d, HID_POS_SCANNER))
        return ERR_NOT_FOUND;
    if (plan_named(&p, d)) {
        plan_len(&p, d);
        plan_aim(&p, d);
        plan_more(&p, d);
    } else if (!plan_largest(&p, d)) {
        return ERR_BAD_VALUE;
    }
    bytes = byte_of(d, d->report_bits[p.report_id] + 7);
    if (bytes > HID_POS_REPORT)
        return ERR_BAD_VALUE;
    p.report_len = (uint16_t)bytes;
    *plan = p;
    return ERR_OK;
}

static bool is_aim(const char *s)
{
    bool letter = (s[1] >= 'A' && s[1] <= 'Z') || (s[1] >= 'a' && s[1] <= 'z');
    bool modifier = (s[2] >= '0' && s[2] <= '9') || (s[2] >= 'A' && s[2] <= 'Z') || (s[2] >= 'a' && s[2] <= 'z');

    return s[0] == ']' && letter && modifier;
}

/* A layout is credible if the length it reads ends on a byte of text: what looks like an AIM identifier may be text. */
static bool probe_fits(struct hid_pos_plan *p, const uint8_t *r, size_t n, size_t len_off, size_t data_off)
{
    size_t len;

    if (data_off >= n)
        return false;
    len = r[len_off];
    if (!len || len > p->data_len || data_off + len > n || !r[data_off + len - 1])
        return false;
    p->len_off = (int16_t)len_off;
    p->data_off = (uint16_t)data_off;
    return true;
}

/* The three layouts in the field: length, identifier, data; the same one byte further on; length, data. The last byte
 * says whether more comes. */
static bool probe(struct hid_pos_plan *p, const uint8_t *r, size_t n)
{
    size_t head = p->numbered ? 1 : 0;

    p->data_len = (uint16_t)(p->report_len - PROBE_TAIL);
    p->more_off = (int16_t)(p->report_len - 1);
    for (size_t shift = 0; shift < 2; shift++) {
        size_t at = head + shift;
        if (at + 4 <= n && is_aim((const char *)r + at + 1) && probe_fits(p, r, n, at, at + 4)) {
            p->aim_off = (int16_t)(at + 1);
            return true;
        }
    }
    return probe_fits(p, r, n, head, head + 1);
}

void hid_pos_init(struct hid_pos *p, const struct hid_pos_plan *plan)
{
    memset(p, 0, sizeof *p);
    p->plan = *plan;
}

static void wipe(struct hid_pos *p)
{
    explicit_bzero(p->text, sizeof p->text);
    memset(p->aim, 0, sizeof p->aim);
    p->len = 0;
}

/* skip: what still comes of this scan is to be swallowed, lest its tail pass for a scan of its own. */
static enum hid_pos_result drop(struct hid_pos *p, enum hid_pos_drop why, bool skip)
{
    wipe(p);
    p->why = why;
    p->phase = skip ? HID_POS_SKIPPING : HID_POS_IDLE;
    return HID_POS_DROPPED;
}

struct part {
    const uint8_t *data;
    size_t len;
    bool more;
};

/* One report taken apart; HID_POS_DROP_NONE if it is whole. A device may send less than its full report (HID 1.11, 8.4
 * knows no such thing, Linux fills up with zeros) as long as nothing that counts is missing. */
static enum hid_pos_drop dissect(const struct hid_pos_plan *p, const uint8_t *r, size_t n, struct part *out)
{
    size_t room = p->data_off < n ? n - p->data_off : 0;
    bool has_more = p->more_off >= 0 && (size_t)p->more_off < n;

    out->more = p->more_off >= 0 && (!has_more || (r[p->more_off] & p->more_mask));
    if (p->len_off >= 0 && (size_t)p->len_off >= n)
        return HID_POS_DROP_SHORT;
    if (p->len_off >= 0)
        out->len = r[p->len_off];
    else
        out->len = strnlen((const char *)r + (n - room), room < p->data_len ? room : p->data_len);
    if (out->len > p->data_len)
        return HID_POS_DROP_LENGTH;
    if (out->len > room || (p->more_off >= 0 && !has_more && out->len == p->data_len))
        return HID_POS_DROP_SHORT;
    if (!has_more)
        out->more = false;
    out->data = r + p->data_off;
    return HID_POS_DROP_NONE;
}

static void read_aim(struct hid_pos *p, const uint8_t *r, size_t n)
{
    int16_t off = p->layout.aim_off;

    if (off >= 0 && (size_t)off + 3 <= n && is_aim((const char *)r + off))
        memcpy(p->aim, r + off, 3);
}

static enum hid_pos_result finish(struct hid_pos *p)
{
    p->phase = HID_POS_IDLE;
    while (p->len && memchr("\r\n", p->text[p->len - 1], 3))
        p->len--;
    if (!p->aim[0] && p->len >= 3 && is_aim(p->text)) {
        memcpy(p->aim, p->text, 3);
        p->len -= 3;
        memmove(p->text, p->text + 3, p->len);
    }
    p->text[p->len] = 0;
    return p->len ? HID_POS_SCAN : HID_POS_NOTHING;
}

static void begin(struct hid_pos *p, const uint8_t *r, size_t n, int64_t now_ms)
{
    wipe(p);
    p->first_ms = now_ms;
    p->layout = p->plan;
    if (p->plan.probed && !probe(&p->layout, r, n)) {
        /* Not credible in any layout: let an empty report be empty and a wrong length be found. */
        p->layout.len_off = p->plan.numbered ? 1 : 0;
        p->layout.data_off = (uint16_t)(p->layout.len_off + 1);
    }
    read_aim(p, r, n);
}

static enum hid_pos_result take(struct hid_pos *p, const uint8_t *r, size_t n, int64_t now_ms)
{
    struct part part = {0};
    enum hid_pos_drop why;

    if (p->phase == HID_POS_IDLE)
        begin(p, r, n, now_ms);
    p->last_ms = now_ms;
    why = dissect(&p->layout, r, n, &part);
    if (p->phase == HID_POS_SKIPPING) {
        if (!part.more)
            p->phase = HID_POS_IDLE;
        return HID_POS_NOTHING;
    }
    if (!why && part.len > HID_POS_TEXT - p->len)
        why = HID_POS_DROP_SIZE;
    if (why)
        return drop(p, why, part.more);
    if (part.len)
        memcpy(p->text + p->len, part.data, part.len);
    p->len += part.len;
    if (!part.more)
        return finish(p);
    p->phase = HID_POS_JOINING;
    return HID_POS_NOTHING;
}

enum hid_pos_result hid_pos_feed(struct hid_pos *p, const uint8_t *report, size_t n, int64_t now_ms)
{
    enum hid_pos_result late = hid_pos_tick(p, now_ms), r;

    if (!n || (p->plan.numbered && report[0] != p->plan.report_id))
        return late;
    r = take(p, report, n, now_ms);
    return r == HID_POS_NOTHING ? late : r;
}

enum hid_pos_result hid_pos_tick(struct hid_pos *p, int64_t now_ms)
{
    bool joining = p->phase == HID_POS_JOINING;

    if (p->phase == HID_POS_IDLE || now_ms < hid_pos_deadline_ms(p))
        return HID_POS_NOTHING;
    if (joining)
        return drop(p, HID_POS_DROP_GAP, now_ms - p->last_ms < HID_POS_GAP_MS);
    p->phase = HID_POS_IDLE;
    return HID_POS_NOTHING;
}

int64_t hid_pos_deadline_ms(const struct hid_pos *p)
{
    int64_t gap = p->last_ms + HID_POS_GAP_MS, whole = p->first_ms + HID_POS_WHOLE_MS;

    if (p->phase == HID_POS_IDLE)
        return INT64_MAX;
    return p->phase == HID_POS_JOINING && whole < gap ? whole : gap;
}

enum hid_pos_result hid_pos_reset(struct hid_pos *p)
{
    bool joining = p->phase == HID_POS_JOINING;

    drop(p, joining ? HID_POS_DROP_DEVICE : HID_POS_DROP_NONE, false);
    return joining ? HID_POS_DROPPED : HID_POS_NOTHING;
}

const char *hid_pos_drop_text(enum hid_pos_drop why)
{
    switch (why) {
    case HID_POS_DROP_GAP:
        return N_("The rest of the scan did not come in time; scan again.");
    case HID_POS_DROP_SIZE:
        return N_("The code holds more text than any card; it was left out.");
    case HID_POS_DROP_LENGTH:
        return N_("The scanner sent a report that contradicts itself; scan again.");
    case HID_POS_DROP_SHORT:
        return N_("The scanner's report was cut off; scan again.");
    case HID_POS_DROP_DEVICE:
        return N_("The scanner failed or went away in mid-scan; scan again.");
    case HID_POS_DROP_NONE:
        break;
    }
    return "";
}

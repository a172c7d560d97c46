/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/hid_msr.h"
#include <string.h>

enum {
    PAGE = 0x8E,
    TRACK2_LENGTH = 0x8E0012,
    TRACK2_DATA = 0x8E0022,
    MAGTEK_PAGE = 0xFF00,
    MAGTEK_STATUS = 1, /* of track 2 */
    MAGTEK_LENGTH = 4,
    MAGTEK_DATA = 117,
    MAGTEK_TRACK = 110,
    REPORT_MAX = 1024,
};

static const struct hid_field *find(const struct hid_desc *d, uint32_t usage)
{
    for (unsigned i = 0; i < d->field_cnt; i++) {
        const struct hid_field *f = &d->fields[i];
        if (f->usage <= usage && usage <= f->usage_max && f->bit_size == 8 && f->bit_offset % 8 == 0 &&
            (f->flags & HID_INPUT_CONSTANT) == 0)
            return f;
    }
    return NULL;
}

static bool has_page(const struct hid_desc *d, unsigned page)
{
    for (unsigned i = 0; i < d->app_cnt; i++)
        if (d->apps[i] >> 16 == page)
            return true;
    return false;
}

/* Of a range of usages each control is one; of a single usage, all are. */
static uint32_t byte_of(const struct hid_desc *d, const struct hid_field *f, uint32_t usage)
{
    return f->bit_offset / 8 + (f->usage_max > f->usage ? usage - f->usage : 0) + (d->numbered ? 1 : 0);
}

enum err hid_msr_plan_init(struct hid_msr_plan *plan, const struct hid_desc *d)
{
    const struct hid_field *data = find(d, TRACK2_DATA), *length = find(d, TRACK2_LENGTH);
    struct hid_msr_plan p = {.numbered = d->numbered, .len_off = -1, .status_off = -1};
    uint32_t bytes;

    if (!has_page(d, PAGE))
        return ERR_NOT_FOUND;
    if (!data || data->usage_max != data->usage)
        return ERR_BAD_VALUE;
    p.report_id = data->report_id;
    bytes = (d->report_bits[p.report_id] + 7) / 8 + (d->numbered ? 1 : 0);
    if (bytes > REPORT_MAX)
        return ERR_BAD_VALUE;
    p.report_len = (uint16_t)bytes;
    p.data_off = (uint16_t)byte_of(d, data, TRACK2_DATA);
    p.data_len = data->count;
    if (length && length->report_id == p.report_id)
        p.len_off = (int16_t)byte_of(d, length, TRACK2_LENGTH);
    *plan = p;
    return ERR_OK;
}

enum err hid_msr_plan_magtek(struct hid_msr_plan *plan, const struct hid_desc *d)
{
    uint16_t head = d->numbered ? 1 : 0;
    struct hid_msr_plan p = {.numbered = d->numbered,
        .data_off = (uint16_t)(head + MAGTEK_DATA),
        .data_len = MAGTEK_TRACK,
        .len_off = (int16_t)(head + MAGTEK_LENGTH),
        .status_off = (int16_t)(head + MAGTEK_STATUS)};
    uint32_t best = 0;

    if (!has_page(d, MAGTEK_PAGE))
        return ERR_NOT_FOUND;
    for (unsigned i = 0; i < 256; i++)
        if (d->report_bits[i] > best) {
            best = d->report_bits[i];
            p.report_id = (uint8_t)i;
        }
    if (best / 8 < MAGTEK_DATA + MAGTEK_TRACK || best / 8 + head > REPORT_MAX)
        return ERR_BAD_VALUE;
    p.report_len = (uint16_t)((best + 7) / 8 + head);
    *plan = p;
    return ERR_OK;
}

static bool is_empty(const uint8_t *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r[i])
            return false;
    return true;
}

static bool is_ascii(const uint8_t *r, size_t n)
{
    return memchr(r, ';', n) && memchr(r, '?', n);
}

enum hid_msr_result hid_msr_read(
    const struct hid_msr_plan *p, const uint8_t *r, size_t n, char out[static TRACK2_PAN + 1])
{
    size_t head = p->numbered ? 1 : 0, room, len;

    if (n <= head || (p->numbered && r[0] != p->report_id) || is_empty(r + head, n - head))
        return HID_MSR_NOTHING;
    if (p->status_off >= 0 && ((size_t)p->status_off >= n || (r[p->status_off] & 1)))
        return HID_MSR_BAD;
    if (p->data_off >= n || (p->len_off >= 0 && (size_t)p->len_off >= n))
        return HID_MSR_BAD;
    room = n - p->data_off < p->data_len ? n - p->data_off : p->data_len;
    len = p->len_off >= 0 ? r[p->len_off] : room;
    if (len > room) /* cut off, or a lie */
        return HID_MSR_BAD;
    r += p->data_off;
    return (is_ascii(r, len) ? track2_text((const char *)r, len, out) : track2_raw(r, len, out)) ? HID_MSR_BAD
                                                                                                 : HID_MSR_SWIPE;
}

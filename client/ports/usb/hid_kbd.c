/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/hid_kbd.h"
#include <string.h>

enum {
    PAGE = 0x07,
    FIRST_MODIFIER = 0xE0,
    ROLLOVER = 0x01,
    LAST_ERROR = 0x03,
    KEY_CAPS = 0x39,
    LEFT_CTRL = 0x01,
    RIGHT_CTRL = 0x10,
    SHIFTS = 0x22,
    OTHERS = 0xDD, /* Ctrl, Alt and GUI of both sides */
    LETTERS = 26,
    REPORT_BITS = 1024 * 8,
};

const struct hid_kbd_plan hid_kbd_boot = {.report_len = 8, .mods_bit = 0, .keys_bit = 16, .key_cnt = 6};

/* Usages 04-38, plain and with shift: US layout (HID Usage Tables 1.12, table 12). */
static const char plain[] = "abcdefghijklmnopqrstuvwxyz1234567890\r\x1b\b\t -=[]\\#;'`,./";
static const char shifted[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\r\x1b\b\t _+{}|~:\"~<>?";
/* Usages 54-63: the keypad. */
static const char keypad[] = "/*-+\r1234567890.";

static bool is_keys(const struct hid_desc *d, const struct hid_field *f)
{
    bool keyboard = f->app < d->app_cnt && (d->apps[f->app] == HID_KBD_KEYBOARD || d->apps[f->app] == HID_KBD_KEYPAD);

    return keyboard && f->usage >> 16 == PAGE && !(f->flags & HID_INPUT_CONSTANT);
}

static void take_field(struct hid_kbd_plan *p, const struct hid_field *f, uint32_t head)
{
    uint32_t at = f->bit_offset + head;
    bool variable = f->flags & HID_INPUT_VARIABLE, bits = variable && f->bit_size == 1;
    uint16_t first = f->usage & 0xFFFF;

    if (bits && first == FIRST_MODIFIER && f->count == 8 && f->usage_max > f->usage) {
        p->mods_bit = (int32_t)at;
    } else if (bits && first < FIRST_MODIFIER && f->usage_max > f->usage && f->count <= HID_KBD_BITMAP - first) {
        p->bitmap = true;
        p->first_usage = first;
        p->keys_bit = at;
        p->key_cnt = f->count;
    } else if (!variable && f->bit_size == 8 && !p->key_cnt) {
        p->keys_bit = at;
        p->key_cnt = f->count < HID_KBD_KEYS ? f->count : HID_KBD_KEYS;
    }
}

enum err hid_kbd_plan_init(struct hid_kbd_plan *plan, const struct hid_desc *d)
{
    struct hid_kbd_plan p = {.numbered = d->numbered, .mods_bit = -1};
    bool found = false;
    uint32_t head = d->numbered ? 8 : 0;

    if (!hid_desc_has_app(d, HID_KBD_KEYBOARD) && !hid_desc_has_app(d, HID_KBD_KEYPAD))
        return ERR_NOT_FOUND;
    for (unsigned i = 0; i < d->field_cnt; i++) {
        const struct hid_field *f = &d->fields[i];
        if (!is_keys(d, f) || (found && f->report_id != p.report_id))
            continue;
        found = true;
        p.report_id = f->report_id;
        take_field(&p, f, head);
    }
    if (!p.key_cnt || d->report_bits[p.report_id] + head > REPORT_BITS)
        return ERR_BAD_VALUE;
    p.report_len = (uint16_t)((d->report_bits[p.report_id] + head + 7) / 8);
    *plan = p;
    return ERR_OK;
}

void hid_kbd_init(struct hid_kbd *k, const struct hid_kbd_plan *plan)
{
    memset(k, 0, sizeof *k);
    k->plan = *plan;
}

void hid_kbd_reset(struct hid_kbd *k)
{
    explicit_bzero(k->down, sizeof k->down);
}

/* Eight bits from that one on; what is not there is zero. */
static unsigned byte_at(const uint8_t *r, size_t n, uint32_t bit)
{
    size_t at = bit / 8;
    unsigned low = at < n ? r[at] : 0, high = at + 1 < n ? r[at + 1] : 0;

    return (low | high << 8) >> bit % 8 & 0xFF;
}

static bool is_down(const uint8_t *set, unsigned key)
{
    return set[key / 8] >> key % 8 & 1;
}

/* What the key types, 0 nothing. */
static char typed(struct hid_kbd *k, unsigned key, unsigned mods)
{
    bool shift = mods & SHIFTS;

    if (key == KEY_CAPS)
        k->caps = !k->caps;
    if (mods & OTHERS)
        return 0;
    if (key >= 0x04 && key < 0x04 + LETTERS)
        shift = shift != k->caps;
    if (key >= 0x04 && key - 0x04 < sizeof plain - 1)
        return shift ? shifted[key - 0x04] : plain[key - 0x04];
    return key >= 0x54 && key - 0x54 < sizeof keypad - 1 ? keypad[key - 0x54] : 0;
}

struct press {
    struct hid_kbd *k;
    unsigned mods;
    uint8_t now[HID_KBD_BITMAP / 8];
    char *out;
    size_t len;
};

static void press(struct press *p, unsigned key)
{
    char c;

    if (key <= LAST_ERROR || is_down(p->now, key))
        return;
    p->now[key / 8] |= (uint8_t)(1u << key % 8);
    if (is_down(p->k->down, key))
        return;
    c = typed(p->k, key, p->mods);
    if (c && p->len < HID_KBD_OUT)
        p->out[p->len++] = c;
}

size_t hid_kbd_feed(struct hid_kbd *k, const uint8_t *report, size_t n, char out[static HID_KBD_OUT])
{
    const struct hid_kbd_plan *p = &k->plan;
    struct press now = {.k = k, .out = out};

    if (!n || (p->numbered && report[0] != p->report_id))
        return 0;
    if (p->mods_bit >= 0)
        now.mods = byte_at(report, n, (uint32_t)p->mods_bit);
    for (unsigned i = 0; !p->bitmap && i < p->key_cnt; i++)
        if (byte_at(report, n, p->keys_bit + i * 8) == ROLLOVER)
            return 0;
    for (unsigned i = 0; i < p->key_cnt; i++)
        if (!p->bitmap)
            press(&now, byte_at(report, n, p->keys_bit + i * 8));
        else if (byte_at(report, n, p->keys_bit + i) & 1)
            press(&now, p->first_usage + i);
    memcpy(k->down, now.now, sizeof k->down);
    explicit_bzero(now.now, sizeof now.now);
    return now.len;
}

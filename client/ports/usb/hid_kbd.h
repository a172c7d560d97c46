/* SPDX-License-Identifier: Apache-2.0 */
/* Scanners that pretend to be keyboards (HID 1.11, appendix B and C; HID Usage Tables 1.12, page 07): reports in, typed bytes
 * out, by a fixed US table whatever the machine's own layout is. Boot reports, report protocol with ids, and bitmaps of keys.
 *
 *     struct hid_kbd k;
 *     hid_kbd_init(&k, &plan);
 *     n = hid_kbd_feed(&k, report, len, out);        bytes that were typed by this report, in order
 *
 * Pure. What ends a scan is decided by whoever gets the bytes (scan_line.h). */
#ifndef HUIKA_USB_HID_KBD_H
#define HUIKA_USB_HID_KBD_H
#include "client/ports/usb/hid_desc.h"

enum { HID_KBD_KEYS = 16, HID_KBD_BITMAP = 256, HID_KBD_OUT = HID_KBD_BITMAP };
#define HID_KBD_KEYBOARD HID_USAGE(0x01, 0x06)
#define HID_KBD_KEYPAD   HID_USAGE(0x01, 0x07)

/* Bits from the start of a report as it comes off the wire, the report id included. */
struct hid_kbd_plan {
    bool numbered;
    uint8_t report_id;
    uint16_t report_len;
    int32_t mods_bit;              /* eight modifiers, usages E0-E7; -1: none */
    uint32_t keys_bit;             /* array: key_cnt codes of 8 bits; bitmap: key_cnt bits */
    uint16_t key_cnt, first_usage; /* bitmap: usage of the first bit */
    bool bitmap;
};

struct hid_kbd {
    struct hid_kbd_plan plan;
    bool caps;
    uint8_t down[HID_KBD_BITMAP / 8]; /* keys that the last report had */
};

/* The boot report: modifiers, a reserved byte, six keys (HID 1.11, B.1). */
extern const struct hid_kbd_plan hid_kbd_boot;

/* ERR_NOT_FOUND: no keyboard or keypad application. ERR_BAD_VALUE: it has one, but no keys that could be read. */
enum err hid_kbd_plan_init(struct hid_kbd_plan *plan, const struct hid_desc *d);
void hid_kbd_init(struct hid_kbd *k, const struct hid_kbd_plan *plan);
/* Keys that are down now and were not before, as bytes; Enter is '\r', Tab '\t'. A report of rollover errors (01, HID 1.11, 8.3)
 * changes nothing; keys with Ctrl, Alt or GUI type nothing. Returns how many, at most HID_KBD_OUT. */
size_t hid_kbd_feed(struct hid_kbd *k, const uint8_t *report, size_t n, char out[static HID_KBD_OUT]);
/* Forgets what is pressed. */
void hid_kbd_reset(struct hid_kbd *k);
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of every kind as they are built, for tests: descriptors and reports, written from the devices' side; shares nothing
 * with the decoders under test. HID POS scanners stand in scanner.h. */
#ifndef HUIKA_TEST_KINDS_H
#define HUIKA_TEST_KINDS_H
#include "tests/usb/scanner.h"
#include <stdbool.h>
#include <stdlib.h>

enum { KIND_REPORT = 384, KIND_MSR_LEN = 229, KIND_MAGTEK_LEN = 337, KIND_TRACK2 = 40 };

/* clang-format off */
/* A stripe reader by usages: three length bytes, three tracks of 79, 40 and 107 characters (HID POS Usage Tables, page 8E). */
static const uint8_t kind_desc_msr[] = {0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
    0x95, 0x01, 0x09, 0x11, 0x81, 0x02, 0x09, 0x12, 0x81, 0x02, 0x09, 0x13, 0x81, 0x02,
    0x95, 0x4F, 0x09, 0x21, 0x82, 0x02, 0x01, 0x95, 0x28, 0x09, 0x22, 0x82, 0x02, 0x01,
    0x95, 0x6B, 0x09, 0x23, 0x82, 0x02, 0x01,
    0x06, 0x00, 0xFF, 0x09, 0x20, 0x95, 0x18, 0xB1, 0x02, 0xC0};
/* MagTek's: 337 bytes of vendor page FF00 that nothing says anything about, and a feature report. */
static const uint8_t kind_desc_magtek[] = {0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75,
    0x08, 0x96, 0x51, 0x01, 0x09, 0x20, 0x82, 0x02, 0x01, 0x95, 0x18, 0x09, 0x20, 0xB2, 0x02, 0x01, 0xC0};
/* A keyboard whose keys are a bitmap: report id 1, modifiers, 04-77. */
static const uint8_t kind_desc_bitmap[] = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x85, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29,
    0xE7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x19, 0x04, 0x29, 0x77, 0x95, 0x74, 0x81, 0x02,
    0x95, 0x04, 0x81, 0x03, 0xC0};
static const uint8_t kind_desc_mouse[] = {0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00, 0x05, 0x09, 0x19,
    0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x01,
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xC0, 0xC0};
/* A security key (FIDO CTAP 2.1, 11.2.8.2). */
static const uint8_t kind_desc_fido[] = {0x06, 0xD0, 0xF1, 0x09, 0x01, 0xA1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xFF,
    0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91,
    0x02, 0xC0};

#define KIND_DEVICE(vid, pid) \
    18, 1, 0x00, 0x02, 0, 0, 0, 64, (vid) & 0xFF, (vid) >> 8, (pid) & 0xFF, (pid) >> 8, 0x00, 0x01, 0, 1, 0, 1
#define KIND_CONFIG(bytes, interfaces) 9, 2, 9 + (bytes), 0, (interfaces), 1, 0, 0x80, 50
#define KIND_HID(n, subclass, protocol, desc, endpoint) \
    9, 4, (n), 0, 1, 3, (subclass), (protocol), 0, 9, 0x21, 0x11, 0x01, 0, 1, 0x22, sizeof(desc) & 0xFF, \
    sizeof(desc) >> 8, 7, 5, (endpoint), 3, 64, 0, 4
enum { KIND_HID_BYTES = 25 };

static const uint8_t kind_dev_keyboard[] = {KIND_DEVICE(0x05E0, 0x1200), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 1, 1, scanner_desc_keyboard, 0x81)};
static const uint8_t kind_dev_bitmap[] = {KIND_DEVICE(0x05E0, 0x1200), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 0, 0, kind_desc_bitmap, 0x81)};
static const uint8_t kind_dev_wedge[] = {KIND_DEVICE(0x0801, 0x0001), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 1, 1, scanner_desc_keyboard, 0x81)};
static const uint8_t kind_dev_msr[] = {KIND_DEVICE(0x0ACD, 0x0500), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 0, 0, kind_desc_msr, 0x81)};
static const uint8_t kind_dev_magtek[] = {KIND_DEVICE(0x0801, 0x0002), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 0, 0, kind_desc_magtek, 0x81)};
static const uint8_t kind_dev_both[] = {KIND_DEVICE(0x1209, 0x0001), KIND_CONFIG(2 * KIND_HID_BYTES, 2),
    KIND_HID(0, 0, 0, scanner_desc_aim, 0x81), KIND_HID(1, 0, 0, kind_desc_msr, 0x82)};
/* CDC: call management, ACM and union descriptors, a notification endpoint; a data interface with two bulk endpoints. */
static const uint8_t kind_dev_serial[] = {KIND_DEVICE(0x05E0, 0x0600), KIND_CONFIG(58, 2),
    9, 4, 0, 0, 1, 2, 2, 1, 0, 5, 0x24, 0, 0x10, 1, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1,
    7, 5, 0x83, 3, 8, 0, 16, 9, 4, 1, 0, 2, 0x0A, 0, 0, 0, 7, 5, 0x82, 2, 64, 0, 0, 7, 5, 0x02, 2, 64, 0, 0};
static const uint8_t kind_dev_honeywell[] = {KIND_DEVICE(0x0C2E, 0x0B61), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 0, 0, scanner_desc_aim, 0x81)};
/* A receipt printer, bidirectional (USB Printing Devices 1.1): bulk OUT, answers on bulk IN. */
static const uint8_t kind_dev_printer[] = {KIND_DEVICE(0x0416, 0x5011), KIND_CONFIG(23, 1),
    9, 4, 0, 0, 2, 7, 1, 2, 0, 7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0};
static const uint8_t kind_dev_youjie[] = {KIND_DEVICE(0x23D0, 0x0C80), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 0, 0, scanner_desc_aim, 0x81)};
/* An endpoint descriptor that claims to be longer than all that follows. */
static const uint8_t kind_dev_garbage[] = {KIND_DEVICE(0x0ACD, 0x0500), KIND_CONFIG(KIND_HID_BYTES, 1),
    9, 4, 0, 0, 1, 3, 0, 0, 0, 9, 0x21, 0x11, 0x01, 0, 1, 0x22, sizeof kind_desc_msr, 0, 200, 5, 0x81, 3, 64, 0, 4};
static const uint8_t kind_dev_mouse[] = {KIND_DEVICE(0x0525, 0xA4A6), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 1, 2, kind_desc_mouse, 0x81)};
static const uint8_t kind_dev_fido[] = {KIND_DEVICE(0x0525, 0xA4A7), KIND_CONFIG(KIND_HID_BYTES, 1),
    KIND_HID(0, 0, 0, kind_desc_fido, 0x81)};
static const uint8_t kind_dev_storage[] = {KIND_DEVICE(0x0525, 0xA4A5), KIND_CONFIG(23, 1),
    9, 4, 0, 0, 2, 8, 6, 0x50, 0, 7, 5, 0x81, 2, 64, 0, 0, 7, 5, 0x02, 2, 64, 0, 0};
static const uint8_t kind_dev_hub[] = {18, 1, 0x00, 0x02, 9, 0, 0, 64, 0x25, 0x05, 0xA8, 0xA4, 0x00, 0x01, 0, 1, 0, 1,
    KIND_CONFIG(16, 1), 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12};
/* clang-format on */

struct kind {
    const char *name;
    const uint8_t *descriptors;
    size_t descriptors_len;
    const uint8_t *report_desc[2]; /* of HID interfaces, else NULL */
    size_t report_desc_len[2];
    unsigned ours;               /* bit n: interface n may be claimed */
    const char *drivers[2];      /* that the kernel binds */
    uint8_t endpoint, endpoint2; /* where reports come from; the second interface's */
};

#define KIND_DESCS(d) d, sizeof(d)
static const struct kind kinds[] = {
    {"keyboard-scanner", KIND_DESCS(kind_dev_keyboard), {scanner_desc_keyboard}, {sizeof scanner_desc_keyboard}, 1,
        {"usbhid"}, 0x81, 0},
    {"bitmap-scanner", KIND_DESCS(kind_dev_bitmap), {kind_desc_bitmap}, {sizeof kind_desc_bitmap}, 1, {"usbhid"}, 0x81,
        0},
    {"wedge", KIND_DESCS(kind_dev_wedge), {scanner_desc_keyboard}, {sizeof scanner_desc_keyboard}, 1, {"usbhid"}, 0x81,
        0},
    {"msr", KIND_DESCS(kind_dev_msr), {kind_desc_msr}, {sizeof kind_desc_msr}, 1, {"usbhid"}, 0x81, 0},
    {"magtek", KIND_DESCS(kind_dev_magtek), {kind_desc_magtek}, {sizeof kind_desc_magtek}, 1, {"usbhid"}, 0x81, 0},
    {"both", KIND_DESCS(kind_dev_both), {scanner_desc_aim, kind_desc_msr},
        {sizeof scanner_desc_aim, sizeof kind_desc_msr}, 3, {"usbhid", "usbhid"}, 0x81, 0x82},
    {"serial", KIND_DESCS(kind_dev_serial), {NULL}, {0}, 3, {"cdc_acm", "cdc_acm"}, 0x82, 0},
    {"honeywell", KIND_DESCS(kind_dev_honeywell), {scanner_desc_aim}, {sizeof scanner_desc_aim}, 1, {"usbhid"}, 0x81,
        0},
    {"printer", KIND_DESCS(kind_dev_printer), {NULL}, {0}, 1, {"usblp"}, 0x82, 0},
    {"youjie", KIND_DESCS(kind_dev_youjie), {scanner_desc_aim}, {sizeof scanner_desc_aim}, 1, {"usbhid"}, 0x81, 0},
    {"garbage", KIND_DESCS(kind_dev_garbage), {kind_desc_msr}, {sizeof kind_desc_msr}, 1, {"usbhid"}, 0x81, 0},
    {"mouse", KIND_DESCS(kind_dev_mouse), {kind_desc_mouse}, {sizeof kind_desc_mouse}, 0, {"usbhid"}, 0x81, 0},
    {"fido", KIND_DESCS(kind_dev_fido), {kind_desc_fido}, {sizeof kind_desc_fido}, 0, {"usbhid"}, 0x81, 0},
    {"storage", KIND_DESCS(kind_dev_storage), {NULL}, {0}, 0, {"usb-storage"}, 0x81, 0},
    {"hub", KIND_DESCS(kind_dev_hub), {NULL}, {0}, 0, {"hub"}, 0x81, 0},
};

static inline const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

/* The key of a US keyboard that types c; 0: none. */
static inline uint8_t kind_key(char c, bool *shift)
{
    static const char low[] = "abcdefghijklmnopqrstuvwxyz1234567890\r\x1b\b\t -=[]\\\x01;'`,./";
    static const char high[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\x01\x01\x01\x01\x01_+{}|\x01:\"~<>?";
    const char *at = c == 1 ? NULL : strchr(low, c);

    *shift = !at;
    at = at ? at : strchr(high, c);
    return !c || c == 1 || !at ? 0 : (uint8_t)(4 + (at - (*shift ? high : low)));
}

/* One report of a boot keyboard; returns its length. */
static inline unsigned kind_key_report(uint8_t r[static KIND_REPORT], uint8_t key, bool shift)
{
    memset(r, 0, KIND_REPORT);
    r[0] = shift ? 0x02 : 0;
    r[2] = key;
    return 8;
}

static inline unsigned kind_bitmap_report(uint8_t r[static KIND_REPORT], uint8_t key, bool shift)
{
    memset(r, 0, KIND_REPORT);
    r[0] = 1;
    r[1] = shift ? 0x20 : 0;
    if (key)
        r[2 + (key - 4) / 8] = (uint8_t)(1u << (key - 4) % 8);
    return 17;
}

/* A swipe: track 2 as text with both sentinels. */
static inline unsigned kind_swipe_report(uint8_t r[static KIND_REPORT], const char *track2, bool magtek)
{
    size_t n = strlen(track2) < KIND_TRACK2 ? strlen(track2) : KIND_TRACK2;

    memset(r, 0, KIND_REPORT);
    r[magtek ? 4 : 1] = (uint8_t)n;
    if (magtek) {
        r[0] = r[2] = 1; /* tracks 1 and 3 did not decode, as with most bank cards */
        r[1] = n == 0;
    }
    memcpy(r + (magtek ? 117 : 3 + 79), track2, n);
    return magtek ? KIND_MAGTEK_LEN : KIND_MSR_LEN;
}
#endif

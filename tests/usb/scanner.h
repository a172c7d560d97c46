/* SPDX-License-Identifier: Apache-2.0 */
/* HID POS bar code scanners as they are built, for tests: report descriptors and reports of the layouts in the field.
 * Written from the devices' side; shares nothing with the decoder under test. */
#ifndef HUIKA_TEST_SCANNER_H
#define HUIKA_TEST_SCANNER_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SCANNER_REPORT = 64 };

/* clang-format off */
#define SCANNER_OPEN \
    0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01,       /* bar code scanner: application */ \
    0x85, 0x04, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x09, 0x60, 0xB1, 0x02, /* report 4: a feature, 8 bits */ \
    0x09, 0x12, 0xA1, 0x02, 0x85, 0x02,       /* scanned data report: id 2 */ \
    0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08
#define SCANNER_BYTE_COUNT 0x95, 0x01, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02, 0x05, 0x8C
#define SCANNER_AIM        0x95, 0x03, 0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD, 0x81, 0x02
#define SCANNER_DATA_56    0x95, 0x38, 0x09, 0xFE, 0x82, 0x02, 0x01
#define SCANNER_PAD(n)     0x95, (n), 0x81, 0x03
#define SCANNER_VENDOR     0x06, 0x66, 0xFF, 0x95, 0x01, 0x09, 0x04, 0x81, 0x02, 0x05, 0x8C
#define SCANNER_MORE_BYTE  0x95, 0x01, 0x09, 0xFF, 0x81, 0x02
#define SCANNER_MORE_BIT   0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0xFF, 0x81, 0x02, 0x95, 0x07, 0x81, 0x03
#define SCANNER_CLOSE      0xC0, 0xC0

/* [1] length [2..4] AIM identifier [5..60] data [63] bit 0 continued */
static const uint8_t scanner_desc_aim[] = {SCANNER_OPEN, SCANNER_BYTE_COUNT, SCANNER_AIM, SCANNER_DATA_56, SCANNER_PAD(2),
    SCANNER_MORE_BIT, SCANNER_CLOSE};
/* [1] length [2..57] data [62] vendor's symbology [63] continued */
static const uint8_t scanner_desc_plain[] = {SCANNER_OPEN, SCANNER_BYTE_COUNT, SCANNER_DATA_56, SCANNER_PAD(4),
    SCANNER_VENDOR, SCANNER_MORE_BYTE, SCANNER_CLOSE};
/* [1] vendor's byte [2] length [3..5] AIM identifier [6..61] data [63] continued */
static const uint8_t scanner_desc_shifted[] = {SCANNER_OPEN, SCANNER_VENDOR, SCANNER_BYTE_COUNT, SCANNER_AIM,
    SCANNER_DATA_56, SCANNER_PAD(1), SCANNER_MORE_BYTE, SCANNER_CLOSE};
/* The right application, and 63 bytes that nothing says anything about. */
static const uint8_t scanner_desc_opaque[] = {SCANNER_OPEN, 0x06, 0x66, 0xFF, 0x95, 0x3F, 0x09, 0x01, 0x81, 0x02,
    SCANNER_CLOSE};
/* A boot keyboard with LEDs (HID 1.11, appendix B.1). */
static const uint8_t scanner_desc_keyboard[] = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7,
    0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x05, 0x75,
    0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08,
    0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0};
/* clang-format on */

/* Offsets in a 64-byte report, the report id (2) at 0; -1: not there. */
struct scanner_layout {
    const char *name;
    const uint8_t *desc;
    size_t desc_len;
    int len_off, aim_off, data_off, more_off;
};

static const struct scanner_layout scanner_layouts[] = {
    {"aim", scanner_desc_aim, sizeof scanner_desc_aim, 1, 2, 5, 63},
    {"plain", scanner_desc_plain, sizeof scanner_desc_plain, 1, -1, 2, 63},
    {"shifted", scanner_desc_shifted, sizeof scanner_desc_shifted, 2, 3, 6, 63},
    {"opaque-aim", scanner_desc_opaque, sizeof scanner_desc_opaque, 1, 2, 5, 63},
    {"opaque-plain", scanner_desc_opaque, sizeof scanner_desc_opaque, 1, -1, 2, 63},
    {"opaque-shifted", scanner_desc_opaque, sizeof scanner_desc_opaque, 2, 3, 6, 63},
};
enum { SCANNER_LAYOUTS = 6, SCANNER_NAMED = 3, SCANNER_DATA = 56 };

static inline const struct scanner_layout *scanner_layout(const char *name)
{
    for (int i = 0; i < SCANNER_LAYOUTS; i++)
        if (!strcmp(scanner_layouts[i].name, name))
            return &scanner_layouts[i];
    return NULL;
}

/* One report with n <= 56 bytes of text; aim: three characters. */
static inline void scanner_report(const struct scanner_layout *l, uint8_t r[static SCANNER_REPORT], const char *aim,
    const char *text, size_t n, int more)
{
    memset(r, 0, SCANNER_REPORT);
    r[0] = 2;
    r[l->len_off] = (uint8_t)n;
    if (l->aim_off >= 0)
        memcpy(r + l->aim_off, aim, 3);
    memcpy(r + l->data_off, text, n);
    r[l->more_off] = (uint8_t)(more != 0);
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a HID report descriptor says: the applications of an interface and where in its input reports each usage stands
 * (Device Class Definition for HID 1.11, sections 5.4-5.8 and 6.2.2).
 *
 *     struct hid_desc d;
 *     if (!hid_desc_parse(&d, bytes, len) && hid_desc_has_app(&d, HID_USAGE(0x8C, 0x02)))
 *         ... walk d.fields[0..d.field_cnt) ...
 *
 * Pure: no I/O, no heap, every count bounded, so that any device may hand it any bytes. Output and feature items are
 * walked but not listed; physical units, designators and strings are skipped. */
#ifndef HUIKA_HID_DESC_H
#define HUIKA_HID_DESC_H
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HID_DESC_BYTES = 4096,  /* the longest descriptor that Linux accepts, too */
    HID_DESC_APPS = 16,     /* top-level application collections */
    HID_DESC_FIELDS = 256,  /* runs of input controls */
    HID_DESC_USAGES = 128,  /* local usages and ranges before one main item */
    HID_DESC_DEPTH = 16,    /* nested collections; pushed global states */
    HID_DESC_REPORT = 8192, /* bytes in one input report */
};

/* A usage with its page: page << 16 | id (section 6.2.2.8, "extended usage"). */
#define HID_USAGE(page, id) ((uint32_t)(page) << 16 | (uint32_t)(id))

/* Flags of an Input item that matter here (section 6.2.2.5). */
enum { HID_INPUT_CONSTANT = 0x01, HID_INPUT_VARIABLE = 0x02, HID_INPUT_BUFFERED = 0x100 };

/* A run of `count` equal controls that lie one behind the other. Of a variable item, control i has the usage
 * min(usage + i, usage_max); of an array (HID_INPUT_VARIABLE not set) each control holds an index into
 * usage..usage_max. Usage 0: padding, or the descriptor names none. */
struct hid_field {
    uint32_t usage, usage_max;
    uint32_t flags;
    uint32_t
        bit_offset; /* of the first control, from the start of the report's data: the report id byte is not counted */
    uint16_t bit_size; /* of one control */
    uint16_t count;
    uint8_t report_id; /* 0 while the interface has no report ids */
    uint8_t app;       /* index into apps; 0xFF outside any application collection */
};

struct hid_desc {
    bool numbered; /* each report begins with its report id, one byte (section 5.6) */
    uint8_t app_cnt;
    uint16_t field_cnt;
    uint32_t apps[HID_DESC_APPS];             /* usages of the top-level application collections, in order */
    uint32_t report_bits[256];                /* input data bits by report id, the id byte not counted */
    struct hid_field fields[HID_DESC_FIELDS]; /* in descriptor order */
};

/* Parses len bytes (borrowed). ERR_TOO_LARGE: beyond a bound above; ERR_BAD_VALUE: not a report descriptor (item cut
 * off, collections or delimiters not balanced, a pop without push, report id 0, a report id after fields without one).
 * Of a delimited set the first usage, the preferred one, is taken. Unknown and long items are skipped. *d is undefined
 * on error. */
enum err hid_desc_parse(struct hid_desc *d, const uint8_t *bytes, size_t len);
/* True if one of the top-level applications is that usage. */
bool hid_desc_has_app(const struct hid_desc *d, uint32_t usage);
#endif

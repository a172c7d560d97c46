/* SPDX-License-Identifier: Apache-2.0 */
/* HID POS bar code scanners (HID Point of Sale Usage Tables 1.02, page 0x8C): reports in, whole scans out.
 *
 *     struct hid_pos_plan plan;                 where the bytes are, once per device
 *     hid_pos_plan_init(&plan, &desc)
 *     struct hid_pos p;
 *     hid_pos_init(&p, &plan);
 *     switch (hid_pos_feed(&p, report, n, now)) {   for each report
 *     case HID_POS_SCAN: use p.text, p.len, p.aim
 *     case HID_POS_DROPPED: say hid_pos_drop_text(p.why)
 *     }
 *     hid_pos_tick(&p, now)                     when hid_pos_deadline_ms() has come
 *
 * Scans longer than a report come in several, all but the last marked "continued"; they are joined here, bounded in
 * size and time. Nothing is delivered that was not wholly received: when in doubt the scan is dropped, with a reason,
 * and the cashier scans again. Pure: no I/O, no clock, no heap. Not done here: what the text means (proto/scan). */
#ifndef HUIKA_HID_POS_H
#define HUIKA_HID_POS_H
#include "client/ports/usb/hid_desc.h"

enum {
    HID_POS_TEXT = 4096,     /* bytes in a scan */
    HID_POS_GAP_MS = 500,    /* between two reports of one scan; devices send them 1-10 ms apart */
    HID_POS_WHOLE_MS = 3000, /* from the first report of a scan to its last */
    HID_POS_REPORT = 1024,   /* bytes in one report, the largest interrupt packet (USB 2.0, 5.7.3) */
};
#define HID_POS_SCANNER HID_USAGE(0x8C, 0x02) /* the application that makes an interface a bar code scanner */

/* Byte offsets from the start of a report as it comes off the wire, the report id included. */
struct hid_pos_plan {
    bool numbered;     /* byte 0 is the report id */
    bool probed;       /* the descriptor names no fields: offsets are found in each scan's first report */
    uint8_t report_id; /* of scanned data; other reports are ignored */
    uint8_t more_mask; /* bits of the "continued" byte that count */
    uint16_t report_len;
    uint16_t data_off, data_len;
    int16_t len_off;  /* -1: no length, the text ends at the first NUL */
    int16_t aim_off;  /* -1: no AIM identifier */
    int16_t more_off; /* -1: scans are never continued */
};

enum hid_pos_result {
    HID_POS_NOTHING, /* not a scan report, an empty one, or the scan goes on */
    HID_POS_SCAN,    /* text, len and aim hold a whole scan until the next feed, tick or reset */
    HID_POS_DROPPED, /* a scan was lost; `why` says it */
};
enum hid_pos_drop {
    HID_POS_DROP_NONE,
    HID_POS_DROP_GAP,    /* the rest did not come in time */
    HID_POS_DROP_SIZE,   /* longer than HID_POS_TEXT */
    HID_POS_DROP_LENGTH, /* the report claims more bytes than it has room for */
    HID_POS_DROP_SHORT,  /* the report was cut off */
    HID_POS_DROP_DEVICE, /* the device went away or failed in mid-scan */
};

struct hid_pos {
    char text[HID_POS_TEXT + 1]; /* text[len] is 0; bytes as they came, which may be any, NUL included */
    size_t len;
    char aim[4]; /* AIM symbology identifier (ISO/IEC 15424), "]Q1" for a QR; "" if the device gave none */
    enum hid_pos_drop why;
    /* private */
    struct hid_pos_plan plan, layout; /* layout: the plan in force for the scan under way */
    enum hid_pos_phase { HID_POS_IDLE, HID_POS_JOINING, HID_POS_SKIPPING } phase;
    int64_t first_ms, last_ms;
};

/* Finds the fields by their usages: byte count 01:3B symbology identifiers 8C:FB-FD, decoded data 8C:FE,
 * continued 8C:FF. Where the scanner's application names no decoded data, the plan is to probe. ERR_NOT_FOUND: no
 * application HID_POS_SCANNER. ERR_BAD_VALUE: it has one, but no input report that could carry a scan. *plan is
 * untouched on error. */
enum err hid_pos_plan_init(struct hid_pos_plan *plan, const struct hid_desc *d);

/* Starts empty; *plan is copied. */
void hid_pos_init(struct hid_pos *p, const struct hid_pos_plan *plan);
/* One report as received, n bytes (0 allowed), at monotonic now_ms. Trailing CR, LF and NUL are cut off; an AIM
 * identifier at the head of the text moves to `aim` if the device has no field for it; an empty scan is nothing. */
enum hid_pos_result hid_pos_feed(struct hid_pos *p, const uint8_t *report, size_t n, int64_t now_ms);
/* Drops a scan whose rest did not come in time. */
enum hid_pos_result hid_pos_tick(struct hid_pos *p, int64_t now_ms);
/* When tick is due, monotonic ms; INT64_MAX while nothing is pending. */
int64_t hid_pos_deadline_ms(const struct hid_pos *p);
/* Forgets and wipes what is there: the device went. HID_POS_DROPPED if a scan was pending, else HID_POS_NOTHING. */
enum hid_pos_result hid_pos_reset(struct hid_pos *p);
/* A sentence for people, English (a gettext key). Static. */
const char *hid_pos_drop_text(enum hid_pos_drop why);
#endif

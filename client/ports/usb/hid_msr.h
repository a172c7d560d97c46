/* SPDX-License-Identifier: Apache-2.0 */
/* Magnetic stripe readers (HID POS Usage Tables 1.02, page 0x8E; MagTek's report of its own): one report, one swipe; of all
 * that a card's stripe says only the number of track 2 is looked for. Pure. The report is the caller's to wipe. */
#ifndef HUIKA_USB_HID_MSR_H
#define HUIKA_USB_HID_MSR_H
#include "client/ports/usb/hid_desc.h"
#include "client/ports/usb/track2.h"

/* Byte offsets from the start of a report as it comes off the wire, the report id included. */
struct hid_msr_plan {
    bool numbered;
    uint8_t report_id;
    uint16_t report_len;
    uint16_t data_off, data_len; /* track 2 */
    int16_t len_off;             /* its length; -1: none, it ends at the end sentinel */
    int16_t status_off;          /* MagTek: bit 0 set if track 2 did not decode; -1: none */
};

/* By usages 8E:12 (length) and 8E:22 (data). ERR_NOT_FOUND: no application of page 8E. ERR_BAD_VALUE: it names no track 2. */
enum err hid_msr_plan_init(struct hid_msr_plan *plan, const struct hid_desc *d);
/* MagTek's: statuses at 0-2, lengths at 3-5, track 2 at 117, 110 bytes each. ERR_NOT_FOUND: no application of page FF00;
 * ERR_BAD_VALUE: its report is too short. */
enum err hid_msr_plan_magtek(struct hid_msr_plan *plan, const struct hid_desc *d);

enum hid_msr_result {
    HID_MSR_NOTHING, /* another report, or an empty one */
    HID_MSR_SWIPE,   /* out holds the number */
    HID_MSR_BAD,     /* a swipe that could not be read */
};
/* One report of n bytes. `out` is touched for HID_MSR_SWIPE only. */
enum hid_msr_result hid_msr_read(
    const struct hid_msr_plan *p, const uint8_t *r, size_t n, char out[static TRACK2_PAN + 1]);
#endif

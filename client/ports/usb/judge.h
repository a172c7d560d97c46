/* SPDX-License-Identifier: Apache-2.0 */
/* Is this device a bar code scanner? Answered from sysfs and report descriptors alone; nothing is opened. */
#ifndef HUIKA_USB_JUDGE_H
#define HUIKA_USB_JUDGE_H
#include "client/ports/usb/hid_pos.h"
#include "client/ports/usb/sysfs.h"

/* In rising order of interest. */
enum judgement {
    JUDGE_NO,        /* not a scanner */
    JUDGE_SENSELESS, /* a HID interface whose report descriptor cannot be understood */
    JUDGE_TAKEN,     /* a program has the HID interface, so nobody can tell */
    JUDGE_UNKNOWN,   /* no kernel driver that would tell, and no boot keyboard or mouse (HID 1.11, 4.2-4.3) */
    JUDGE_YES,       /* a scanner */
};

/* A report descriptor, len bytes. *plan is set for JUDGE_YES; JUDGE_NO and JUDGE_SENSELESS are the other answers. */
enum judgement judge_desc(const uint8_t *bytes, size_t len, struct hid_pos_plan *plan);
/* The most interesting interface of the device that sysfs_device_read(root, path, s) found: *interface is its number
 * (set unless JUDGE_NO), *plan as above. */
enum judgement judge_device(
    const char *root, const char *path, const struct sysfs_device *s, uint8_t *interface, struct hid_pos_plan *plan);
#endif

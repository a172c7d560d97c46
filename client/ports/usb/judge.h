/* SPDX-License-Identifier: Apache-2.0 */
/* What of this device is ours, and by which driver? Answered from sysfs and report descriptors alone; nothing is opened. */
#ifndef HUIKA_USB_JUDGE_H
#define HUIKA_USB_JUDGE_H
#include "client/ports/usb/driver.h"

enum { JUDGE_PORTS = 4 };

/* In rising order of interest. */
enum judgement {
    JUDGE_NO,        /* not ours */
    JUDGE_SENSELESS, /* a HID interface whose report descriptor cannot be understood */
    JUDGE_TAKEN,     /* a program has the HID interface, so nobody can tell */
    JUDGE_UNKNOWN, /* of a known maker, no kernel driver that would tell, and no boot keyboard or mouse (HID 1.11, 4.2-4.3) */
    JUDGE_YES,
};

struct judge_port {
    const struct usb_driver *driver; /* NULL for JUDGE_UNKNOWN: ask the interface in `claim` for its descriptor */
    struct usb_claim claim;
};

struct judge {
    enum judgement best;
    enum usb_why why;  /* unless JUDGE_YES or JUDGE_UNKNOWN: what it is instead */
    bool unsettled;    /* an interface has no kernel driver yet, or is not listed yet */
    unsigned port_cnt; /* JUDGE_YES: all that are ours; JUDGE_UNKNOWN: one */
    struct judge_port ports[JUDGE_PORTS];
};

/* The device that sysfs_device_read(root, path, s) found. `known`: its line in devices.tsv, NULL none. */
void judge_device(
    const char *root, const char *path, const struct sysfs_device *s, const struct known *known, struct judge *out);
/* One HID interface (s->interfaces[at]) by a report descriptor that it was asked for. JUDGE_YES with *out, or JUDGE_NO or
 * JUDGE_SENSELESS with *why. */
enum judgement judge_desc(
    const struct usb_look *look, const uint8_t *desc, size_t len, struct judge_port *out, enum usb_why *why);
#endif

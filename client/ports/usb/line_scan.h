/* SPDX-License-Identifier: Apache-2.0 */
/* What drivers of byte streams share: a scan_line whose scans and losses go to the port. */
#ifndef HUIKA_USB_LINE_SCAN_H
#define HUIKA_USB_LINE_SCAN_H
#include "client/ports/usb/driver.h"
#include "client/ports/usb/scan_line.h"

struct line_scan {
    struct usb_port *port;
    bool swipes; /* the device reads stripes: lines are tracks (track2.h), not codes */
    struct scan_line line;
};

/* However late it comes: silence ends a scan in line_scan_tick alone, lest this machine's own pauses do. */
void line_scan_add(struct line_scan *s, const char *bytes, size_t n, int64_t now_ms);
void line_scan_tick(struct line_scan *s, int64_t now_ms);
/* Half a scan is lost, and said to be. */
void line_scan_lost(struct line_scan *s);
#endif

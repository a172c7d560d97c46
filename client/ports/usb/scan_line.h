/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that come one by one, from a serial port or a keyboard, into scans: CR, LF, Tab or an idle gap ends one. How long a gap: until a
 * device has shown that it ends its scans with nothing, there is patience, so that a machine that stood still cuts no scan in two.
 *
 *     for each byte: if (scan_line_add(&l, c, now) == SCAN_LINE_WHOLE) use l.text, l.len
 *     when scan_line_deadline_ms() has come: scan_line_tick(&l, now), likewise
 *
 * Empty lines are nothing, so CRLF ends one scan, not two. Pure. */
#ifndef HUIKA_USB_SCAN_LINE_H
#define HUIKA_USB_SCAN_LINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_LINE_TEXT = 4096,
    SCAN_LINE_PATIENCE_MS = 1000, /* silence that ends a scan */
    SCAN_LINE_GAP_MS = 200,       /* the same once a scan ended so; keys come 8-16 ms apart, slow settings 50 ms */
    SCAN_LINE_WHOLE_MS = 20000,
};

enum scan_line_result {
    SCAN_LINE_NOTHING,
    SCAN_LINE_WHOLE, /* text[0..len) until the next add, tick or reset; text[len] is 0 */
    SCAN_LINE_LONG,  /* more text than any card; what follows up to the end is skipped */
};

struct scan_line {
    char text[SCAN_LINE_TEXT + 1];
    size_t len;
    char aim[4]; /* AIM identifier taken off the head of the text, "" if it had none */
    /* private */
    bool done, skipping;
    bool silent; /* the last scan ended with nothing */
    int64_t first_ms, last_ms;
};

enum scan_line_result scan_line_add(struct scan_line *l, char c, int64_t now_ms);
enum scan_line_result scan_line_tick(struct scan_line *l, int64_t now_ms);
/* Monotonic ms; INT64_MAX while nothing is pending. */
int64_t scan_line_deadline_ms(const struct scan_line *l);
/* Wipes; how scans end stays known. True if half a scan was lost. */
bool scan_line_reset(struct scan_line *l);
#endif

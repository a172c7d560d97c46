/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of the QR engine in, scan reports out (layout: proto/reader_report.h).
 *
 *     scan_init(&s);
 *     while (!scan_full(&s) && bytes are there) scan_byte(&s, c);     from the UART's ring
 *     scan_silence(&s, ms);                                           each turn: how long the engine has been silent
 *     if (scan_full(&s) && the endpoint is free) { send s.report; scan_sent(&s); }
 *
 * A text longer than one report goes out while it comes in. When its end is lost (overrun, bad frame, half a code, too
 * long) the host is not told an end, so it drops what it has after half a second; until then nothing new is begun. */
#ifndef HUIKA_FW_SCAN_H
#define HUIKA_FW_SCAN_H
#include "proto/reader_report.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    SCAN_IDLE_MS = 50,    /* silence that ends a scan where nothing else does; the engine's bytes are 1 ms apart */
    SCAN_HALF_MS = 300,   /* silence that makes a scan half a code */
    SCAN_FORGET_MS = 700, /* silence after which a host has dropped what it will never get the end of */
};

enum scan_event { SCAN_NOTHING, SCAN_GOOD, SCAN_DROPPED };

struct scan {
    uint8_t report[READER_SCAN_LEN]; /* ready to send when full; text is collected in its place */
    uint8_t len;                     /* text bytes in it */
    uint8_t framing;                 /* READER_FRAME_ */
    bool aim;                        /* the engine puts an AIM identifier first */
    bool full;
    bool held;       /* a byte waits for the next report */
    uint8_t byte;    /* that one */
    bool skipping;   /* until SCAN_FORGET_MS of silence */
    uint16_t before; /* text bytes of this scan in earlier reports */
};

/* Empty; READER_FRAME_LINE, AIM identifiers taken off. */
void scan_init(struct scan *s);
/* Only while !scan_full(s). What the byte led to. */
enum scan_event scan_byte(struct scan *s, uint8_t c);
/* The UART lost something: overrun, framing error, full ring. */
enum scan_event scan_lost(struct scan *s);
/* The last byte came `ms` ago and the ring is empty. */
enum scan_event scan_silence(struct scan *s, uint16_t ms);
bool scan_full(const struct scan *s);
/* The report has been handed over: it is wiped, and a byte that waited takes its place in the next. */
void scan_sent(struct scan *s);
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The reader itself: takes what the interrupts collected, decides, answers the host. The one piece that knows all
 * others; firmware/avr/main.c drives it, tests drive it the same way.
 *
 *     reader_init(&r, button_is_held, started_after_fault);
 *     for (;;) {
 *         reader_interval(&r, channel, ticks) ...   all there are; READER_GAP where edges were lost
 *         reader_byte(&r, c) ...                    while reader_wants_byte(&r)
 *         lamps = reader_tick(&r, &quiet)           once each millisecond
 *         if (scan endpoint is free)   reader_scan_report(&r, out)
 *         if (stripe endpoint is free) reader_msr_packet(&r, out)
 *     }
 *
 * A card's data lives from its last edge until its report has left, READER_KEEP_MS at most if the host does not ask;
 * then it is wiped. */
#ifndef HUIKA_FW_READER_H
#define HUIKA_FW_READER_H
#include "firmware/core/ep0.h"
#include "firmware/core/f2f.h"
#include "firmware/core/report.h"
#include "firmware/core/scan.h"
#include "firmware/core/settings.h"
#include "firmware/core/ui.h"

enum {
    READER_CHANNELS = 2, /* track 2; track 1 or 3 */
    READER_T2_BITS = 256,
    READER_TX_BITS = 576,
    READER_STILL_MS = 9,   /* without an edge, longer than any interval of a swipe: it is looked at, */
    READER_SWIPE_MS = 20,  /* and is over */
    READER_NOISE = 60,     /* fewer intervals than this are no attempt to swipe */
    READER_KEEP_MS = 5000, /* a report that the host does not fetch */
    READER_GAP = 0         /* an interval's value where edges were lost */
};

struct reader_stats { /* saturating; the order of the feature report */
    uint16_t swipes_good, swipes_bad, scans_good, scans_dropped, bus_resets, faults;
};

struct reader {
    struct f2f f2f[READER_CHANNELS];
    struct hand hand; /* of track 2 */
    uint8_t t2_bits[READER_T2_BITS / 8], tx_bits[READER_TX_BITS / 8];
    uint16_t edges; /* intervals of the swipe under way, both channels */
    struct report_msr msr;
    bool looked;       /* at the bits: msr holds what they are, hand is being judged */
    uint8_t msr_at;    /* bytes of the report that have left */
    bool msr_full;     /* a report is leaving; intervals are ignored meanwhile */
    uint16_t keep_ms;  /* how long it has been waiting, */
    uint16_t scan_ms;  /* and how long a scan report has */
    uint16_t boot_ms;  /* left of the window for READER_BOOT_ID */
    bool boot_granted; /* the host may have the boot loader */
    struct settings settings;
    struct scan scan;
    struct ui ui;
    struct reader_stats stats;
};

/* How long each source has been quiet, in milliseconds, saturating. */
struct reader_quiet {
    uint16_t head, engine;
};

void reader_init(struct reader *r, bool button_held, bool after_fault);
void reader_interval(struct reader *r, uint8_t channel, uint16_t ticks);
bool reader_wants_byte(const struct reader *r);
void reader_byte(struct reader *r, uint8_t c);
void reader_engine_lost(struct reader *r);
/* A millisecond has passed; `quiet` since the last edge and byte that were handed in. What is on, a set of UI_. */
uint8_t reader_tick(struct reader *r, const struct reader_quiet *quiet);
/* The bus was reset: half a report is worth nothing. */
void reader_bus_reset(struct reader *r);
/* The host sleeps or has let go of the reader: what was read for it is wiped. */
void reader_host_gone(struct reader *r);

/* Writes READER_SCAN_LEN bytes and forgets them; false if there is no report. */
bool reader_scan_report(struct reader *r, uint8_t out[READER_SCAN_LEN]);
/* The next packet of the stripe report, at most 64 bytes; 0: none. With the last one the card is wiped. */
uint8_t reader_msr_packet(struct reader *r, uint8_t out[64]);

/* Feature reports, for core/ep0.h; ctx is the reader. */
uint8_t reader_feature_get(void *ctx, uint8_t id, uint8_t *out);
bool reader_feature_set(void *ctx, uint8_t id, const uint8_t *in, uint8_t len);
#endif

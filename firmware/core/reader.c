/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/reader.h"
#include "firmware/core/desc.h"

enum { T2 = 0, TX = 1, PACKET = DESC_EP_SIZE, PASSES_A_TICK = 2 };

static void count(uint16_t *n)
{
    *n = (uint16_t)(*n + (*n < UINT16_MAX));
}

static void forget_swipe(struct reader *r)
{
    f2f_init(&r->f2f[T2], r->t2_bits, READER_T2_BITS);
    f2f_init(&r->f2f[TX], r->tx_bits, READER_TX_BITS);
    hand_init(&r->hand);
    r->f2f[T2].hand = &r->hand;
    report_msr_init(&r->msr);
    r->edges = 0;
    r->looked = false;
    r->msr_at = 0;
    r->msr_full = false;
    r->keep_ms = 0;
}

static void apply_mode(struct reader *r)
{
    r->ui.quiet = r->settings.flags & READER_MODE_QUIET;
    r->scan.aim = r->settings.flags & READER_MODE_AIM;
    r->scan.framing = r->settings.framing;
}

void reader_init(struct reader *r, bool button_held, bool after_fault)
{
    *r = (struct reader){.boot_ms = button_held ? READER_BOOT_WINDOW_MS : 0};
    forget_swipe(r);
    scan_init(&r->scan);
    ui_init(&r->ui);
    settings_load(&r->settings);
    apply_mode(r);
    if (after_fault) {
        count(&r->stats.faults);
        ui_fault(&r->ui);
    }
}

void reader_interval(struct reader *r, uint8_t channel, uint16_t ticks)
{
    if (r->msr_full)
        return;
    count(&r->edges);
    if (ticks == READER_GAP)
        f2f_gap(&r->f2f[channel]);
    else
        f2f_feed(&r->f2f[channel], ticks);
}

/* ISO/IEC 7813: one behind the number. Two bits make one of many a digit. */
static bool has_one_separator(const struct track *t)
{
    uint8_t n = 0;

    for (uint8_t i = 1; i < t->len; i++)
        n = (uint8_t)(n + (track_char(t, i) == '='));
    return n < 2;
}

static bool find(struct reader *r, uint8_t channel, enum track_width width, uint8_t number)
{
    const struct f2f *f = &r->f2f[channel];
    struct track t;

    return track_find(&t, f->bits, f->cnt, width) && (number != 2 || has_one_separator(&t)) &&
           report_msr_put(&r->msr, number, &t);
}

/* What the bits say; the interrupts are quiet by now, and any interval from here on is a gap. */
static void look_at_bits(struct reader *r)
{
    r->looked = true;
    report_msr_init(&r->msr);
    if (!find(r, T2, TRACK_DIGITS, 2))
        r->hand.verdict = HAND_UNEVEN;
    if (f2f_is_even(&r->f2f[TX]) && !find(r, TX, TRACK_LETTERS, 1))
        find(r, TX, TRACK_DIGITS, 3);
}

static void end_swipe(struct reader *r)
{
    if (!r->looked)
        look_at_bits(r);
    while (hand_judge(&r->hand) == HAND_BUSY)
        ;
    if (r->hand.verdict != HAND_EVEN)
        r->msr.track[1].len = 0;
    if (r->msr.track[0].len || r->msr.track[1].len || r->msr.track[2].len) {
        count(&r->stats.swipes_good);
        ui_good(&r->ui);
        r->msr_full = true;
        r->keep_ms = 0;
        return;
    }
    if (r->edges >= READER_NOISE) {
        count(&r->stats.swipes_bad);
        ui_bad(&r->ui);
    }
    forget_swipe(r);
}

/* The hand is judged while the swipe may still go on, so that all is known when it does not. */
static void follow_swipe(struct reader *r, uint16_t quiet_ms)
{
    if (r->msr_full || !r->edges || quiet_ms < READER_STILL_MS)
        return;
    if (quiet_ms >= READER_SWIPE_MS)
        end_swipe(r);
    else if (!r->looked)
        look_at_bits(r);
    else
        for (uint8_t i = 0; i < PASSES_A_TICK; i++)
            hand_judge(&r->hand);
}

static void note_scan(struct reader *r, enum scan_event e)
{
    if (e == SCAN_GOOD) {
        count(&r->stats.scans_good);
        ui_good(&r->ui);
    } else if (e == SCAN_DROPPED) {
        count(&r->stats.scans_dropped);
        ui_bad(&r->ui);
    }
}

bool reader_wants_byte(const struct reader *r)
{
    return !scan_full(&r->scan);
}

void reader_byte(struct reader *r, uint8_t c)
{
    note_scan(r, scan_byte(&r->scan, c));
}

void reader_engine_lost(struct reader *r)
{
    note_scan(r, scan_lost(&r->scan));
}

uint8_t reader_tick(struct reader *r, const struct reader_quiet *quiet)
{
    if (r->boot_ms)
        r->boot_ms--;
    if (r->msr_full && ++r->keep_ms == READER_KEEP_MS)
        forget_swipe(r);
    r->scan_ms = scan_full(&r->scan) ? (uint16_t)(r->scan_ms + 1) : 0;
    if (r->scan_ms == READER_KEEP_MS)
        note_scan(r, scan_lost(&r->scan));
    follow_swipe(r, quiet->head);
    note_scan(r, scan_silence(&r->scan, quiet->engine));
    settings_poll(&r->settings);
    return ui_tick(&r->ui);
}

void reader_host_gone(struct reader *r)
{
    forget_swipe(r);
    if (r->scan.len || r->scan.before)
        note_scan(r, scan_lost(&r->scan));
}

void reader_bus_reset(struct reader *r)
{
    count(&r->stats.bus_resets);
    reader_host_gone(r);
}

bool reader_scan_report(struct reader *r, uint8_t out[READER_SCAN_LEN])
{
    if (!scan_full(&r->scan))
        return false;
    for (uint8_t i = 0; i < READER_SCAN_LEN; i++)
        out[i] = r->scan.report[i];
    scan_sent(&r->scan);
    r->scan_ms = 0;
    return true;
}

uint8_t reader_msr_packet(struct reader *r, uint8_t out[64])
{
    uint8_t n = 0;

    if (!r->msr_full)
        return 0;
    while (n < PACKET && r->msr_at < READER_MSR_LEN)
        out[n++] = report_msr_byte(&r->msr, r->msr_at++);
    if (r->msr_at == READER_MSR_LEN)
        forget_swipe(r);
    return n;
}

static uint8_t get_stats(const struct reader_stats *s, uint8_t *out)
{
    const uint16_t *v = (const uint16_t *)s;

    for (uint8_t i = 0; i < READER_STATS_LEN / 2; i++) {
        out[2 * i] = (uint8_t)v[i];
        out[2 * i + 1] = (uint8_t)(v[i] >> 8);
    }
    return READER_STATS_LEN;
}

uint8_t reader_feature_get(void *ctx, uint8_t id, uint8_t *out)
{
    const struct reader *r = ctx;

    switch (id) {
    case READER_MODE_ID:
        out[0] = r->settings.flags;
        out[1] = r->settings.framing;
        return READER_MODE_LEN;
    case READER_VERSION_ID:
        out[0] = DESC_VERSION_MAJOR;
        out[1] = DESC_VERSION_MINOR;
        out[2] = DESC_VERSION_PATCH;
        out[3] = DESC_BOARD;
        return READER_VERSION_LEN;
    case READER_STATS_ID:
        return get_stats(&r->stats, out);
    case READER_UNIT_ID:
        for (uint8_t i = 0; i < READER_UNIT_LEN; i++)
            out[i] = r->settings.unit[i];
        return settings_has_unit(&r->settings) ? READER_UNIT_LEN : 0;
    default:
        return 0;
    }
}

static bool set_mode(struct reader *r, const uint8_t *in)
{
    if ((in[0] & ~READER_MODE_FLAGS) || in[1] >= READER_FRAME_CNT)
        return false;
    settings_mode(&r->settings, in[0], in[1]);
    apply_mode(r);
    return true;
}

static bool set_boot(struct reader *r, const uint8_t *in)
{
    static const char magic[] = READER_BOOT_MAGIC;

    for (uint8_t i = 0; i < READER_BOOT_LEN; i++)
        if (in[i] != (uint8_t)magic[i])
            return false;
    if (!r->boot_ms)
        return false;
    r->boot_granted = true;
    ui_host(&r->ui, UI_LOADER);
    return true;
}

bool reader_feature_set(void *ctx, uint8_t id, const uint8_t *in, uint8_t len)
{
    struct reader *r = ctx;

    if (id == READER_BEEP_ID && len == READER_BEEP_LEN && in[0] >= 1 && in[0] <= READER_BEEP_MAX) {
        ui_beep(&r->ui, in[0]);
        return true;
    }
    if (id == READER_MODE_ID && len == READER_MODE_LEN)
        return set_mode(r, in);
    if (id == READER_UNIT_ID && len == READER_UNIT_LEN)
        return r->boot_ms && settings_unit(&r->settings, in);
    return id == READER_BOOT_ID && len == READER_BOOT_LEN && set_boot(r, in);
}

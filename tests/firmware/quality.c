/* SPDX-License-Identifier: Apache-2.0 */
/* How well swipes are read: by speed and noise beside a plain decoder with a fixed threshold, and how often a damaged
 * swipe gives a wrong number.
 *
 *     quality [--clean N] [--damaged N] [--seed S] [--paired 1]
 *
 * A damaged swipe that, measured by the hand's true speed, is in every interval within the 15 % that have to be read of another
 * payment card (swipe_judge) is that card's recording: listed, whether it was read as that, and not counted. Every other wrong
 * number is wrong. Exit 1 if less than 99 % of swipes with 15 % jitter and 30 % change of speed are read, or if more than
 * WRONG_MILLION of a million damaged swipes give a wrong number, each by more than chance allows (three standard deviations). Why
 * that is not nothing: docs/decisions/022. --paired: only the classes that can give one. */
#include "firmware/core/reader.h"
#include "tests/firmware/fake_port.h"
#include "tests/firmware/swipe.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 256, WANTED_PERCENT = 99, WRONG_MILLION = 60, BINS = 8 };
#define NOISE 0.15
enum outcome { READ, REJECTED, WRONG, OUTCOMES };
enum decoder { OURS, PLAIN, DECODERS };

struct tally {
    uint64_t n[DECODERS][OUTCOMES];
    uint64_t other[DECODERS][OUTCOMES]; /* of swipes that are another card's recording; WRONG: read as that card */
};
/* How far the worst interval of a wrong swipe was beyond NOISE, in percent of its ideal; the last bin is open. */
static const double beyond[BINS - 1] = {0, 0.25, 0.5, 1, 2, 3, 5};
static uint64_t wrong_beyond[BINS], wrong_faster;

/* The decoder one would write first: the cell from the first zeros, then one threshold for all. */
static uint16_t plain_bits(const struct swipe *s, uint8_t *bits)
{
    double cell = 0;
    uint16_t cnt = 0;
    bool half = false, data = false;

    memset(bits, 0, BITS / 8);
    for (unsigned i = 4; i < 12 && i + 1 < s->cnt; i++)
        cell += swipe_ticks(s, i) / 8.0;
    for (unsigned i = 12; i + 1 < s->cnt && cnt < BITS; i++) {
        bool is_half = swipe_ticks(s, i) < 0.75 * cell;
        if (is_half && !half) {
            half = true;
            continue;
        }
        data |= half;
        bits[cnt >> 3] |= (uint8_t)(half << (cnt & 7));
        cnt += data;
        half = false;
    }
    return cnt;
}

static bool plain_text(const struct swipe *s, char text[SWIPE_TEXT])
{
    uint8_t bits[BITS / 8];
    uint16_t cnt = plain_bits(s, bits);
    struct track t;

    memset(text, 0, SWIPE_TEXT);
    if (!track_find(&t, bits, cnt, TRACK_DIGITS) || t.len >= SWIPE_TEXT)
        return false;
    for (uint8_t i = 0; i < t.len; i++)
        text[i] = track_char(&t, i);
    return true;
}

/* What the host would be told, by the whole reader. */
static bool our_text(const struct swipe *s, char text[SWIPE_TEXT])
{
    static const struct reader_quiet over = {READER_SWIPE_MS, 1000};
    static struct reader r;
    static bool started;
    uint8_t report[READER_MSR_LEN + 64];
    unsigned n = 0;

    memset(text, 0, SWIPE_TEXT);
    if (!started) {
        fake_port_init();
        reader_init(&r, false, false);
        started = true;
    }
    for (unsigned i = 0; i + 1 < s->cnt; i++)
        reader_interval(&r, 0, swipe_ticks(s, i));
    reader_tick(&r, &over);
    for (uint8_t len; (len = reader_msr_packet(&r, report + n)) != 0; n += len)
        ;
    if (n)
        memcpy(text, report + READER_MSR_T2_AT, report[2]);
    return n && report[2];
}

static enum outcome judge(const char *text, const struct swipe_card *c)
{
    return !*text ? REJECTED : strcmp(text, c->text) ? WRONG : READ;
}

static void read_both(const struct swipe *s, char text[DECODERS][SWIPE_TEXT])
{
    our_text(s, text[OURS]);
    plain_text(s, text[PLAIN]);
}

static void one_clean(struct swipe_rng *r, const struct swipe_how *how, uint64_t n[DECODERS][OUTCOMES])
{
    struct swipe_card card;
    struct swipe s;
    struct swipe_how h = *how;
    char text[DECODERS][SWIPE_TEXT];

    swipe_card(&card, r);
    h.back = swipe_u32(r) & 1;
    swipe_make(&s, &card, &h, r);
    read_both(&s, text);
    for (int d = 0; d < DECODERS; d++)
        n[d][judge(text[d], &card)]++;
}

static bool beyond_chance(double seen, double share, double of)
{
    return seen > share * of + 3 * sqrt(share * of);
}

/* Rows of speed and noise; false if the one that is promised is not reached. */
static bool clean(uint64_t swipes, uint64_t seed)
{
    static const double speeds[] = {10, 20, 40, 80, 150}, jitters[] = {0, 0.05, 0.10, 0.15, 0.20, 0.25};
    struct swipe_rng r;
    bool good = true;

    swipe_seed(&r, seed);
    printf("read, of %llu swipes each, speed changing by up to 30 %% within the swipe (plain: fixed threshold)\n",
        (unsigned long long)swipes);
    printf("  jitter +-  ");
    for (size_t v = 0; v < sizeof speeds / sizeof *speeds; v++)
        printf("   %3.0f cm/s  plain", speeds[v]);
    printf("\n");
    for (size_t j = 0; j < sizeof jitters / sizeof *jitters; j++) {
        printf("  %5.0f %%    ", jitters[j] * 100);
        for (size_t v = 0; v < sizeof speeds / sizeof *speeds; v++) {
            struct swipe_how how = {.cm_s = speeds[v], .change = 0.3, .jitter = jitters[j]};
            uint64_t n[DECODERS][OUTCOMES] = {{0}};
            for (uint64_t i = 0; i < swipes; i++)
                one_clean(&r, &how, n);
            printf("  %8.3f%% %5.1f%%", 100.0 * (double)n[OURS][READ] / (double)swipes,
                100.0 * (double)n[PLAIN][READ] / (double)swipes);
            if ((jitters[j] < 0.155 &&
                    beyond_chance((double)(swipes - n[OURS][READ]), 1 - WANTED_PERCENT / 100.0, (double)swipes)) ||
                n[OURS][WRONG])
                good = false;
        }
        printf("\n");
    }
    return good;
}

static void note_wrong(const struct swipe_verdict *v)
{
    unsigned bin = 0;

    while (bin < BINS - 1 && 100 * (v->off - NOISE) > beyond[bin])
        bin++;
    wrong_beyond[bin]++;
    wrong_faster += v->off > NOISE && (1 + v->slowest) / (1 + v->fastest) <= (1 + NOISE) / (1 - NOISE);
}

static bool paired_only;

static enum swipe_damage damage_of(uint64_t i)
{
    if (paired_only)
        return (enum swipe_damage)(SWIPE_PAIRED_MOVED + i % (SWIPE_DAMAGES - SWIPE_PAIRED_MOVED));
    return i % 1000 == 999 ? SWIPE_FORGED : (enum swipe_damage)(i % SWIPE_DAMAGES);
}

static void damaged(uint64_t swipes, uint64_t seed, struct tally t[SWIPE_DAMAGES + 1])
{
    struct swipe_rng r;

    swipe_seed(&r, seed + 1);
    for (uint64_t i = 0; i < swipes; i++) {
        struct swipe_how how = {
            .cm_s = swipe_uniform(&r, 10, 150), .change = 0.3, .jitter = swipe_uniform(&r, 0, NOISE)};
        enum swipe_damage d = damage_of(i);
        char text[DECODERS][SWIPE_TEXT];
        struct swipe_verdict v;
        struct swipe_card card;
        struct swipe s;
        bool other;
        swipe_card(&card, &r);
        how.back = swipe_u32(&r) & 1;
        swipe_make(&s, &card, &how, &r);
        swipe_damage(&s, &card, d, &r);
        read_both(&s, text);
        swipe_judge(&s, NOISE, &v);
        other = *v.text && strcmp(v.text, card.text);
        for (int k = 0; k < DECODERS; k++) {
            enum outcome o = judge(text[k], &card);
            if (other && (o == REJECTED || !strcmp(text[k], v.text)))
                t[d].other[k][o]++;
            else
                t[d].n[k][o]++;
            if (k == OURS && o == WRONG && !(other && !strcmp(text[k], v.text)))
                note_wrong(&v);
        }
    }
}

/* The share that, were it true, would give `k` or fewer of `n` in one case of twenty (Clopper and Pearson, one-sided). */
static double bound(uint64_t k, uint64_t n)
{
    double lo = 0, hi = 1;

    if (!n)
        return 1;
    for (int turn = 0; turn < 60; turn++) {
        double p = (lo + hi) / 2, sum = 0, nn = (double)n;
        for (uint64_t i = 0; i <= k && i < n; i++) {
            double ii = (double)i;
            sum += exp(lgamma(nn + 1) - lgamma(ii + 1) - lgamma(nn - ii + 1) + ii * log(p) + (nn - ii) * log1p(-p));
        }
        *(sum > 0.05 ? &lo : &hi) = p;
    }
    return hi;
}

static void row(const char *name, const struct tally *t)
{
    const uint64_t *o = t->n[OURS], *e = t->other[OURS];
    uint64_t counted = o[READ] + o[REJECTED] + o[WRONG], swipes = counted + e[REJECTED] + e[WRONG];

    printf("  %-22s %9llu %7llu %9llu %6llu  %8.1e %8llu %8llu  %8llu\n", name, (unsigned long long)swipes,
        (unsigned long long)o[READ], (unsigned long long)o[REJECTED], (unsigned long long)o[WRONG],
        bound(o[WRONG], counted), (unsigned long long)e[WRONG], (unsigned long long)e[REJECTED],
        (unsigned long long)t->n[PLAIN][WRONG]);
}

static bool report(const struct tally t[SWIPE_DAMAGES + 1])
{
    struct tally all = {0};
    const uint64_t *o = all.n[OURS];
    double share = WRONG_MILLION / 1e6;

    printf(
        "damaged swipes, 10-150 cm/s, jitter up to 15 %%; the last columns: another card's recording, and the plain "
        "decoder\n"
        "  class                     swipes    read  rejected  wrong  95 %% bound  read as  rejected  plain wrong\n");
    for (int d = 0; d <= SWIPE_DAMAGES; d++) {
        row(swipe_damage_name((enum swipe_damage)d), &t[d]);
        for (size_t i = 0; i < sizeof all / sizeof(uint64_t); i++)
            ((uint64_t *)&all)[i] += ((const uint64_t *)&t[d])[i];
    }
    row("all", &all);
    printf("  wrong, by how far the worst interval was beyond 15 %% of its ideal:");
    for (unsigned i = 0; i < BINS - 1; i++)
        printf(" to %g %%: %llu,", beyond[i], (unsigned long long)wrong_beyond[i]);
    printf(" more: %llu\n", (unsigned long long)wrong_beyond[BINS - 1]);
    printf("  wrong that would be within 15 %% had the hand been a little faster or slower throughout: %llu\n",
        (unsigned long long)wrong_faster);
    if (paired_only)
        share *= (double)SWIPE_DAMAGES / (SWIPE_DAMAGES - SWIPE_PAIRED_MOVED);
    return !beyond_chance((double)o[WRONG], share, (double)(o[READ] + o[REJECTED] + o[WRONG])) &&
           all.n[PLAIN][WRONG] > 0;
}

int main(int argc, char **argv)
{
    uint64_t n_damaged = 200000, n_clean = 500, seed = 20260131;
    static struct tally t[SWIPE_DAMAGES + 1];
    bool good;

    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t v = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--damaged"))
            n_damaged = v;
        else if (!strcmp(argv[i], "--clean"))
            n_clean = v;
        else if (!strcmp(argv[i], "--seed"))
            seed = v;
        else if (!strcmp(argv[i], "--paired"))
            paired_only = v;
        else
            return 2;
    }
    printf("seed %llu\n", (unsigned long long)seed);
    good = clean(n_clean, seed);
    damaged(n_damaged, seed, t);
    return report(t) && good ? 0 : 1;
}

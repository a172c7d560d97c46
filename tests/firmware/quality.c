/* SPDX-License-Identifier: Apache-2.0 */
/* How well swipes are read: by speed and noise beside a plain decoder with a fixed threshold, and how often a damaged
 * swipe gives a wrong number, which must be never.
 *
 *     quality [--damaged N] [--clean N] [--seed S] [--doubt PERCENT]
 *
 * A damage that turns bits round can make another card's recording of a card's. Such swipes (swipe_is_other) are listed apart,
 * as no decoder that reads worn cards can reject them. Exit 1 if less than 99 % of swipes with 15 % jitter and 30 % change of speed are read, or one number is wrong. */
#include "firmware/core/f2f.h"
#include "firmware/core/track.h"
#include "tests/firmware/swipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BITS = 256, JOBS = 2, WANTED_PERCENT = 99 };
enum outcome { READ, REJECTED, WRONG, OUTCOMES };
enum decoder { OURS, PLAIN, DECODERS };

struct tally {
    uint64_t n[DECODERS][SWIPE_DAMAGES + 1][OUTCOMES];
    uint64_t other[DECODERS][SWIPE_DAMAGES + 1][OUTCOMES]; /* of swipes that are another card's recording now */
};

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

static uint16_t our_bits(const struct swipe *s, uint8_t *bits)
{
    struct f2f f;

    f2f_init(&f, bits, BITS);
    for (unsigned i = 0; i + 1 < s->cnt; i++)
        f2f_feed(&f, swipe_ticks(s, i));
    return f2f_is_even(&f) ? f.cnt : 0;
}

static enum outcome judge(const struct swipe *s, const struct swipe_card *c, enum decoder d)
{
    uint8_t bits[BITS / 8];
    uint16_t cnt = d == OURS ? our_bits(s, bits) : plain_bits(s, bits);
    struct track t;

    if (!track_find(&t, bits, cnt, TRACK_DIGITS))
        return REJECTED;
    for (uint8_t i = 0; i < t.len; i++)
        if (track_char(&t, i) != c->text[i])
            return WRONG;
    return c->text[t.len] ? WRONG : READ;
}

static void one_clean(struct swipe_rng *r, const struct swipe_how *how, uint64_t n[DECODERS][OUTCOMES])
{
    struct swipe_card card;
    struct swipe s;
    struct swipe_how h = *how;

    swipe_card(&card, r);
    h.back = swipe_u32(r) & 1;
    swipe_make(&s, &card, &h, r);
    for (int d = 0; d < DECODERS; d++)
        n[d][judge(&s, &card, (enum decoder)d)]++;
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
            if ((jitters[j] < 0.155 && n[OURS][READ] * 100 < swipes * WANTED_PERCENT) || n[OURS][WRONG])
                good = false;
        }
        printf("\n");
    }
    return good;
}

static double doubt = SWIPE_DOUBT;

static void damaged(uint64_t swipes, uint64_t seed, struct tally *t)
{
    struct swipe_rng r;

    swipe_seed(&r, seed);
    for (uint64_t i = 0; i < swipes; i++) {
        struct swipe_how how = {
            .cm_s = swipe_uniform(&r, 10, 150), .change = 0.3, .jitter = swipe_uniform(&r, 0, 0.15)};
        enum swipe_damage d = (enum swipe_damage)(i % SWIPE_DAMAGES);
        struct swipe_card card;
        struct swipe s, before;
        bool other;
        if (i % 1000 == 999)
            d = SWIPE_FORGED;
        swipe_card(&card, &r);
        how.back = swipe_u32(&r) & 1;
        swipe_make(&s, &card, &how, &r);
        before = s;
        swipe_damage(&s, &card, d, &r);
        other = d >= SWIPE_PAIRED_MOVED && swipe_is_other(&before, &s, &card, doubt);
        for (int k = 0; k < DECODERS; k++)
            (other ? t->other : t->n)[k][d][judge(&s, &card, (enum decoder)k)]++;
    }
}

/* Over JOBS processes; their tallies come back through pipes. */
static void damaged_in_parallel(uint64_t swipes, uint64_t seed, struct tally *sum)
{
    int pipes[JOBS][2];

    fflush(stdout);
    for (int j = 0; j < JOBS; j++) {
        if (pipe(pipes[j]))
            exit(3);
        if (!fork()) {
            struct tally t = {0};
            damaged(swipes / JOBS, seed + 1 + (uint64_t)j, &t);
            _exit(write(pipes[j][1], &t, sizeof t) != sizeof t);
        }
    }
    for (int j = 0; j < JOBS; j++) {
        struct tally t;
        if (read(pipes[j][0], &t, sizeof t) != sizeof t)
            exit(3);
        for (size_t i = 0; i < sizeof t / sizeof(uint64_t); i++)
            ((uint64_t *)sum)[i] += ((uint64_t *)&t)[i];
        wait(NULL);
    }
}

/* Swipes that are another card's recording: listed, for honesty, and counted for nothing. */
static void report_others(const struct tally *t)
{
    printf("of them another card's recording, told by the hand's true speed    read as it  rejected\n");
    for (int d = 0; d <= SWIPE_DAMAGES; d++) {
        const uint64_t *o = t->other[OURS][d];
        if (o[READ] + o[REJECTED] + o[WRONG])
            printf("  %-58s %16llu %9llu\n", swipe_damage_name((enum swipe_damage)d), (unsigned long long)o[WRONG],
                (unsigned long long)o[REJECTED]);
    }
}

static bool report(const struct tally *t)
{
    uint64_t all = 0, wrong = 0, plain = 0;

    printf("damaged swipes, 10-150 cm/s, jitter up to 15 %%        read  rejected  wrong   plain: read    wrong\n");
    for (int d = 0; d <= SWIPE_DAMAGES; d++) {
        const uint64_t *o = t->n[OURS][d], *p = t->n[PLAIN][d];
        printf("  %-42s %12llu %9llu %6llu  %12llu %8llu\n", swipe_damage_name((enum swipe_damage)d),
            (unsigned long long)o[READ], (unsigned long long)o[REJECTED], (unsigned long long)o[WRONG],
            (unsigned long long)p[READ], (unsigned long long)p[WRONG]);
        all += o[READ] + o[REJECTED] + o[WRONG];
        wrong += o[WRONG];
        plain += p[WRONG];
    }
    printf("  %llu damaged swipes, %llu wrong (plain decoder: %llu)", (unsigned long long)all,
        (unsigned long long)wrong, (unsigned long long)plain);
    if (!wrong)
        printf("; 95 %% bound 3/n = %.1e\n", 3.0 / (double)all);
    else
        printf("\n");
    report_others(t);
    return wrong == 0 && plain > 0;
}

int main(int argc, char **argv)
{
    uint64_t n_damaged = 200000, n_clean = 500, seed = 20260131;
    struct tally t = {0};
    bool good;

    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t v = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--damaged"))
            n_damaged = v;
        else if (!strcmp(argv[i], "--clean"))
            n_clean = v;
        else if (!strcmp(argv[i], "--seed"))
            seed = v;
        else if (!strcmp(argv[i], "--doubt"))
            doubt = (double)v / 100;
        else
            return 2;
    }
    printf("seed %llu\n", (unsigned long long)seed);
    good = clean(n_clean, seed);
    damaged_in_parallel(n_damaged, seed, &t);
    return report(&t) && good ? 0 : 1;
}

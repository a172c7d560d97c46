/* SPDX-License-Identifier: Apache-2.0 */
/* Swipes as a head delivers them: from a track's text to the times of its flux transitions, clean or damaged.
 *
 *     swipe_seed(&rng, 7);
 *     swipe_card(&card, &rng)  or  swipe_encode(&card, ";62...?", 5)
 *     swipe_make(&s, &card, &how, &rng);
 *     swipe_damage(&s, &card, SWIPE_WORN, &rng);
 *     s.edge[0 .. s.cnt)                      in ticks of F2F_TICK_NS
 *
 * What is modelled: hand speed that changes over the swipe, jitter of each interval, both directions, and the damages
 * below. What is not: anything analogue before the front end's comparator. */
#ifndef HUIKA_TEST_SWIPE_H
#define HUIKA_TEST_SWIPE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SWIPE_BITS = 800, SWIPE_EDGES = 2200, SWIPE_TEXT = 108, SWIPE_LEAD = 22 };

struct swipe_rng {
    uint64_t state;
};

struct swipe_card {
    char text[SWIPE_TEXT]; /* with both sentinels */
    unsigned width;        /* bits in a character: 5 or 7 */
    uint8_t bit[SWIPE_BITS];
    unsigned cnt, first; /* bits with leading and trailing zeros; where the start sentinel begins */
};

struct swipe_how {
    double cm_s;   /* hand speed at the start, 10-150 */
    double change; /* how far the speed goes away from it within the swipe: 0.3 is 30 % */
    double jitter; /* each interval is multiplied by 1 + uniform(-jitter, jitter) */
    bool back;     /* the other direction */
};

struct swipe {
    double edge[SWIPE_EDGES];      /* times in ticks, rising */
    unsigned cnt;                  /* edges */
    unsigned cell_of[SWIPE_EDGES]; /* in which bit of the card that edge is, in time order; kept through every damage */
    unsigned cell_edge[SWIPE_BITS]; /* which edge begins bit i, before any damage */
    double cell[SWIPE_BITS + 1];    /* that bit's true length in ticks: the hand's, without jitter */
    bool back;
};

/* What can happen to a swipe. Edges of a comparator come and go in pairs; the single ones are what a worse front end
 * would do. The PAIRED ones hit two bits of each of two characters, in the same columns, so that parity and LRC still agree
 * if a decoder takes the damage for data: anything may come of them, up to the exact recording of another card, which
 * swipe_judge() tells from the rest. */
enum swipe_damage {
    SWIPE_LOST,         /* 1-4 single edges missing */
    SWIPE_LOST_PULSE,   /* 1-3 pulses missing: two edges each */
    SWIPE_EXTRA,        /* 1-4 single edges too many, anywhere */
    SWIPE_SPIKE,        /* 1-3 spikes: two edges, 2-40 % of a cell apart */
    SWIPE_WORN,         /* a stretch of 3-20 bits with jitter of 30-60 % and every tenth edge missing */
    SWIPE_NOISE,        /* a stretch of 2-12 bits of random intervals */
    SWIPE_CUT,          /* begins late or ends early */
    SWIPE_JERK,         /* the hand stops or jumps: 1.4-4 times the speed from one bit to the next */
    SWIPE_JITTER,       /* all intervals with jitter of 20-50 % */
    SWIPE_PAIRED_MOVED, /* edges on their way from 01 to 10 or back: moved by 0-50 % of a cell, 50 being the whole way */
    SWIPE_PAIRED_PULSES, /* ones lose their middle pulse, zeros get a pulse in their middle */
    SWIPE_PAIRED_WEAK,   /* ones whose middle edge sits 10-25 % of a cell beside it, zeros with an edge there */
    SWIPE_PAIRED_FLIPS, /* the bit errors themselves: ones lose their middle edge, zeros get one, 0-25 % beside the middle */
    SWIPE_PAIRED_ADDED,  /* the same where all four are zeros: the card's gains only, nothing of it is lost */
    SWIPE_PAIRED_RANDOM, /* one of pulses, weak, flips for each of the four bits */
    SWIPE_DAMAGES,
    /* One in a thousand: four bits turned round exactly, single edges at their ideal places. */
    SWIPE_FORGED = SWIPE_DAMAGES
};
const char *swipe_damage_name(enum swipe_damage d);

void swipe_seed(struct swipe_rng *r, uint64_t seed);
uint32_t swipe_u32(struct swipe_rng *r);
/* Uniform in [lo, hi). */
double swipe_uniform(struct swipe_rng *r, double lo, double hi);
/* An invented bank card's track 2: 16 or 19 digits of the test range, expiry, service code, discretionary data. */
void swipe_card(struct swipe_card *c, struct swipe_rng *r);
/* Any text of '0'-'?' (5) or ' '-'_' (7) with its sentinels: adds parity, LRC and zeros around. */
void swipe_encode(struct swipe_card *c, const char *text, unsigned width);
void swipe_make(struct swipe *s, const struct swipe_card *c, const struct swipe_how *how, struct swipe_rng *r);
void swipe_damage(struct swipe *s, const struct swipe_card *c, enum swipe_damage d, struct swipe_rng *r);
/* What somebody would say who knows the hand's true speed everywhere and shares no code with the decoder. */
struct swipe_verdict {
    char text[SWIPE_TEXT]; /* the payment card (ISO/IEC 7813) of which this is a recording; empty: of none */
    double fastest,
        slowest; /* how much shorter, longer than its ideal an interval is at worst, as a share: -0.1, 0.12 */
    double off;  /* the greater of both */
};
/* Every interval of the whole swipe has to be within +-noise of half a cell or of a cell at the true local speed; the bits have to
 * be one whole track in one direction, with zeros alone around it, at least as many as a card has. */
void swipe_judge(const struct swipe *s, double noise, struct swipe_verdict *v);
/* Interval i, in whole ticks as the timer would catch it. */
uint16_t swipe_ticks(const struct swipe *s, unsigned i);
#endif

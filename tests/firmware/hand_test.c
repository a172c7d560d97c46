/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a swipe is believed, at the borders: single intervals put where the rules part (core/hand.h, core/f2f.h). How often
 * that goes right with noise of all kinds is quality.c's. */
#include "firmware/core/reader.h"
#include "tests/firmware/fake_port.h"
#include "tests/firmware/swipe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CARD "6200000000000001=30122010000000000"
enum { TRIES = 40 };

/* One interval of the swipe, in its data, becomes `share` of what it should be. Of a half the other half makes up for it, so
 * that both are off; behind a whole cell all comes earlier or later. */
struct dent {
    double share;
    bool of_a_half;
};

static void dent(struct swipe *s, const struct swipe_card *c, const struct dent *d, struct swipe_rng *r)
{
    unsigned len = (unsigned)(strlen(c->text) + 1) * c->width, first = s->back ? c->cnt - c->first - len : c->first;
    unsigned i, data = first + 30 + swipe_u32(r) % 80;
    double by;

    for (i = data; c->bit[s->back ? c->cnt - 1 - i : i] != d->of_a_half; i++)
        ;
    by = s->edge[s->cell_edge[i]] + s->cell[i] * (d->of_a_half ? 0.5 : 1) * d->share - s->edge[s->cell_edge[i] + 1];
    for (unsigned k = s->cell_edge[i] + 1; k < (d->of_a_half ? s->cell_edge[i] + 2 : s->cnt); k++)
        s->edge[k] += by;
}

/* How many of TRIES swipes are read. */
static unsigned read_of(const struct swipe_how *how, const struct dent *d, unsigned channel)
{
    const struct reader_quiet over = {READER_SWIPE_MS, 1000};
    uint8_t out[64];
    struct reader r;
    struct swipe_rng rng;
    unsigned n = 0;

    fake_port_init();
    reader_init(&r, false, false);
    swipe_seed(&rng, 11);
    for (unsigned i = 0; i < TRIES; i++) {
        struct swipe_how h = *how;
        struct swipe_card card;
        struct swipe s;
        h.back = i & 1;
        swipe_encode(&card, channel ? "%B" CARD "?" : ";" CARD "?", channel ? 7 : 5);
        swipe_make(&s, &card, &h, &rng);
        if (d)
            dent(&s, &card, d, &rng);
        for (unsigned k = 0; k + 1 < s.cnt; k++)
            reader_interval(&r, (uint8_t)channel, swipe_ticks(&s, k));
        reader_tick(&r, &over);
        n += r.msr_full;
        while (reader_msr_packet(&r, out))
            ;
    }
    return n;
}

static void what_is_near_is_read(void **state)
{
    static const double speeds[] = {10, 40, 150};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        const struct swipe_how still = {.cm_s = speeds[i], .change = 0.3},
                               noisy = {.cm_s = speeds[i], .change = 0.3, .jitter = 0.145};
        assert_int_equal(read_of(&still, NULL, 0), TRIES);
        assert_int_equal(read_of(&still, &(struct dent){0.925, true}, 0), TRIES);
        assert_int_equal(read_of(&still, &(struct dent){1.075, false}, 0), TRIES);
        assert_in_range(read_of(&noisy, NULL, 0), TRIES - 1, TRIES);
    }
}

/* Beyond what has to be read: in a swipe however noisy. */
static void what_is_beyond_the_noise_is_not(void **state)
{
    const struct swipe_how noisy = {.cm_s = 40, .change = 0.3, .jitter = 0.145};

    (void)state;
    assert_int_equal(read_of(&noisy, &(struct dent){1.19, true}, 0), 0);
    assert_int_equal(read_of(&noisy, &(struct dent){0.81, true}, 0), 0);
    assert_int_equal(read_of(&noisy, &(struct dent){0.81, false}, 0), 0);
}

/* Well within it, in a swipe that is better than that everywhere else. */
static void what_stands_out_is_not_read(void **state)
{
    const struct swipe_how calm = {.cm_s = 40, .change = 0.3, .jitter = 0.04}, still = {.cm_s = 40, .change = 0.3};

    (void)state;
    assert_int_equal(read_of(&calm, &(struct dent){1.14, true}, 0), 0);
    assert_int_equal(read_of(&calm, &(struct dent){0.77, false}, 0), 0);
    assert_int_equal(read_of(&still, &(struct dent){1.12, true}, 0), 0);
}

static void the_other_channel_is_rejected_for_an_outlier(void **state)
{
    const struct swipe_how calm = {.cm_s = 40, .jitter = 0.02};

    (void)state;
    assert_int_equal(read_of(&calm, NULL, 1), TRIES);
    assert_int_equal(read_of(&calm, &(struct dent){0.78, false}, 1), 0);
}

static bool reads(const char *text)
{
    const struct reader_quiet over = {READER_SWIPE_MS, 1000};
    const struct swipe_how how = {.cm_s = 40};
    struct swipe_card card;
    struct swipe_rng rng;
    struct swipe s;
    struct reader r;

    fake_port_init();
    reader_init(&r, false, false);
    swipe_seed(&rng, 12);
    swipe_encode(&card, text, 5);
    swipe_make(&s, &card, &how, &rng);
    for (unsigned i = 0; i + 1 < s.cnt; i++)
        reader_interval(&r, 0, swipe_ticks(&s, i));
    reader_tick(&r, &over);
    return r.msr_full;
}

/* Two bits make '=' of many a digit. */
static void a_number_has_no_separator_within(void **state)
{
    (void)state;
    assert_true(reads(";" CARD "?"));
    assert_true(reads(";6200000000000001?"));
    assert_false(reads(";6200000=00000001=30122010000000000?"));
    assert_false(reads(";620000000000000==30122010000000000?"));
    assert_false(reads(";620000000000000=1=30122010000000000?"));
}

static void too_little_is_no_swipe(void **state)
{
    struct hand h;

    (void)state;
    hand_init(&h);
    assert_int_equal(hand_judge(&h), HAND_UNEVEN);
    hand_init(&h);
    for (unsigned i = 0; i < 64; i++) {
        hand_interval(&h, 1000);
        hand_cell(&h, false);
    }
    assert_int_equal(hand_judge(&h), HAND_UNEVEN);
    hand_init(&h);
    for (unsigned i = 0; i < 300; i++) { /* more than are kept */
        hand_interval(&h, i == 100 ? 1 : 30000);
        hand_cell(&h, false);
    }
    assert_int_equal(hand_judge(&h), HAND_UNEVEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_near_is_read),
        cmocka_unit_test(what_is_beyond_the_noise_is_not),
        cmocka_unit_test(what_stands_out_is_not_read),
        cmocka_unit_test(the_other_channel_is_rejected_for_an_outlier),
        cmocka_unit_test(a_number_has_no_separator_within),
        cmocka_unit_test(too_little_is_no_swipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

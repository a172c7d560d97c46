/* SPDX-License-Identifier: Apache-2.0 */
/* One checkout in a small world, and the steps that tests take with it. */
#ifndef HUIKA_TESTS_CHECKOUT_STEPS_H
#define HUIKA_TESTS_CHECKOUT_STEPS_H
#include "checkout_fixture.h"
#include "client/core/sale.h"
#include "client/core/standing.h"
#include <stdlib.h>

static struct world w;
static struct checkout c;
static unsigned acts;

static inline int setup(void **state)
{
    (void)state;
    world_init(&w);
    checkout_init(&c, CHECKOUT, SALE, &w.env, &acts);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    checkout_release(&c);
    world_release(&w);
    return 0;
}

static inline void amount(int64_t fen)
{
    const struct checkout_purchase p = {.total_fen = fen, .own_price_fen = fen};
    assert_int_equal(checkout_amount(&c, &w.env, &p, &acts), ERR_OK);
}

static inline void scan(const char *text)
{
    assert_int_equal(checkout_scan(&c, &w.env, text, strlen(text), BODY_INPUT_READER, &acts), ERR_OK);
}

static inline enum err number(const char *text, bool luhn_ok)
{
    const struct checkout_digits d = {text, strlen(text), BODY_INPUT_KEYED, luhn_ok};
    return checkout_number(&c, &w.env, &d, &acts);
}

static const struct body_verdict member = {.verdict = VERDICT_MEMBER, .card_last4 = "0001", .name_masked = "*建涛"};

static inline void answer_to(uint32_t ask, const struct body_verdict *v)
{
    struct body_verdict now = *v;
    now.at_utc_ms = w.env.now_utc_ms;
    checkout_verified(&c, &w.env, ask, &now, &acts);
}

static inline void answer(const struct body_verdict *v)
{
    answer_to(c.ask, v);
}

static inline void reserve(bool yes, enum err reason)
{
    const struct body_reserved r = {.reserved = yes, .reason = reason};
    checkout_reserved(&c, &w.env, c.hold_ask, &r, &acts);
}

static inline void quoted(void)
{
    amount(12800);
    scan(w.qr[0]);
    answer(&member);
    assert_int_equal(c.state, CHECKOUT_QUOTED);
}

static inline void refused_with(enum err reason)
{
    assert_int_equal(c.state, CHECKOUT_REFUSED);
    assert_string_equal(err_code(c.reason), err_code(reason));
    assert_int_equal(c.verdict, VERDICT_REFUSED);
    assert_int_equal(checkout_confirm(&c, &w.env, &acts), ERR_WRONG_STATE);
    assert_int_equal(acts, 0);
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A lease in force that allows all that tests do not say otherwise. */
#ifndef HUIKA_TESTS_OFFLINE_FIXTURE_H
#define HUIKA_TESTS_OFFLINE_FIXTURE_H
#include "checkout_fixture.h"
#include "proto/revoked.h"

#define TERMINAL_ID "01JT0000000000000000000001"
#define OTHER_ID    "01JT0000000000000000000002"
#define SHOP_ID     "01JP0000000000000000000001"

enum { HOUR_MS = 3600000 };

static inline struct notice_lease lease_of(int64_t version)
{
    struct notice_lease l = {.version = version,
        .epoch = 1,
        .issued_utc_ms = WORLD_NOW - HOUR_MS,
        .stop_at_utc_ms = WORLD_NOW + 72 * (int64_t)HOUR_MS,
        .allowance = {.sales = 200,
            .amount_fen = 2000000,
            .starts = 20,
            .per_card_day = 3,
            .keyed_sales = 20,
            .keyed_amount_fen = 200000},
        .trust = {.version = 1},
        .shop = {.version = 1},
        .revoked = {.version = 1}};
    memcpy(l.terminal_id, TERMINAL_ID, ULID_LEN + 1);
    memcpy(l.shop_id, SHOP_ID, ULID_LEN + 1);
    return l;
}

static inline enum err add_piece(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

/* The revocation file of those cards, at most a few; buf_release. */
static inline struct revoked revoked_file(uint8_t (*token)[CARD_TOKEN], size_t cnt, struct buf *out)
{
    uint64_t values[8];
    struct revoked r;
    for (size_t i = 0; i < cnt; i++)
        values[i] = revoked_value(token[i]);
    buf_init(out, 4096);
    assert_int_equal(revoked_build(values, cnt, add_piece, out), ERR_OK);
    assert_int_equal(revoked_open(out->data, out->len, &r), ERR_OK);
    return r;
}

/* Nobody is revoked, numbers are refused; the day is WORLD_NOW's. */
static inline void offline_world(struct offline *off, struct world *in)
{
    static const uint8_t none[KEY_HASH], day_key[OFFLINE_KEY] = {7};
    static const uint8_t empty[REVOKED_HEADER] = "huika-revoked-v1";
    const struct revoked nobody = {empty, sizeof empty, 0};
    const struct notice_lease l = lease_of(1);
    in->trust.version = 1;
    in->trust.offline_qr = true;
    in->trust.not_after_utc_ms = WORLD_NOW + 365 * TM_DAY_MS;
    offline_init(off, TERMINAL_ID, SHOP_ID, 1);
    offline_hold(off, NOTICE_TRUST, 1, none);
    offline_hold(off, NOTICE_SHOP, 1, none);
    offline_hold(off, NOTICE_REVOKED, 1, none);
    offline_revoked(off, &nobody);
    assert_int_equal(offline_lease_check(off, &l), ERR_OK);
    offline_lease(off, &l);
    offline_today(off, tm_day(WORLD_NOW), day_key);
    in->env.offline = off;
}
#endif

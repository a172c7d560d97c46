/* SPDX-License-Identifier: Apache-2.0 */
/* A small world for tests of client/core: one trust notice, one shop, some cards. Nothing here does I/O. */
#ifndef HUIKA_CHECKOUT_FIXTURE_H
#define HUIKA_CHECKOUT_FIXTURE_H
#include "base/tm.h"
#include "client/core/checkout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

enum { WORLD_CARDS = 4 };
#define WORLD_NOW INT64_C(1780000000000) /* 2026-05-28 */
#define OFFER_A   "01JA0000000000000000000001"
#define OFFER_B   "01JA0000000000000000000002"
#define CHECKOUT  "01JC0000000000000000000001"
#define SALE      "01JS0000000000000000000001"

struct world {
    EVP_PKEY *key, *foreign;
    struct notice_trust trust;
    struct notice_shop shop;
    struct offer offers[2];
    struct checkout_env env;
    char qr[WORLD_CARDS][CARD_QR_TEXT_MAX + 1];
    uint8_t token[WORLD_CARDS][CARD_TOKEN];
};

static inline void world_card(
    struct world *w, EVP_PKEY *key, const char *host, int i, int32_t days_left, char out[static CARD_QR_TEXT_MAX + 1])
{
    struct card_qr q = {.key_number = 1, .last4 = (uint16_t)(i + 1)};
    memset(q.token, 0x10 + i, sizeof q.token);
    assert_int_equal(card_expiry_from_day(tm_day(w->env.now_utc_ms) + days_left, &q.expiry_day), ERR_OK);
    assert_int_equal(card_encode(&q, host, key, out), ERR_OK);
}

/* Offer A: 12 % off, B: 5 % off. */
static inline void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->key = key_generate();
    w->foreign = key_generate();
    w->trust.card_keys[0] = (struct card_key){.number = 1, .key = w->key, .verifier = key_verifier_new(w->key)};
    w->trust.card_key_cnt = 1;
    w->trust.card_hosts[0] = (char *)(uintptr_t) "localhost";
    w->shop.version = 1;
    w->shop.standing = STANDING_LISTED;
    w->shop.offers = w->offers;
    w->shop.offer_cnt = 2;
    for (int i = 0; i < 2; i++) {
        struct offer *o = &w->offers[i];
        memcpy(o->id, i ? OFFER_B : OFFER_A, sizeof o->id);
        memcpy(o->title, i ? "B" : "A", 2);
        o->kind = OFFER_PERCENT;
        o->rate_bp = i ? 500 : 1200;
        o->from_day = INT32_MIN;
        o->to_day = INT32_MAX;
        o->weekdays = 0x7f;
        o->round = OFFER_ROUND_FEN;
    }
    w->env =
        (struct checkout_env){.now_utc_ms = WORLD_NOW, .now_mono_ms = 1000000, .trust = &w->trust, .shop = &w->shop};
    for (int i = 0; i < WORLD_CARDS; i++) {
        memset(w->token[i], 0x10 + i, CARD_TOKEN);
        world_card(w, w->key, "localhost", i, 365, w->qr[i]);
    }
}

static inline void world_release(struct world *w)
{
    key_verifier_free(&w->trust.card_keys[0].verifier);
    key_free(&w->key);
    key_free(&w->foreign);
}
#endif

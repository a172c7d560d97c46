/* SPDX-License-Identifier: Apache-2.0 */
/* Cards, offers and the trust notice of all shops. The calls that sign and verify are wrapped by the linker (sim.mk): here a
 * signature is a hash over the message and the name of the key. */
#include "tests/sim/sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_cards sim_cards;

enum err __wrap_key_sign(EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG]);
enum err __wrap_key_verify(EVP_PKEY *k, const void *msg, size_t len, const uint8_t sig[static KEY_SIG]);
enum err __wrap_key_verifier_check(
    struct key_verifier *v, const void *msg, size_t len, const uint8_t sig[static KEY_SIG]);

static void make(const void *msg, size_t len, bool genuine, uint8_t sig[static KEY_SIG])
{
    const char *name = genuine ? "the union's" : "a stranger's";
    key_sha256_pieces((struct key_piece[]){{name, strlen(name)}, {msg, len}}, 2, sig);
    memcpy(sig + KEY_HASH, sig, KEY_HASH);
}

enum err __wrap_key_sign(EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG])
{
    make(msg, len, k == sim_cards.key, sig);
    return ERR_OK;
}

/* The trust notice holds the union's key and no other. */
enum err __wrap_key_verify(EVP_PKEY *k, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    uint8_t want[KEY_SIG];
    make(msg, len, k == sim_cards.key, want);
    return memcmp(want, sig, KEY_SIG) ? ERR_BAD_SIGNATURE : ERR_OK;
}

enum err __wrap_key_verifier_check(
    struct key_verifier *v, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    (void)v;
    return __wrap_key_verify(sim_cards.key, msg, len, sig);
}

static void card(int i)
{
    struct card_qr q = {.key_number = 1, .last4 = (uint16_t)(i + 1)}, f;
    memset(q.token, 0x10 + i, sizeof q.token);
    memcpy(sim_cards.token[i], q.token, CARD_TOKEN);
    sim_cards.value[i] = revoked_value(q.token);
    /* the last card expires in the middle of a run */
    card_expiry_from_day(tm_day(INT64_C(1780000000000)) + (i == CARDS - 1 ? 30 : 3650), &q.expiry_day);
    f = q;
    if (card_encode(&q, "localhost", sim_cards.key, sim_cards.qr[i]) ||
        card_encode(&f, "localhost", sim_cards.foreign, sim_cards.forged[i]))
        abort();
    snprintf(sim_cards.number[i], sizeof sim_cards.number[i], "620000000000000%d", i);
}

void sim_cards_make(void)
{
    sim_cards.key = key_generate();
    sim_cards.foreign = key_generate();
    if (!sim_cards.key || !sim_cards.foreign)
        abort();
    struct notice_trust *t = &sim_cards.trust;
    t->version = 1;
    t->card_keys[0] = (struct card_key){.number = 1, .key = sim_cards.key};
    t->card_key_cnt = 1;
    t->card_hosts[0] = strdup("localhost");
    t->offline_qr = true;
    for (int i = 0; i < OFFERS; i++) {
        struct offer *o = &sim_cards.offers[i];
        snprintf(o->id, sizeof o->id, "01JA000000000000000000000%d", i + 1);
        snprintf(o->title, sizeof o->title, "%c", 'A' + i);
        o->kind = OFFER_PERCENT;
        o->rate_bp = i ? 500 : 1200;
        o->per_card_day = i ? 0 : 1;
        o->from_day = INT32_MIN;
        o->to_day = INT32_MAX;
        o->weekdays = 0x7f;
        o->round = OFFER_ROUND_FEN;
    }
    for (int i = 0; i < CARDS; i++)
        card(i);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* offline_bench PAIRS REVOKED: an offline verdict (text classified, claims, signature, list of revoked cards, lease, uses, quote) by turns with
 * a bare ECDSA P-256 verification of as many bytes. Prints the medians in nanoseconds: verdict, verification. */
#include "base/tm.h"
#include "client/core/checkout.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAIRS_MAX = 100000 };
#define NOW INT64_C(1780000000000)
#define ID  "01JT0000000000000000000001"

static int64_t took[2][PAIRS_MAX];

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void need(bool good)
{
    if (!good)
        exit(1);
}

static enum err add_piece(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

/* As many cards as asked for; none of them is the one that is sold to. */
static struct revoked make_list(size_t cnt, struct buf *file)
{
    uint64_t *values = calloc(cnt, sizeof *values), rng = 1;
    struct revoked list = {0};
    need(values != NULL);
    for (size_t i = 0; i < cnt; i++)
        values[i] = rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    buf_init(file, cnt * REVOKED_VALUE + REVOKED_HEADER);
    need(!revoked_build(values, cnt, add_piece, file) && !revoked_open(file->data, file->len, &list));
    free(values);
    return list;
}

static void make_lease(struct offline *o, const struct revoked *list)
{
    static const uint8_t none[KEY_HASH], key[OFFLINE_KEY] = {1};
    struct notice_lease l = {.version = 1, .epoch = 1, .issued_utc_ms = NOW, .stop_at_utc_ms = NOW + TM_DAY_MS};
    l.allowance = (struct notice_allowance){.sales = 1000, .amount_fen = 1000000000, .starts = 9, .per_card_day = 3};
    l.trust.version = l.shop.version = l.revoked.version = 1;
    memcpy(l.terminal_id, ID, sizeof ID);
    memcpy(l.shop_id, ID, sizeof ID);
    offline_init(o, ID, ID, 1);
    for (int i = NOTICE_TRUST; i < NOTICE_KINDS; i++)
        offline_hold(o, (enum notice_kind)i, 1, none);
    offline_revoked(o, list);
    offline_lease(o, &l);
    offline_today(o, tm_day(NOW), key);
}

static void verdict(const struct checkout_env *env, const char *text)
{
    const struct checkout_purchase p = {.total_fen = 12800, .own_price_fen = 12800};
    struct checkout c;
    unsigned acts;
    checkout_init(&c, ID, ID, env, &acts);
    need(!checkout_amount(&c, env, &p, &acts));
    need(!checkout_scan(&c, env, text, strlen(text), BODY_INPUT_READER, &acts));
    checkout_check(&c, env, &acts);
    need(c.state == CHECKOUT_QUOTED && c.verdict == VERDICT_PROVISIONAL);
    checkout_release(&c);
}

int main(int argc, char **argv)
{
    size_t pairs = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, cnt = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (!pairs || pairs > PAIRS_MAX)
        return 2;
    EVP_PKEY *key = key_generate();
    struct key_verifier *verifier = key_verifier_new(key), *bare = key_verifier_new(key);
    struct offer offer = {.id = ID, .title = "A", .kind = OFFER_PERCENT, .rate_bp = 1200, .weekdays = 0x7f};
    struct notice_shop shop = {.version = 1, .standing = STANDING_LISTED, .offers = &offer, .offer_cnt = 1};
    static struct notice_trust trust;
    struct card_qr qr = {.key_number = 1, .last4 = 1, .token = {9}};
    char text[CARD_QR_TEXT_MAX + 1];
    uint8_t message[64] = {7}, sig[KEY_SIG];
    struct offline o;
    struct buf file;
    const struct revoked list = make_list(cnt, &file);
    offer.from_day = INT32_MIN;
    offer.to_day = INT32_MAX;
    trust.card_keys[0] = (struct card_key){1, key, verifier};
    trust.card_key_cnt = 1;
    trust.card_hosts[0] = (char[]){"localhost"};
    trust.offline_qr = true;
    trust.not_after_utc_ms = NOW + 2 * TM_DAY_MS;
    make_lease(&o, &list);
    need(!card_expiry_from_day(tm_day(NOW) + 30, &qr.expiry_day) && !card_encode(&qr, "localhost", key, text));
    need(!key_sign(key, message, sizeof message, sig));
    const struct checkout_env env = {
        .now_utc_ms = NOW, .now_mono_ms = 1, .trust = &trust, .shop = &shop, .offline = &o, .cut = ERR_NET_REFUSED};
    for (size_t i = 0; i < pairs; i++) {
        int64_t from = now_ns();
        verdict(&env, text);
        took[0][i] = now_ns() - from;
        from = now_ns();
        need(!key_verifier_check(bare, message, sizeof message, sig));
        took[1][i] = now_ns() - from;
    }
    for (int i = 0; i < 2; i++)
        qsort(took[i], pairs, sizeof took[i][0], by_value);
    printf("%lld %lld\n", (long long)took[0][pairs / 2], (long long)took[1][pairs / 2]);
    offline_release(&o);
    buf_release(&file);
    key_verifier_free(&verifier);
    key_verifier_free(&bare);
    key_free(&key);
    return 0;
}

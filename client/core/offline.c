/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/offline.h"
#include "base/tm.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

void offline_init(struct offline *o, const char *terminal_id, const char *shop_id, uint32_t epoch)
{
    *o = (struct offline){.epoch = epoch, .day = INT32_MIN};
    memcpy(o->terminal_id, terminal_id, strnlen(terminal_id, ULID_LEN));
    memcpy(o->shop_id, shop_id, strnlen(shop_id, ULID_LEN));
}

static void forget_today(struct offline *o)
{
    if (o->today)
        OPENSSL_cleanse(o->today, o->today_cap * sizeof *o->today);
    free(o->today);
    o->today = NULL;
    o->today_cnt = o->today_cap = 0;
    o->today_lost = false;
}

void offline_release(struct offline *o)
{
    forget_today(o);
    OPENSSL_cleanse(o, sizeof *o);
}

void offline_hold(struct offline *o, enum notice_kind kind, int64_t version, const uint8_t hash[static KEY_HASH])
{
    struct notice_pin *held = kind == NOTICE_TRUST     ? &o->trust
                              : kind == NOTICE_SHOP    ? &o->shop
                              : kind == NOTICE_REVOKED ? &o->revoked
                                                       : NULL;
    if (!held)
        return;
    held->version = version;
    memcpy(held->sha256, hash, KEY_HASH);
}

void offline_revoked(struct offline *o, const struct revoked *list)
{
    o->list = list ? *list : (struct revoked){0};
}

enum err offline_lease_check(const struct offline *o, const struct notice_lease *l)
{
    bool ours = !strcmp(l->terminal_id, o->terminal_id) && !strcmp(l->shop_id, o->shop_id) && l->epoch == o->epoch;
    return ours ? ERR_OK : ERR_BAD_NOTICE;
}

void offline_lease(struct offline *o, const struct notice_lease *l)
{
    bool same = o->has_lease && o->lease.version == l->version && o->lease.epoch == l->epoch;
    o->lease = *l;
    o->has_lease = true;
    if (!same)
        o->used = (struct offline_used){0};
}

void offline_today(struct offline *o, int32_t day, const uint8_t key[static OFFLINE_KEY])
{
    if (o->has_key && o->day == day && !CRYPTO_memcmp(o->key, key, OFFLINE_KEY))
        return;
    forget_today(o);
    o->day = day;
    memcpy(o->key, key, OFFLINE_KEY);
    o->has_key = true;
}

void offline_day_back(struct offline *o)
{
    forget_today(o);
    OPENSSL_cleanse(o->key, OFFLINE_KEY);
    o->has_key = false;
    o->day = INT32_MIN;
}

bool offline_tag(const struct offline *o, const struct body_card *card, uint8_t tag[static BODY_TAG])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    bool qr = card->by == BODY_BY_QR;
    const void *what = qr ? (const void *)card->token : (const void *)card->number;
    size_t len = qr ? CARD_TOKEN : strlen(card->number);
    bool good =
        o->has_key && card->by != BODY_BY_NONE && HMAC(EVP_sha256(), o->key, OFFLINE_KEY, what, len, mac, NULL) != NULL;
    if (good)
        memcpy(tag, mac, BODY_TAG);
    OPENSSL_cleanse(mac, sizeof mac);
    return good;
}

void offline_start(struct offline *o)
{
    o->used.starts++;
}

/* Sales under an older lease were that lease's; those under a newer one count here, too, so that putting an older lease back does not
 * give its allowance back. */
void offline_count(struct offline *o, const struct body_sale *s)
{
    if (s->verdict != VERDICT_PROVISIONAL || !o->has_lease || s->lease < o->lease.version)
        return;
    o->used.sales++;
    o->used.amount_fen += s->total_fen;
    if (s->by == BODY_BY_NUMBER) {
        o->used.keyed_sales++;
        o->used.keyed_amount_fen += s->total_fen;
    }
}

enum err offline_mark(struct offline *o, const struct body_sale *s, const uint8_t tag[static BODY_TAG])
{
    if (o->today_cnt == o->today_cap) {
        size_t cap = o->today_cap ? o->today_cap * 2 : 16;
        struct offline_sale_mark *more = cap > OFFLINE_TODAY_MAX ? NULL : realloc(o->today, cap * sizeof *more);
        if (!more) {
            o->today_lost = true;
            return ERR_NOMEM;
        }
        o->today = more;
        o->today_cap = cap;
    }
    struct offline_sale_mark *m = &o->today[o->today_cnt++];
    *m = (struct offline_sale_mark){.provisional = s->verdict == VERDICT_PROVISIONAL};
    memcpy(m->tag, tag, BODY_TAG);
    memcpy(m->offer_id, s->offer_id, sizeof m->offer_id);
    return ERR_OK;
}

/* Newer than named is as good: it was verified, and it is what is obeyed. */
static bool holds(const struct notice_pin *held, const struct notice_pin *named)
{
    return held->version > named->version ||
           (held->version == named->version && !memcmp(held->sha256, named->sha256, KEY_HASH));
}

static bool used_up(int64_t used, int64_t more, int64_t allowed)
{
    return used > allowed || more > allowed - used;
}

enum err offline_possible(const struct offline *o, const struct notice_trust *trust, int64_t now_utc_ms)
{
    const struct notice_lease *l = &o->lease;
    if (o->forked)
        return ERR_CHAIN_FORK;
    if (!o->has_lease || offline_lease_check(o, l) || !trust)
        return ERR_LEASE_MISSING;
    if (now_utc_ms > trust->not_after_utc_ms)
        return ERR_TRUST_OVER;
    if (now_utc_ms >= l->stop_at_utc_ms)
        return ERR_LEASE_OVER;
    if (!holds(&o->trust, &l->trust) || !holds(&o->shop, &l->shop) || !holds(&o->revoked, &l->revoked) || !o->has_key)
        return ERR_OFFLINE_STALE;
    if (!o->list.file)
        return ERR_OFFLINE_STALE;
    if (o->today_lost || o->used.starts > l->allowance.starts || used_up(o->used.sales, 1, l->allowance.sales) ||
        used_up(o->used.amount_fen, 1, l->allowance.amount_fen))
        return ERR_ALLOWANCE_USED;
    return ERR_OK;
}

static int64_t sold_today(const struct offline *o, const uint8_t tag[static BODY_TAG])
{
    int64_t cnt = 0;
    for (size_t i = 0; i < o->today_cnt; i++)
        cnt += o->today[i].provisional && !memcmp(o->today[i].tag, tag, BODY_TAG);
    return cnt;
}

/* A number's card cannot be looked up among the revoked ones, so it has an allowance of its own, if any. */
static enum err may_sell_number(const struct offline *o, const struct offline_sale *s)
{
    const struct notice_allowance *a = &o->lease.allowance;
    if (!s->trust->offline_keyed)
        return ERR_OFFLINE_NUMBER;
    bool used = used_up(o->used.keyed_sales, 1, a->keyed_sales) ||
                used_up(o->used.keyed_amount_fen, s->total_fen ? s->total_fen : 1, a->keyed_amount_fen);
    return used ? ERR_ALLOWANCE_USED : ERR_OK;
}

static enum err may_sell_qr(const struct offline *o, const struct offline_sale *s)
{
    if (!s->trust->offline_qr)
        return ERR_OFFLINE;
    return revoked_has(&o->list, revoked_value(s->card->token)) ? ERR_CARD_REVOKED : ERR_OK;
}

enum err offline_may_sell(const struct offline *o, const struct offline_sale *s)
{
    uint8_t tag[BODY_TAG];
    enum err e = offline_possible(o, s->trust, s->now_utc_ms);
    if (e)
        return e;
    if (s->card->by == BODY_BY_NONE)
        return ERR_OFFLINE;
    e = s->card->by == BODY_BY_QR ? may_sell_qr(o, s) : may_sell_number(o, s);
    if (!e && used_up(o->used.amount_fen, s->total_fen, o->lease.allowance.amount_fen))
        e = ERR_ALLOWANCE_USED;
    if (!e && (tm_day(s->now_utc_ms) > o->day || !offline_tag(o, s->card, tag)))
        e = ERR_OFFLINE_STALE;
    if (!e && used_up(sold_today(o, tag), 1, o->lease.allowance.per_card_day))
        e = ERR_OFFLINE_CARD_DAY;
    return e;
}

int64_t offline_uses(const struct offline *o, const struct body_card *card, const char *offer_id)
{
    uint8_t tag[BODY_TAG];
    int64_t cnt = 0;
    if (!offline_tag(o, card, tag))
        return 0;
    for (size_t i = 0; i < o->today_cnt; i++)
        cnt += !memcmp(o->today[i].tag, tag, BODY_TAG) && !strcmp(o->today[i].offer_id, offer_id);
    return cnt;
}

int64_t offline_left_sales(const struct offline *o)
{
    int64_t left = o->has_lease ? o->lease.allowance.sales - o->used.sales : 0;
    return left > 0 ? left : 0;
}

int64_t offline_left_fen(const struct offline *o)
{
    int64_t left = o->has_lease ? o->lease.allowance.amount_fen - o->used.amount_fen : 0;
    return left > 0 ? left : 0;
}

bool offline_cause(enum err e)
{
    switch (e) {
    case ERR_NET_RESOLVE:
    case ERR_NET_REFUSED:
    case ERR_NET_TIMEOUT:
    case ERR_NET_CUT:
    case ERR_NET_PROTOCOL:
    case ERR_TLS_UNTRUSTED:
    case ERR_TLS_HOST:
    case ERR_TLS_EXPIRED:
    case ERR_TLS_NOT_YET:
    case ERR_TLS_OTHER:
    case ERR_CLOCK_SKEW:
    case ERR_STOPPING:
    case ERR_BUSY:
    case ERR_INTERNAL:
    case ERR_IO:
    case ERR_NOMEM:
    case ERR_DISK_FULL:
        return true;
    default:
        return false;
    }
}

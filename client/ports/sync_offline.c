/* SPDX-License-Identifier: Apache-2.0 */
/* The offline rule's struct, kept as notices come, days pass, and after a start from what the journal says was used. */
#include "base/log.h"
#include "base/tm.h"
#include "client/ports/sync_parts.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

/* The tag that a sale by QR has under the key of now, which need not be the one of then: a floor_reset ends a day. Of a number, the tag
 * that it was recorded with. */
static bool tag_of(const struct offline *o, const struct journal_record *r, uint8_t tag[static BODY_TAG])
{
    struct body_blob b;
    bool good = false;
    if (!r->blob || body_blob_decode(r->blob, r->blob_len, &b))
        return false;
    if (b.by == BODY_BY_QR) {
        struct body_card card = {.by = BODY_BY_QR};
        memcpy(card.token, b.token, CARD_TOKEN);
        good = offline_tag(o, &card, tag);
        OPENSSL_cleanse(&card, sizeof card);
    } else if (b.has_tag) {
        memcpy(tag, b.tag, BODY_TAG);
        good = true;
    }
    OPENSSL_cleanse(&b, sizeof b);
    return good;
}

static enum err mark_sale(void *ctx, const struct journal_record *r)
{
    struct offline *o = ctx;
    struct body_sale sale;
    uint8_t tag[BODY_TAG];
    enum err e = r->kind == RECORD_SALE ? body_sale_decode(r->body, r->body_len, &sale) : ERR_EXISTS;
    if (e)
        return e == ERR_NOMEM ? e : ERR_OK;
    if (tag_of(o, r, tag))
        (void)offline_mark(o, &sale, tag); /* too many to remember: the rule knows */
    body_sale_release(&sale);
    return ERR_OK;
}

struct counting {
    struct offline *o;
    int32_t today;
};

/* What was used since the lease came. Sales of other days than the two that sync_new_day marks are marked here: the clock jumped. */
static enum err count_record(void *ctx, const struct journal_record *r)
{
    const struct counting *c = ctx;
    struct offline *o = c->o;
    int32_t day = tm_day(r->at_utc_ms);
    struct body_started started;
    struct body_sale sale;
    if (r->kind == RECORD_STARTED && body_started_decode(r->body, r->body_len, &started) == ERR_OK && o->has_lease &&
        started.lease >= o->lease.version)
        offline_start(o);
    if (r->kind != RECORD_SALE)
        return ERR_OK;
    enum err e = body_sale_decode(r->body, r->body_len, &sale);
    if (e)
        return e == ERR_NOMEM ? e : ERR_OK;
    offline_count(o, &sale);
    if (o->has_key && sale.verdict == VERDICT_PROVISIONAL && day != o->day && day != c->today)
        mark_sale(o, r);
    body_sale_release(&sale);
    return ERR_OK;
}

/* Nobody needs a day's key unless something may be sold offline; and one that was made for a day of a clock that runs ahead could not
 * be taken back. */
void sync_new_day(struct sync *s)
{
    struct offline *o = s->c.offline;
    uint8_t key[OFFLINE_KEY];
    int64_t now = sync_utc(s);
    int32_t day = tm_day(now), key_day = 0;
    if (!o || !o->has_lease || now >= o->lease.stop_at_utc_ms || (o->has_key && day <= o->day))
        return;
    enum err e = keep_day_key(s->c.state, day, &key_day, key);
    if (!e) {
        offline_today(o, key_day, key);
        e = journal_day_sales(s->c.journal, key_day, mark_sale, o);
        if (!e && key_day != day) /* it was made while the clock ran ahead */
            e = journal_day_sales(s->c.journal, day, mark_sale, o);
    }
    OPENSSL_cleanse(key, sizeof key);
    if (e)
        log_warn("today's sales are not told apart by card: %s", err_code(e));
}

void sync_offline_update(struct sync *s)
{
    struct offline *o = s->c.offline;
    const struct notices *n = &s->notices;
    if (!o)
        return;
    for (int i = NOTICE_TRUST; i < NOTICE_KINDS; i++)
        offline_hold(o, (enum notice_kind)i, n->held[i].version, n->held[i].sha256);
    offline_revoked(o, revfile_list(&n->list));
    if (notices_has(n, NOTICE_LEASE) && sync_lease_counts(s, &n->lease))
        offline_lease(o, &n->lease);
    else
        o->has_lease = false;
    sync_new_day(s);
}

enum err sync_offline_begin(struct sync *s)
{
    struct offline *o = s->c.offline;
    if (!o)
        return ERR_OK;
    offline_init(o, s->notices.terminal_id, s->notices.shop_id, s->notices.epoch);
    sync_offline_update(s);
    bool known = s->keep.lease_version == o->lease.version && s->keep.lease_epoch == o->epoch &&
                 s->keep.lease_since <= journal_head(s->c.journal)->seq;
    uint64_t since = known ? s->keep.lease_since : 0;
    struct counting c = {o, tm_day(sync_utc(s))};
    return journal_after(s->c.journal, since, SIZE_MAX, SIZE_MAX, count_record, &c);
}

static enum err see_applied(void *ctx, const struct journal_record *r)
{
    struct notices *n = ctx;
    struct body_notice_applied a;
    if (r->kind != RECORD_NOTICE_APPLIED || body_notice_applied_decode(r->body, r->body_len, &a))
        return ERR_OK;
    struct notice_pin pin = {.version = a.version};
    memcpy(pin.sha256, a.sha256, KEY_HASH);
    notices_known(n, a.notice, &pin);
    return ERR_OK;
}

void sync_read_applied(struct sync *s)
{
    enum err e = journal_after(s->c.journal, 0, SIZE_MAX, SIZE_MAX, see_applied, &s->notices);
    if (e)
        log_warn("the journal does not say which notices were in force: %s", err_code(e));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/lease.h"
#include "service/http/service.h"
#include "service/sign/notices.h"
#include "service/store/store_revoked.h"
#include <string.h>

#define HOUR_MS INT64_C(3600000)

/* Everything that a lease is made of, as one snapshot shows it. */
struct facts {
    struct store_terminal terminal;
    struct notices_named trust, shop, revoked;
};

static enum err gather(struct http_request *rq, struct store_tx *tx, struct facts *f)
{
    const struct service_keys *k = rq->service->keys;
    struct store_revoked r;
    enum err e = store_terminal_get(tx, rq->who->id, &f->terminal);
    if (e == ERR_OK)
        e = store_notice_head(tx, rq->who->shop, &f->shop.version, f->shop.hash);
    if (e == ERR_OK)
        e = store_revoked_newest(tx, &r);
    if (e != ERR_OK)
        return e;
    f->revoked.version = r.version;
    memcpy(f->revoked.hash, r.hash, KEY_HASH);
    f->trust.version = k->trust_notice.version;
    memcpy(f->trust.hash, k->trust_hash, KEY_HASH);
    return ERR_OK;
}

static bool wanted(const struct http_request *rq, const struct facts *f, const struct store_held *held)
{
    const struct store_terminal *t = &f->terminal;
    int64_t age = rq->at_utc_ms - t->lease.issued_utc_ms;
    if (t->forked_utc_ms || !f->revoked.version)
        return false;
    if (held->trust != f->trust.version || held->shop != f->shop.version || held->revoked != f->revoked.version)
        return false;
    return !held->lease || held->lease != t->lease.version || t->lease.epoch != t->epoch ||
           t->lease.trust != f->trust.version || t->lease.shop != f->shop.version ||
           t->lease.revoked != f->revoked.version || age < 0 ||
           age >= rq->service->settings.policy.lease_renew_s * 1000;
}

enum err lease_due(struct http_request *rq, struct store_tx *tx, const struct store_held *held, bool *due)
{
    struct facts f;
    enum err e = gather(rq, tx, &f);
    *due = e == ERR_OK && wanted(rq, &f, held);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* a shop without a notice: nothing to name yet */
}

/* A terminal that holds a newer one than we know of has it from before we were restored from a backup. */
static int64_t next_version(const struct store_terminal *t, int64_t held)
{
    int64_t top = held > t->lease.version && held < JSONX_INT_MAX / 2 ? held : t->lease.version;
    return top + 1;
}

static void fill(const struct http_request *rq, const struct facts *f, int64_t held, struct notices_lease *l)
{
    const struct policy *p = &rq->service->settings.policy;
    *l = (struct notices_lease){.lease = {.version = next_version(&f->terminal, held),
                                    .epoch = f->terminal.epoch,
                                    .issued_utc_ms = rq->at_utc_ms,
                                    .stop_utc_ms = rq->at_utc_ms + p->lease_hours * HOUR_MS,
                                    .sales = p->offline_sales,
                                    .amount_fen = p->offline_amount_fen,
                                    .per_card_day = p->offline_per_card_day,
                                    .keyed_sales = p->keyed_sales,
                                    .keyed_amount_fen = p->keyed_amount_fen,
                                    .trust = f->trust.version,
                                    .shop = f->shop.version,
                                    .revoked = f->revoked.version},
        .starts = p->offline_starts,
        .trust = f->trust,
        .shop = f->shop,
        .revoked = f->revoked};
    memcpy(l->terminal, f->terminal.terminal, STORE_ID);
    memcpy(l->shop_id, f->terminal.shop, STORE_ID);
}

static enum err put(struct store_tx *tx, void *ctx)
{
    const struct notices_lease *l = ctx;
    return store_lease_put(tx, l->terminal, &l->lease);
}

/* It is on disk before the terminal can have it: a sale under a lease that we do not know would be contested. */
enum err lease_issue(struct http_request *rq, const struct store_held *held, struct buf *envelope)
{
    struct facts f;
    struct notices_lease l;
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = gather(rq, tx, &f);
    store_read_end(&tx);
    if (e != ERR_OK || !wanted(rq, &f, held))
        return e;
    fill(rq, &f, held->lease, &l);
    e = notices_lease(rq->service->keys, &l, envelope);
    if (e == ERR_OK)
        e = store_write(rq->service->store, put, &l);
    if (e != ERR_OK)
        buf_reset(envelope);
    return e == ERR_BUSY ? ERR_OK : e; /* another connection of this terminal was quicker */
}

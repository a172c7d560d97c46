/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/shops/{shop}: everything about one. */
#include "base/tm.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/store/store_dispute.h"
#include "service/store/store_record.h"
#include <stdlib.h>

enum { LATEST = 20 };

struct show {
    struct store_shop shop;
    struct store_sales sales;
    struct store_dispute_shop disputes;
    json_t *offers, *terminals, *latest;
};

/* How many versions the newest notice of the shop is ahead of what the terminal said it applied. */
static int64_t behind(const struct show *s, const struct store_terminal *t)
{
    return s->shop.version > t->shop_version ? s->shop.version - t->shop_version : 0;
}

static enum err add_terminal(void *ctx, const struct store_terminal *t)
{
    const struct show *s = ctx;
    json_t *v = json_pack("{so sI sI sI sI ss sI sI sI sI sI sI sI sI sI}", "terminal_id", ep_id(t->terminal), "number",
        (json_int_t)t->number, "last_seen_ms", (json_int_t)t->last_seen_utc_ms, "shop_version",
        (json_int_t)t->shop_version, "shop_version_applied_ms", (json_int_t)t->shop_version_applied_ms, "state",
        store_terminal_state(t), "behind", (json_int_t)behind(s, t), "trust_version_applied",
        (json_int_t)t->trust_version, "trust_version_applied_ms", (json_int_t)t->trust_version_applied_ms,
        "revoked_version", (json_int_t)t->revoked_version, "revoked_version_applied_ms",
        (json_int_t)t->revoked_version_applied_ms, "lease_version", (json_int_t)t->lease.version, "lease_issued_ms",
        (json_int_t)t->lease.issued_utc_ms, "lease_stop_at_ms", (json_int_t)t->lease.stop_utc_ms, "cert_not_after_ms",
        (json_int_t)t->not_after_utc_ms);
    return json_array_append_new(s->terminals, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err add_sale(void *ctx, const struct store_sale_row *s)
{
    json_t *v = json_pack("{so sI sI sI sI sI sI ss ss ss}", "sale_id", ep_id(s->sale), "at_ms",
        (json_int_t)s->at_utc_ms, "terminal_number", (json_int_t)s->terminal_number, "seq", (json_int_t)s->seq,
        "total_fen", (json_int_t)s->total_fen, "discount_fen", (json_int_t)s->discount_fen, "pay_fen",
        (json_int_t)s->pay_fen, "offer_title", s->offer_title, "card_last4", s->card_last4, "outcome",
        s->code == ERR_OK ? "counted" : err_code(s->code));
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err offers(struct store_tx *tx, const uint8_t shop[static STORE_ID], json_t *list)
{
    struct offer *all = malloc(OFFER_PER_SHOP * sizeof *all);
    size_t cnt = 0;
    enum err e = all ? store_offer_list(tx, shop, all, &cnt) : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < cnt; i++)
        e = json_array_append_new(list, offer_to_json(&all[i])) == 0 ? ERR_OK : ERR_NOMEM;
    free(all);
    return e;
}

static enum err collect(struct http_request *rq, struct store_tx *tx, const uint8_t id[static STORE_ID], struct show *s)
{
    enum err e = scope_shop(tx, rq, id, &s->shop);
    if (e == ERR_OK)
        e = offers(tx, id, s->offers);
    if (e == ERR_OK)
        e = store_terminal_list(
            tx, &(struct store_terminal_page){.scope = rq->who->org, .shop = id, .limit = INT64_MAX}, add_terminal, s);
    if (e == ERR_OK)
        e = store_sale_sums(tx, id, tm_day(rq->at_utc_ms), &s->sales);
    if (e == ERR_OK)
        e = store_dispute_of_shop(tx, id, &s->disputes);
    return e == ERR_OK ? store_sale_latest(tx, id, LATEST, add_sale, s->latest) : e;
}

static json_t *show_json(const struct show *s)
{
    const struct store_shop *p = &s->shop;
    return json_pack("{so ss ss ss ss ss ss ss sI sI sO sO s{sI sI sI sI} s{sI sI sI} sO}", "shop", ep_id(p->shop),
        "name", p->name, "category", p->category, "region", p->region, "org", p->org_code, "org_name", p->org_name,
        "standing", standing_name(p->standing), "reason", p->reason, "since_ms", (json_int_t)p->since_utc_ms, "version",
        (json_int_t)p->version, "offers", s->offers, "terminals", s->terminals, "sales", "count",
        (json_int_t)s->sales.count, "total_fen", (json_int_t)s->sales.total_fen, "discount_fen",
        (json_int_t)s->sales.discount_fen, "today_count", (json_int_t)s->sales.today_count, "disputes", "open",
        (json_int_t)s->disputes.open, "all", (json_int_t)s->disputes.all, "objected", (json_int_t)s->disputes.objected,
        "latest", s->latest);
}

enum err ep_shop_show(struct http_request *rq)
{
    uint8_t id[STORE_ID];
    struct store_tx *tx = NULL;
    struct show s = {.offers = json_array(), .terminals = json_array(), .latest = json_array()};
    enum err e = s.offers && s.terminals && s.latest ? ep_param_id(rq, 0, id) : ERR_NOMEM;
    if (e == ERR_OK)
        e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = collect(rq, tx, id, &s);
    store_read_end(&tx);
    if (e == ERR_OK)
        e = ep_answer(rq, 200, show_json(&s));
    json_decref(s.offers);
    json_decref(s.terminals);
    json_decref(s.latest);
    return e;
}

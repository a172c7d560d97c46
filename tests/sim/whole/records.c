/* SPDX-License-Identifier: Apache-2.0 */
/* What the service's model does with records that are sent up. */
#include "base/jsonw.h"
#include "tests/sim/whole/whole.h"
#include <stdlib.h>
#include <string.h>

static struct srv_sale *find_sale(struct service *v, const char *id)
{
    for (size_t i = v->sale_cnt; i-- > 0;)
        if (!strcmp(v->sale[i].id, id))
            return &v->sale[i];
    return NULL;
}

static const struct srv_lease *find_lease(const struct account *a, int64_t version)
{
    for (size_t i = a->lease_cnt; i-- > 0;)
        if (a->lease[i].version == version)
            return &a->lease[i];
    return NULL;
}

static bool over(const struct whole *w, const struct srv_sale *s)
{
    const struct service *v = w->service;
    const struct notice_allowance *a = &w->policy;
    int64_t sales = 0, fen = 0, keyed = 0, keyed_fen = 0, of_card = 0;
    for (size_t i = 0; i < v->sale_cnt; i++) {
        const struct srv_sale *o = &v->sale[i];
        if (!o->provisional || o->box != s->box || o->lease != s->lease)
            continue;
        sales++;
        fen += o->total_fen;
        keyed += o->keyed;
        keyed_fen += o->keyed ? o->total_fen : 0;
        of_card += o->card == s->card && o->keyed == s->keyed && o->day == s->day;
    }
    return sales > a->sales || fen > a->amount_fen || keyed > a->keyed_sales || keyed_fen > a->keyed_amount_fen ||
           of_card > a->per_card_day;
}

/* Why a sale is contested; the first of docs/protocol.md's list. */
static enum err settle(const struct whole *w, const struct box *b, uint32_t epoch, const struct srv_sale *s)
{
    const struct service *v = w->service;
    const struct history *then = service_then(v, s->at_utc_ms),
                         *before = service_then(v, s->at_utc_ms - 10 * MINUTE_MS);
    const struct srv_lease *l = s->provisional ? find_lease(&v->account[b->n], s->lease) : NULL;
    if (s->provisional && (!l || l->epoch != epoch))
        return ERR_LEASE_UNKNOWN;
    if (l && s->at_utc_ms < l->issued_utc_ms)
        return ERR_CLOCK_BEHIND;
    if (l && s->at_utc_ms >= l->stop_at_utc_ms)
        return ERR_OFFLINE_LATE;
    if (then->standing != STANDING_LISTED && (s->provisional || before->standing != STANDING_LISTED))
        return then->standing == STANDING_SUSPENDED ? ERR_SHOP_SUSPENDED : ERR_SHOP_DELISTED;
    if (s->provisional && (s->card < 0 || then->inactive & 1u << s->card))
        return s->keyed ? ERR_NOT_CONFIRMED : ERR_CARD_LOST;
    return s->provisional && over(w, s) ? ERR_OFFLINE_OVER : ERR_OK;
}

/* What no honest terminal brings about, whatever its clock, network and power do. */
static void judge(struct box *b, const struct srv_sale *s)
{
    bool never = s->code == ERR_LEASE_UNKNOWN || s->code == ERR_CLOCK_BEHIND || s->code == ERR_OFFLINE_LATE ||
                 s->code == ERR_OFFLINE_OVER;
    b->w->tally.contested += s->code != ERR_OK;
    if (never && !b->rolled_back && !b->w->restored)
        whole_broken(b->w, "t%d: the service contests a sale of an honest terminal: %s", b->n, err_code(s->code));
}

static void count_sale(struct box *b, uint32_t epoch, const struct body_record *r, struct srv_row *row)
{
    struct whole *w = b->w;
    struct service *v = w->service;
    struct body_sale body;
    struct body_blob blob;
    if (body_sale_decode(r->body, r->body_len, &body)) {
        whole_broken(w, "a sale that nobody can read");
        return;
    }
    struct srv_sale *s = find_sale(v, body.sale_id);
    bool known = s != NULL;
    if (!known)
        s = &v->sale[v->sale_cnt++];
    if (v->sale_cnt == SALES)
        abort();
    struct body_card card = {.by = BODY_BY_NONE};
    if (r->blob && !body_blob_decode(r->blob, r->blob_len, &blob)) {
        card.by = blob.by;
        memcpy(card.token, blob.token, CARD_TOKEN);
        memcpy(card.number, blob.sealed, blob.sealed_len < sizeof card.number ? blob.sealed_len : 0);
    }
    uint32_t counted = s->counted + 1;
    *s = (struct srv_sale){.box = b->n,
        .card = card.by ? keys_card(&card) : -1,
        .offer = body.own_price ? OFFERS : body.offer_id[ULID_LEN - 1] - '1',
        .day = tm_day(body.at_utc_ms),
        .at_utc_ms = body.at_utc_ms,
        .total_fen = body.total_fen,
        .discount_fen = body.discount_fen,
        .lease = body.lease,
        .provisional = body.verdict == VERDICT_PROVISIONAL,
        .keyed = body.by == BODY_BY_NUMBER,
        .counted = counted};
    memcpy(s->id, body.sale_id, sizeof s->id);
    s->code = settle(w, b, epoch, s);
    if (!known)
        service_consume(w, (size_t)(s - v->sale), body.checkout_id);
    judge(b, s);
    row->code = s->code;
    row->outcome = s->code ? BODY_CONTESTED : BODY_COUNTED;
    body_sale_release(&body);
}

/* The whole taken back on the day of the sale: its use of a limited offer is free again, once. */
static void release(struct whole *w, struct srv_sale *s, const struct body_void *v)
{
    struct service *srv = w->service;
    size_t sale = (size_t)(s - srv->sale);
    if (v->kind != BODY_VOID_ALL || s->returned_fen != s->total_fen || tm_day(v->at_utc_ms) != s->day || s->given_back)
        return;
    for (size_t i = 0; i < srv->use_cnt; i++)
        if (srv->use[i].consumed && srv->use[i].sale == sale && !srv->use[i].released) {
            srv->use[i].released = s->given_back = true;
            w->tally.uses_released++;
            return;
        }
}

static enum err take_back(struct box *b, const struct body_void *body)
{
    struct whole *w = b->w;
    struct service *v = w->service;
    struct srv_sale *s = find_sale(v, body->sale_id);
    struct srv_grant *g = NULL;
    for (size_t i = 0; i < v->grant_cnt; i++)
        if (!strcmp(v->grant[i].void_id, body->void_id))
            g = &v->grant[i];
    if (!s)
        return ERR_SALE_UNKNOWN;
    if (!g && s->box != b->n)
        return ERR_OFFLINE_ELSEWHERE;
    int64_t others = 0;
    for (size_t i = 0; i < v->grant_cnt; i++)
        others += v->grant[i].sale == (size_t)(s - v->sale) && &v->grant[i] != g && !v->grant[i].used &&
                          v->grant[i].until_utc_ms > service_now(w)
                      ? v->grant[i].amount_fen
                      : 0;
    bool in_time = g && !g->used && g->until_utc_ms > service_now(w);
    if (g)
        g->used = true;
    if (s->returned_fen + body->amount_fen + (in_time ? 0 : others) > s->total_fen)
        return ERR_RETURN_OVER;
    s->returned_fen += body->amount_fen;
    s->back_fen += body->discount_back_fen;
    release(w, s, body);
    return ERR_OK;
}

static void count_void(struct box *b, const struct body_record *r, struct srv_row *row)
{
    struct service *v = b->w->service;
    struct body_void body;
    if (body_void_decode(r->body, r->body_len, &body)) {
        whole_broken(b->w, "a return that nobody can read");
        return;
    }
    struct srv_void *n = v->back;
    while (n < v->back + v->back_cnt && strcmp(n->id, body.void_id) != 0)
        n++;
    if (n == v->back + v->back_cnt && ++v->back_cnt == SALES)
        abort();
    memcpy(n->id, body.void_id, sizeof n->id);
    n->counted++;
    row->code = n->code = take_back(b, &body);
    row->outcome = row->code ? BODY_CONTESTED : BODY_COUNTED;
    b->w->tally.contested += row->code != ERR_OK;
    bool never = row->code == ERR_SALE_UNKNOWN || row->code == ERR_OFFLINE_ELSEWHERE;
    if (never && !b->rolled_back && !b->w->restored)
        whole_broken(b->w, "t%d: the service contests a return of an honest terminal: %s", b->n, err_code(row->code));
}

static void count(struct box *b, uint32_t epoch, const struct body_record *r, struct srv_row *row)
{
    row->outcome = BODY_COUNTED;
    if (r->kind == RECORD_SALE)
        count_sale(b, epoch, r, row);
    else if (r->kind == RECORD_VOID)
        count_void(b, r, row);
}

static void mark_forked(struct box *b)
{
    struct whole *w = b->w;
    struct account *a = &w->service->account[b->n];
    if (a->forked)
        return;
    a->forked = true;
    w->tally.forks++;
    whole_trace(w, "t%d forked", b->n);
    world_at(w, w->now + (w->quiet ? MINUTE_MS : between(w, HOUR_MS, 2 * TM_DAY_MS)), EV_RESUME, b->n);
}

static bool leads_to(const struct box *b, const struct body_batch *in, const uint8_t hash[static KEY_HASH])
{
    struct record_head h = {.epoch = in->epoch, .seq = in->record[0].seq - 1};
    memcpy(h.terminal, b->state.info.terminal, ULID_SIZE);
    memcpy(h.hash, hash, KEY_HASH);
    for (size_t i = 0; i < in->record_cnt; i++)
        record_extend(&h, in->record[i].kind, in->record[i].body, in->record[i].body_len, &h);
    return !memcmp(h.hash, in->head_hash, KEY_HASH);
}

/* The record that the batch comes after: genesis, one of the chain, or one of a branch. NULL: it is not known. */
static const uint8_t *comes_after(const struct box *b, const struct body_batch *in)
{
    static const uint8_t genesis[KEY_HASH];
    const struct account *a = &b->w->service->account[b->n];
    static const struct chain empty;
    const struct chain *c = in->epoch < EPOCHS ? &a->chain[in->epoch] : &empty;
    uint64_t seq = in->record[0].seq - 1;
    if (seq == 0)
        return leads_to(b, in, genesis) ? genesis : NULL;
    if (seq <= c->cnt && leads_to(b, in, c->row[seq - 1].hash))
        return c->row[seq - 1].hash;
    for (size_t i = 0; i < a->branch_cnt; i++)
        if (a->branch[i].epoch == in->epoch && a->branch[i].seq == seq && leads_to(b, in, a->branch[i].hash))
            return a->branch[i].hash;
    return NULL;
}

static void keep_apart(struct box *b, const struct body_batch *in, const uint8_t after[static KEY_HASH])
{
    struct whole *w = b->w;
    struct account *a = &w->service->account[b->n];
    struct record_head h = {.epoch = in->epoch, .seq = in->record[0].seq - 1};
    memcpy(h.terminal, b->state.info.terminal, ULID_SIZE);
    memcpy(h.hash, after, KEY_HASH);
    for (size_t i = 0; i < in->record_cnt; i++) {
        struct body_sale s;
        struct body_void v;
        const struct body_record *r = &in->record[i];
        record_extend(&h, r->kind, r->body, r->body_len, &h);
        struct branch *n = &a->branch[a->branch_cnt++];
        if (a->branch_cnt == ROWS)
            abort();
        *n = (struct branch){.epoch = in->epoch, .seq = h.seq};
        memcpy(n->hash, h.hash, KEY_HASH);
        if (r->kind == RECORD_SALE && !body_sale_decode(r->body, r->body_len, &s)) {
            for (size_t k = 0; k < w->sold_cnt; k++)
                w->sold[k].branch |= !strcmp(w->sold[k].id, s.sale_id);
            body_sale_release(&s);
        }
        if (r->kind == RECORD_VOID && !body_void_decode(r->body, r->body_len, &v))
            for (size_t k = 0; k < w->taken_cnt; k++)
                w->taken[k].branch |= !strcmp(w->taken[k].id, v.void_id);
    }
}

static enum err expected(uint64_t seq, enum err e, struct buf *out)
{
    struct jsonw j = jsonw_begin(out);
    jsonw_int(&j, "expected", (int64_t)seq);
    enum err bad = jsonw_end(&j);
    return bad ? bad : e;
}

/* Kept apart; counted for nothing. */
static enum err fork(struct box *b, const struct body_batch *in, struct buf *out)
{
    if (in->epoch >= b->w->service->account[b->n].epoch)
        mark_forked(b);
    const uint8_t *after = comes_after(b, in);
    if (after)
        keep_apart(b, in, after);
    return expected(after ? in->head_seq + 1 : 1, ERR_CHAIN_FORK, out);
}

/* First whether it fits, for nothing of a refused batch is taken. */
static bool fits(const struct box *b, const struct body_batch *in, const struct chain *c, struct record_head *h)
{
    uint64_t seq = in->record[0].seq - 1;
    *h = (struct record_head){.epoch = in->epoch, .seq = seq};
    memcpy(h->terminal, b->state.info.terminal, ULID_SIZE);
    if (seq)
        memcpy(h->hash, c->row[seq - 1].hash, KEY_HASH);
    for (size_t i = 0; i < in->record_cnt; i++) {
        const struct body_record *r = &in->record[i];
        record_extend(h, r->kind, r->body, r->body_len, h);
        if (h->seq <= c->cnt && memcmp(h->hash, c->row[h->seq - 1].hash, KEY_HASH) != 0)
            return false;
    }
    return !memcmp(h->hash, in->head_hash, KEY_HASH) && h->seq == in->head_seq;
}

static void store(struct box *b, const struct body_batch *in, struct chain *c, struct body_results *out)
{
    struct record_head h = {.epoch = in->epoch, .seq = in->record[0].seq - 1};
    memcpy(h.terminal, b->state.info.terminal, ULID_SIZE);
    if (h.seq)
        memcpy(h.hash, c->row[h.seq - 1].hash, KEY_HASH);
    for (size_t i = 0; i < in->record_cnt; i++) {
        struct body_result *to = &out->result[out->result_cnt++];
        const struct body_record *r = &in->record[i];
        struct srv_row *row = &c->row[r->seq - 1];
        record_extend(&h, r->kind, r->body, r->body_len, &h);
        bool known = r->seq <= c->cnt;
        if (!known) {
            if (++c->cnt == ROWS)
                abort();
            memcpy(row->hash, h.hash, KEY_HASH);
            count(b, in->epoch, r, row);
        }
        *to = (struct body_result){
            r->seq, known ? BODY_KNOWN : row->outcome, row->code, known ? row->outcome : BODY_OUTCOME_NONE};
        b->w->tally.resent += known;
    }
}

static enum err countersign(struct box *b, const struct chain *c, struct body_results *out)
{
    static const uint8_t none[KEY_HASH];
    const struct service *v = b->w->service;
    EVP_PKEY *key = whole_keys.lease[v->lease_key];
    struct record_head h = {.epoch = out->epoch, .seq = c->cnt};
    memcpy(h.terminal, b->state.info.terminal, ULID_SIZE);
    memcpy(h.hash, c->cnt ? c->row[c->cnt - 1].hash : none, KEY_HASH);
    out->head_seq = c->cnt;
    memcpy(out->head_hash, h.hash, KEY_HASH);
    out->at_utc_ms = service_now(b->w);
    enum err e = key_id(key, out->keyid);
    return e ? e : record_countersign(&h, out->at_utc_ms, key, out->head_sig);
}

/* Where the terminal stands: it is told where the service does. */
static enum err meet(struct box *b, const struct body_batch *in, struct buf *out)
{
    static struct body_results results;
    const struct account *a = &b->w->service->account[b->n];
    if (in->fork && in->fork == a->epoch)
        mark_forked(b);
    results = (struct body_results){.epoch = a->epoch};
    enum err e = countersign(b, &a->chain[a->epoch], &results);
    return e ? e : body_results_encode(&results, out);
}

static enum err take(struct box *b, const struct body_batch *in, struct buf *out)
{
    static struct body_results results;
    struct account *a = &b->w->service->account[b->n];
    struct record_head h;
    if (!in->record_cnt)
        return meet(b, in, out);
    if (in->epoch > a->epoch)
        return fork(b, in, out);
    struct chain *c = &a->chain[in->epoch];
    const uint8_t *after = in->record[0].seq > c->cnt + 1 ? comes_after(b, in) : NULL;
    if (in->record[0].seq > c->cnt + 1 && !after)
        return expected(c->cnt + 1, ERR_CHAIN_GAP, out);
    if (after || !fits(b, in, c, &h))
        return fork(b, in, out);
    if (record_head_verify(&h, b->device, in->head_sig))
        return ERR_BAD_SIGNATURE;
    results = (struct body_results){.epoch = in->epoch};
    store(b, in, c, &results);
    enum err e = countersign(b, c, &results);
    return e ? e : body_results_encode(&results, out);
}

enum err service_records(struct box *b, const struct asked *q, struct buf *out)
{
    static struct body_batch in;
    enum err e = body_batch_decode(q->body, q->len, &in);
    if (e)
        return e;
    e = take(b, &in, out);
    body_batch_release(&in);
    return e;
}

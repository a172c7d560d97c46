/* SPDX-License-Identifier: Apache-2.0 */
/* The model of the service: short, and written from docs/protocol.md, not from service/. */
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

void service_init(struct sim *s)
{
    struct service *v = &s->service;
    v->standing[v->shop_version = 1] = STANDING_LISTED;
    v->inactive = sim_pick(s, 1u << CARDS) & sim_pick(s, 1u << CARDS);
    v->revoked[v->revoked_version = 1] = v->inactive;
    v->lease_hours = (int)sim_between(s, 2, 72);
    v->policy = (struct notice_allowance){.sales = sim_between(s, 0, 12),
        .amount_fen = sim_between(s, 0, 200000),
        .starts = sim_between(s, 0, 6),
        .per_card_day = sim_between(s, 0, 3),
        .keyed_sales = sim_between(s, 0, 4),
        .keyed_amount_fen = sim_between(s, 0, 60000)};
    for (int i = 0; i < TERMINALS; i++) {
        char id[ULID_LEN + 1];
        struct account *a = &v->account[i];
        sim_id('T', s->number, (uint32_t)i, id);
        a->epoch = a->head.epoch = 1;
        ulid_decode(id, ULID_LEN, a->head.terminal);
        a->lease = calloc(LEASES, sizeof *a->lease);
        a->used = calloc(LEASES, sizeof *a->used);
        if (!a->lease || !a->used)
            abort();
    }
}

void service_release(struct service *v)
{
    for (int i = 0; i < TERMINALS; i++) {
        free(v->account[i].hash);
        free(v->account[i].lease);
        free(v->account[i].used);
    }
    free(v->use);
    free(v->said_member);
    free(v->counted);
    free(v->branch);
}

static bool is_listed(const struct service *v)
{
    return v->standing[v->shop_version] == STANDING_LISTED;
}

static int used(const struct sim *s, int card, int offer, int32_t day, uint32_t but_checkout)
{
    int cnt = 0;
    for (size_t i = 0; i < s->service.use_cnt; i++) {
        const struct reservation *r = &s->service.use[i];
        cnt += r->card == card && r->offer == offer && r->day == day && r->checkout != but_checkout &&
               (r->consumed || r->expires_utc_ms > s->now);
    }
    return cnt;
}

/* It knows nothing of signatures: a forged QR of a real token is that member's to it. */
void service_verify(struct sim *s, const struct question *q, struct body_verdict *out)
{
    struct service *v = &s->service;
    *out = (struct body_verdict){.at_utc_ms = s->now, .reason = ERR_CARD_LOST};
    if (!is_listed(v))
        out->reason = ERR_SHOP_DELISTED;
    if (!is_listed(v) || (v->inactive & 1u << q->card))
        return;
    out->verdict = VERDICT_MEMBER;
    out->use_cnt = 1;
    memcpy(out->uses[0].offer_id, sim_cards.offers[0].id, ULID_LEN + 1);
    out->uses[0].left = used(s, q->card, 0, tm_day(s->now), q->checkout) == 0;
    v->said_member = dice_grow(v->said_member, &v->checkout_cap, (size_t)q->checkout + 1, 1);
    v->said_member[q->checkout] = (uint8_t)(q->card + 1);
}

static struct reservation *find(struct service *v, uint32_t checkout)
{
    for (size_t i = v->use_cnt; i-- > 0;)
        if (v->use[i].checkout == checkout && !v->use[i].consumed)
            return &v->use[i];
    return NULL;
}

void service_reserve(struct sim *s, const struct question *q, int terminal, struct body_reserved *out)
{
    struct service *v = &s->service;
    struct reservation *r = find(v, q->checkout);
    *out = (struct body_reserved){.reason = ERR_LIMIT_REACHED};
    if (q->offer < OFFERS &&
        used(s, q->card, q->offer, tm_day(s->now), q->checkout) >= sim_cards.offers[q->offer].per_card_day)
        return;
    if (!r) {
        v->use = dice_grow(v->use, &v->use_cap, v->use_cnt + 1, sizeof *v->use);
        r = &v->use[v->use_cnt++];
    }
    *r = (struct reservation){q->checkout, q->card, q->offer, terminal, tm_day(s->now), s->now + 15 * MINUTE_MS, false};
    *out = (struct body_reserved){.reserved = true, .expires_utc_ms = r->expires_utc_ms};
}

void service_give_back(struct sim *s, uint32_t checkout)
{
    struct reservation *r = find(&s->service, checkout);
    if (r)
        r->expires_utc_ms = 0;
}

bool service_holds(const struct sim *s, uint32_t checkout, int card, int offer)
{
    for (size_t i = 0; i < s->service.use_cnt; i++) {
        const struct reservation *r = &s->service.use[i];
        if (r->checkout == checkout && r->card == card && r->offer == offer &&
            (r->consumed || r->expires_utc_ms > s->now))
            return true;
    }
    return false;
}

static enum err over(const struct notice_allowance *a, const struct offline_used *u, bool starts)
{
    return u->sales > a->sales || u->amount_fen > a->amount_fen || u->keyed_sales > a->keyed_sales ||
                   u->keyed_amount_fen > a->keyed_amount_fen || (starts && u->starts > a->starts)
               ? ERR_OFFLINE_OVER
               : ERR_OK;
}

/* What the service would contest a provisional sale for that an honest terminal never makes. */
static enum err settle(struct account *a, const struct body_sale *b)
{
    if (b->lease < 1 || b->lease > a->lease_cnt || a->lease[b->lease - 1].epoch != a->epoch)
        return ERR_LEASE_UNKNOWN;
    const struct notice_lease *l = &a->lease[b->lease - 1];
    struct offline_used *u = &a->used[b->lease - 1];
    u->sales++;
    u->amount_fen += b->total_fen;
    u->keyed_sales += b->by == BODY_BY_NUMBER;
    u->keyed_amount_fen += b->by == BODY_BY_NUMBER ? b->total_fen : 0;
    return b->at_utc_ms >= l->stop_at_utc_ms ? ERR_OFFLINE_LATE : over(&l->allowance, u, true);
}

static void consume(struct sim *s, const struct rec *r, const struct body_sale *b, int terminal)
{
    struct service *v = &s->service;
    uint32_t checkout = (uint32_t)strtoul(b->checkout_id + 13, NULL, 10);
    struct reservation *own = find(v, checkout);
    if (own)
        own->expires_utc_ms = 0; /* of another offer, or used now */
    if (strcmp(b->offer_id, sim_cards.offers[0].id) != 0)
        return;
    v->use = dice_grow(v->use, &v->use_cap, v->use_cnt + 1, sizeof *v->use);
    v->use[v->use_cnt++] = (struct reservation){checkout, r->card, 0, terminal, tm_day(b->at_utc_ms), 0, true};
}

static void count(struct sim *s, const struct till *t, const struct rec *r)
{
    struct service *v = &s->service;
    struct account *a = &v->account[t->n];
    struct body_started started;
    struct body_sale b;
    if (r->kind == RECORD_STARTED && !body_started_decode(r->body, r->len, &started) && started.lease >= 1 &&
        started.lease <= a->lease_cnt)
        a->used[started.lease - 1].starts++;
    if (r->kind != RECORD_SALE)
        return;
    if (body_sale_decode(r->body, r->len, &b)) {
        sim_broken(s, "a sale that nobody can read");
        return;
    }
    v->counted[r->sale]++;
    consume(s, r, &b, t->n);
    if (b.verdict == VERDICT_PROVISIONAL) {
        enum err e = settle(a, &b);
        if (e && !t->rolled_back)
            sim_broken(s, "t%d: the service contests sale %u of an honest terminal: %s", t->n, r->sale, err_code(e));
    }
    body_sale_release(&b);
}

/* Kept apart; counted for nothing. */
static enum err fork(struct sim *s, const struct till *t, uint64_t from)
{
    struct service *v = &s->service;
    if (t->disk.head.epoch == v->account[t->n].epoch && !v->account[t->n].forked) {
        v->account[t->n].forked = true;
        s->tally.forks++;
        sim_trace(s, "t%d forked", t->n);
        world_at(s, s->now + sim_between(s, HOUR_MS, 5 * TM_DAY_MS), EV_RESUME, t->n);
    }
    for (size_t i = from; i < t->disk.rec_cnt; i++)
        if (t->disk.rec[i].sale)
            v->branch[t->disk.rec[i].sale] = 1;
    return ERR_CHAIN_FORK;
}

enum err service_records(struct sim *s, const struct till *t, uint64_t from, uint64_t *countersigned)
{
    struct service *v = &s->service;
    struct account *a = &v->account[t->n];
    struct record_head h = {.epoch = a->epoch, .seq = from};
    size_t cap = v->sale_cap;
    v->counted = dice_grow(v->counted, &cap, (size_t)s->sales + 1, 1);
    v->branch = dice_grow(v->branch, &v->sale_cap, (size_t)s->sales + 1, 1);
    if (t->disk.head.epoch != a->epoch || a->forked || from > a->head.seq)
        return fork(s, t, from);
    memcpy(h.terminal, a->head.terminal, ULID_SIZE);
    if (from)
        memcpy(h.hash, a->hash[from - 1], KEY_HASH);
    for (size_t i = from; i < t->disk.rec_cnt;
         i++) { /* first whether it fits, for nothing of a refused batch is taken */
        const struct rec *r = &t->disk.rec[i];
        record_extend(&h, r->kind, r->body, r->len, &h);
        if (memcmp(h.hash, r->hash, KEY_HASH) != 0 ||
            (h.seq <= a->head.seq && memcmp(h.hash, a->hash[h.seq - 1], KEY_HASH) != 0))
            return fork(s, t, from);
    }
    s->tally.known += a->head.seq > from;
    for (size_t i = a->head.seq; i < t->disk.rec_cnt; i++) {
        a->hash = dice_grow(a->hash, &a->hash_cap, i + 1, sizeof *a->hash);
        memcpy(a->hash[i], t->disk.rec[i].hash, KEY_HASH);
        count(s, t, &t->disk.rec[i]);
        a->head.seq = i + 1;
        memcpy(a->head.hash, t->disk.rec[i].hash, KEY_HASH);
    }
    *countersigned = a->head.seq < t->disk.rec_cnt ? a->head.seq : t->disk.rec_cnt;
    return ERR_OK;
}

const struct notice_lease *service_lease(struct sim *s, const struct till *t)
{
    struct service *v = &s->service;
    struct account *a = &v->account[t->n];
    const struct notice_lease *last = a->lease_cnt ? &a->lease[a->lease_cnt - 1] : NULL;
    bool same = last && last->shop.version == v->shop_version && last->revoked.version == v->revoked_version &&
                last->epoch == a->epoch;
    if (a->forked || a->lease_cnt == LEASES)
        return NULL;
    if (same && s->now - last->issued_utc_ms < HOUR_MS)
        return last;
    struct notice_lease *l = &a->lease[a->lease_cnt++];
    *l = (struct notice_lease){.version = a->lease_cnt,
        .issued_utc_ms = s->now,
        .stop_at_utc_ms = s->now + v->lease_hours * (int64_t)HOUR_MS,
        .epoch = a->epoch,
        .allowance = v->policy,
        .trust = {1, {0}},
        .shop = {v->shop_version, {0}},
        .revoked = {v->revoked_version, {0}}};
    sim_id('T', s->number, (uint32_t)t->n, l->terminal_id);
    sim_id('P', s->number, 0, l->shop_id);
    memcpy(l->trust.sha256, t->disk.trust_held.hash, KEY_HASH);
    memset(l->shop.sha256, NOTICE_SHOP, KEY_HASH);
    memcpy(l->shop.sha256, &l->shop.version, sizeof l->shop.version);
    memset(l->revoked.sha256, NOTICE_REVOKED, KEY_HASH);
    memcpy(l->revoked.sha256, &l->revoked.version, sizeof l->revoked.version);
    return l;
}

void service_resume(struct sim *s, int terminal)
{
    struct account *a = &s->service.account[terminal];
    if (!a->forked)
        return;
    a->forked = false;
    a->epoch++;
    a->head.epoch = a->epoch;
    a->head.seq = 0;
    memset(a->head.hash, 0, KEY_HASH);
    sim_trace(s, "t%d resumed, epoch %u", terminal, a->epoch);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What client/ports and client/terminal do around the core, with an invented disk and an invented network. */
#include "base/text.h"
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

static enum err collect(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

void till_notice(enum notice_kind kind, int64_t version, struct notice *out)
{
    *out = (struct notice){.kind = kind, .version = version};
    memset(out->hash, (int)kind, KEY_HASH);
    memcpy(out->hash, &version, sizeof version);
}

void till_init(struct sim *s, struct till *t, int n)
{
    char id[ULID_LEN + 1];
    t->n = n;
    sim_id('T', s->number, (uint32_t)n, id);
    t->disk.head.epoch = 1;
    ulid_decode(id, ULID_LEN, t->disk.head.terminal);
    t->disk.day = INT32_MIN;
    till_notice(NOTICE_TRUST, 1, &t->disk.trust_held);
    buf_init(&t->list, 4096);
}

void till_free_records(struct rec *rec, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++)
        free((char *)(uintptr_t)rec[i].body);
    free(rec);
}

void till_release(struct till *t)
{
    counter_gone(t);
    offline_release(&t->offline);
    buf_release(&t->list);
    till_free_records(t->disk.rec, t->disk.rec_cnt);
    till_free_records(t->snapshot.rec, t->snapshot.rec_cnt);
}

int64_t till_boot_ms(const struct sim *s, const struct till *t)
{
    return s->now - t->booted_at + 20000;
}

int64_t till_wall_ms(const struct sim *s, const struct till *t)
{
    return t->clock_1970 ? till_boot_ms(s, t) : s->now + t->wall_off_ms;
}

struct checkout_env till_env(const struct sim *s, const struct till *t)
{
    int64_t boot = till_boot_ms(s, t);
    return (struct checkout_env){.now_utc_ms = offline_time_now(&t->time, till_wall_ms(s, t), boot),
        .now_mono_ms = boot,
        .trust = &s->trust,
        .shop = t->disk.shop.version ? &t->shop : NULL,
        .offline = &t->offline,
        .cut = t->known_cut ? ERR_NET_REFUSED : ERR_OK};
}

static int64_t utc(const struct sim *s, const struct till *t)
{
    return till_env(s, t).now_utc_ms;
}

void till_store_floor(const struct sim *s, struct till *t, int64_t boot_ms)
{
    int64_t floor = offline_time_floor(&t->time, boot_ms);
    (void)s;
    if (floor > t->disk.floor_utc_ms)
        t->disk.floor_utc_ms = floor;
}

/* The list held as a file, and everything else that the offline rule looks at. */
void till_obey(struct sim *s, struct till *t)
{
    uint64_t values[CARDS];
    size_t cnt = 0;
    struct revoked list;
    struct disk *d = &t->disk;
    for (int i = 0; i < CARDS; i++)
        if (d->revoked & 1u << i)
            values[cnt++] = sim_cards.value[i];
    buf_reset(&t->list);
    if (revoked_build(values, cnt, collect, &t->list) || revoked_open(t->list.data, t->list.len, &list))
        abort();
    t->shop = (struct notice_shop){
        .version = d->shop.version, .standing = d->shop.standing, .offers = sim_cards.offers, .offer_cnt = OFFERS};
    offline_hold(&t->offline, NOTICE_TRUST, d->trust_held.version, d->trust_held.hash);
    offline_hold(&t->offline, NOTICE_SHOP, d->shop_held.version, d->shop_held.hash);
    offline_hold(&t->offline, NOTICE_REVOKED, d->revoked_held.version, d->revoked_held.hash);
    offline_revoked(&t->offline, d->revoked_held.version ? &list : NULL);
    if (d->has_lease)
        offline_lease(&t->offline, &d->lease);
    else
        t->offline.has_lease = false;
    t->offline.forked = d->forked;
    till_new_day(s, t);
}

static void mark(struct till *t, const struct rec *r)
{
    struct body_sale sale;
    if (body_sale_decode(r->body, r->len, &sale))
        abort();
    if (r->has_tag)
        offline_mark(&t->offline, &sale, r->tag);
    body_sale_release(&sale);
}

void till_new_day(struct sim *s, struct till *t)
{
    struct offline *o = &t->offline;
    struct disk *d = &t->disk;
    int64_t now = utc(s, t);
    int32_t day = tm_day(now);
    if (!o->has_lease || now >= o->lease.stop_at_utc_ms || (o->has_key && day <= o->day))
        return;
    if (!d->has_day || day > d->day) {
        d->has_day = true;
        d->day = day;
        for (int i = 0; i < OFFLINE_KEY; i++)
            d->day_key[i] = (uint8_t)sim_pick(s, 256);
    }
    offline_today(o, d->day, d->day_key);
    for (size_t i = 0; i < d->rec_cnt; i++)
        if (d->rec[i].sale && d->rec[i].provisional && d->rec[i].key_day == d->day)
            mark(t, &d->rec[i]);
}

/* What was used since the lease came, from the journal alone. */
static void count_again(struct till *t)
{
    for (size_t i = t->disk.lease_since; i < t->disk.rec_cnt; i++) {
        const struct rec *r = &t->disk.rec[i];
        struct body_sale sale;
        if (r->kind == RECORD_STARTED && t->offline.has_lease && r->lease >= t->offline.lease.version)
            offline_start(&t->offline);
        if (r->kind != RECORD_SALE)
            continue;
        if (body_sale_decode(r->body, r->len, &sale))
            abort();
        offline_count(&t->offline, &sale);
        body_sale_release(&sale);
    }
}

void till_begin_epoch(struct sim *s, struct till *t)
{
    char id[ULID_LEN + 1], shop[ULID_LEN + 1];
    sim_id('T', s->number, (uint32_t)t->n, id);
    sim_id('P', s->number, 0, shop);
    offline_release(&t->offline);
    offline_init(&t->offline, id, shop, t->disk.head.epoch);
}

void till_started(struct sim *s, struct till *t)
{
    struct rec r = {.kind = RECORD_STARTED, .card = -1};
    struct body_started b = {
        .at_utc_ms = utc(s, t), .version = "sim", .lease = t->offline.has_lease ? t->offline.lease.version : 0};
    struct buf body;
    enum err e;
    buf_init(&body, 1024);
    if (body_started_encode(&b, &body))
        abort();
    r.body = buf_str(&body);
    r.len = body.len;
    r.at_utc_ms = b.at_utc_ms;
    r.lease = b.lease;
    if (till_append(s, t, &r, &e) && !e && t->offline.has_lease)
        offline_start(&t->offline);
    buf_release(&body);
}

void till_on(struct sim *s, struct till *t)
{
    if (t->on)
        return;
    t->on = true;
    t->booted_at = s->now;
    t->boot_no++;
    offline_time_init(&t->time, t->disk.floor_utc_ms, till_wall_ms(s, t), till_boot_ms(s, t));
    till_begin_epoch(s, t);
    till_obey(s, t);
#ifndef SIM_BUG_REFILL
    count_again(t);
#endif
    till_started(s, t);
    if (t->on)
        t->starts++;
    sim_trace(s, "t%d on, records %zu, lease %lld", t->n, t->disk.rec_cnt, (long long)t->offline.lease.version);
}

/* What is in memory is gone; the floor was stored at the last full minute. */
void till_off(struct sim *s, struct till *t)
{
    int64_t boot = till_boot_ms(s, t);
    if (!t->on)
        return;
    till_store_floor(s, t, boot - boot % MINUTE_MS);
    t->ran_ms += s->now - t->booted_at;
    t->on = false;
    t->boot_no++;
    counter_gone(t);
    s->tally.cuts++;
    sim_trace(s, "t%d power cut", t->n);
}

static void put_on_disk(struct sim *s, struct till *t, struct rec *r)
{
    struct disk *d = &t->disk;
    char *body = strndup(r->body, r->len);
    if (!body || record_extend(&d->head, r->kind, body, r->len, &d->head))
        abort();
    d->rec = dice_grow(d->rec, &d->rec_cap, d->rec_cnt + 1, sizeof *d->rec);
    r->body = body;
    memcpy(r->hash, d->head.hash, KEY_HASH);
    d->rec[d->rec_cnt++] = *r;
    till_store_floor(s, t, till_boot_ms(s, t));
}

bool till_append(struct sim *s, struct till *t, struct rec *r, enum err *e)
{
    uint32_t what = s->quiet ? 99 : sim_pick(s, 100);
    *e = ERR_OK;
    s->tally.torn += what == 0;
    s->tally.disk_full += what == 1 || what == 2;
    s->tally.half_seen += what == 3;
    if (what == 0) { /* torn: the journal is as it was */
#ifdef SIM_BUG_EARLY
        return true;
#endif
        if (t->on)
            till_off(s, t);
        world_at(s, s->now + MINUTE_MS, EV_ON, t->n);
        return false;
    }
    if (what < 3) {
        *e = ERR_DISK_FULL;
        return true;
    }
    put_on_disk(s, t, r);
    if (what == 3) { /* durable, and nobody saw it */
        till_off(s, t);
        world_at(s, s->now + MINUTE_MS, EV_ON, t->n);
        return false;
    }
    return true;
}

static struct rec *copy_records(const struct disk *d)
{
    struct rec *r = calloc(d->rec_cap ? d->rec_cap : 1, sizeof *r);
    for (size_t i = 0; r && i < d->rec_cnt; i++) {
        r[i] = d->rec[i];
        r[i].body = strndup(r[i].body, r[i].len);
    }
    return r;
}

void till_snapshot(struct till *t)
{
    till_free_records(t->snapshot.rec, t->snapshot.rec_cnt);
    t->snapshot = t->disk;
    t->snapshot.rec = copy_records(&t->disk);
    t->has_snapshot = true;
}

/* The sales that a cashier saw and the old disk does not know are lost, unless they were sent. */
void till_roll_back(struct sim *s, struct till *t)
{
    till_free_records(t->disk.rec, t->disk.rec_cnt);
    t->disk = t->snapshot;
    t->disk.rec = copy_records(&t->snapshot);
    t->rolled_back = true;
    s->tally.rollbacks++;
    for (size_t i = 0; i < s->shown_cnt; i++) {
        struct shown_at *at = &s->shown_at[i];
        if (at->terminal == t->n &&
            (at->epoch > t->disk.head.epoch || (at->epoch == t->disk.head.epoch && at->seq > t->disk.head.seq)))
            at->lost = true;
    }
    sim_trace(s, "t%d disk put back to record %llu of epoch %u", t->n, (unsigned long long)t->disk.head.seq,
        t->disk.head.epoch);
}

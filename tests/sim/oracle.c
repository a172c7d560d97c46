/* SPDX-License-Identifier: Apache-2.0 */
/* Judges each sale at the moment that it becomes durable, from what is on the terminal's disk and from the true time, which no
 * terminal knows; and in the end, when everybody could talk to everybody, what became of each. */
#include "tests/sim/sim.h"
#include <string.h>

struct sums {
    int64_t sales, amount_fen, keyed, keyed_fen, starts, of_card;
};

/* What is on disk since the lease came; `of_card`: of this card under this day's key. */
static struct sums since_lease(const struct till *t, int card)
{
    const struct disk *d = &t->disk;
    struct sums u = {0};
    for (size_t i = 0; i < d->rec_cnt; i++) {
        const struct rec *r = &d->rec[i];
        u.of_card += r->provisional && r->card == card && r->key_day == t->offline.day &&
                     r->keyed == (t->c.by == BODY_BY_NUMBER);
        if (i < d->lease_since)
            continue;
        u.starts += r->kind == RECORD_STARTED;
        u.sales += r->provisional;
        u.amount_fen += r->provisional ? r->total_fen : 0;
        u.keyed += r->provisional && r->keyed;
        u.keyed_fen += r->provisional && r->keyed ? r->total_fen : 0;
    }
    return u;
}

static void judge_time(struct sim *s, const struct till *t)
{
    const struct notice_lease *l = &t->disk.lease;
    int64_t ran = t->ran_ms + s->now - t->booted_at - t->disk.ran_at_lease_ms;
    int64_t starts = t->starts - t->disk.starts_at_lease;
    if (till_wall_ms(s, t) >= s->now && s->now >= l->stop_at_utc_ms)
        sim_broken(s, "t%d: sold after stop_at with a clock that is right", t->n);
    if (!t->rolled_back && ran > l->stop_at_utc_ms - l->issued_utc_ms + starts * MINUTE_MS)
        sim_broken(s, "t%d: sold after the terminal ran for longer than its lease", t->n);
}

static void judge_provisional(struct sim *s, struct till *t, const struct body_sale *sale)
{
    const struct disk *d = &t->disk;
    const struct notice_allowance *a = &d->lease.allowance;
    struct sums u = since_lease(t, t->card);
    if (!d->has_lease || d->lease.epoch != d->head.epoch || sale->lease != d->lease.version) {
        sim_broken(s, "t%d: sold provisionally without its lease", t->n);
        return;
    }
    const char *id = d->lease.terminal_id;
    if (id[ULID_LEN - 1] != '0' + t->n)
        sim_broken(s, "t%d: sold under another terminal's lease", t->n);
    if (d->forked)
        sim_broken(s, "t%d: sold provisionally with a forked journal", t->n);
    if (d->shop_held.version < d->lease.shop.version || d->revoked_held.version < d->lease.revoked.version)
        sim_broken(s, "t%d: sold provisionally without what the lease names", t->n);
    if (sale->by == BODY_BY_QR && (d->revoked & 1u << t->card))
        sim_broken(s, "t%d: sold to a card on its list of revoked ones", t->n);
    if (sale->by == BODY_BY_NUMBER && !s->trust.offline_keyed)
        sim_broken(s, "t%d: sold by number against the policy", t->n);
    bool keyed = sale->by == BODY_BY_NUMBER;
    if (u.sales + 1 > a->sales || u.amount_fen + sale->total_fen > a->amount_fen || u.starts > a->starts ||
        (keyed && (u.keyed + 1 > a->keyed_sales || u.keyed_fen + sale->total_fen > a->keyed_amount_fen)))
        sim_broken(s, "t%d: sold beyond the lease's allowance", t->n);
    if (u.of_card + 1 > a->per_card_day)
        sim_broken(s, "t%d: sold once too often to one card in a day", t->n);
    if (t->told_no)
        sim_broken(s, "t%d: sold provisionally although the service had said no", t->n);
    judge_time(s, t);
    s->tally.cut_sales += !t->online;
    s->tally.last_of_allowance += u.sales + 1 == a->sales;
    s->tally.last_of_card += u.of_card + 1 == a->per_card_day;
    s->tally.just_in_time += s->now < d->lease.stop_at_utc_ms && s->now + MINUTE_MS >= d->lease.stop_at_utc_ms;
    s->tally.clock_1970 += t->clock_1970;
    s->tally.clock_behind += t->wall_off_ms < -TM_DAY_MS;
}

static void judge_member(struct sim *s, struct till *t, const struct body_sale *sale)
{
    const struct service *v = &s->service;
    if (t->checkout >= v->checkout_cap || v->said_member[t->checkout] != t->card + 1)
        sim_broken(s, "t%d: called a member's card what the service did not", t->n);
    s->tally.replaced += t->was_provisional;
    if (strcmp(sale->offer_id, sim_cards.offers[0].id) != 0)
        return;
    s->tally.limited++;
    if (!service_holds(s, t->checkout, t->card, 0))
        sim_broken(s, "t%d: a limited offer without a reservation", t->n);
}

void oracle_sale(struct sim *s, struct till *t, const struct body_sale *sale)
{
    int32_t day = tm_day(t->shown_utc_ms), last = tm_day(INT64_C(1780000000000)) + (t->card == CARDS - 1 ? 30 : 3650);
    if (t->disk.shop.standing != STANDING_LISTED)
        sim_broken(s, "t%d: sold after a delisting was applied", t->n);
    if (t->forged)
        sim_broken(s, "t%d: sold to a forged card", t->n);
    if (sale->by == BODY_BY_QR && day > last)
        sim_broken(s, "t%d: sold to a card that was past its expiry day when it was shown", t->n);
    if (sale->verdict == VERDICT_PROVISIONAL)
        judge_provisional(s, t, sale);
    else
        judge_member(s, t, sale);
}

/* A sale that went down with a disk: the receipt's QR names a record that is not what the service has in that place. */
static bool slip_shows(const struct sim *s, size_t i)
{
    const struct shown_at *at = &s->shown_at[i];
    const struct account *a = &s->service.account[at->terminal];
    return at->epoch != a->epoch || at->seq > a->head.seq ||
           memcmp(a->hash[at->seq - 1], s->shown[i].hash, KEY_HASH) != 0;
}

void oracle_end(struct sim *s)
{
    const struct service *v = &s->service;
    for (uint32_t i = 1; i <= s->sales && i < v->sale_cap; i++)
        if (v->counted[i] > 1)
            sim_broken(s, "sale %u was counted %u times", i, v->counted[i]);
    for (size_t i = 0; i < s->shown_cnt; i++) {
        uint32_t sale = s->shown[i].sale;
        bool there = sale < v->sale_cap && (v->counted[sale] || v->branch[sale]);
        bool shows = !there && s->shown_at[i].lost && slip_shows(s, i);
        s->tally.shows += shows;
        if (!there && !shows)
            sim_broken(s, "sale %u was shown and is lost", sale);
    }
    for (int i = 0; i < TERMINALS; i++) {
        const struct disk *d = &s->till[i].disk;
        const struct account *a = &v->account[i];
        if (d->head.epoch != a->epoch || d->head.seq != a->head.seq ||
            memcmp(d->head.hash, a->head.hash, KEY_HASH) != 0)
            sim_broken(s, "t%d: its journal and the service's are not the same, and nobody knows", i);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

#define YEARS_64 (64 * INT64_C(31556952000))

/* The event is the caller's to fill in until the next call; its time must stay. */
struct event *world_at(struct sim *s, int64_t at, enum event_kind kind, int terminal)
{
    uint32_t n = s->queue.order;
    s->event = dice_grow(s->event, &s->event_cap, (size_t)n + 1, sizeof *s->event);
    s->event[n] = (struct event){.kind = kind, .terminal = terminal, .boot_no = s->till[terminal].boot_no};
    queue_put(&s->queue, at, n);
    return &s->event[n];
}

static void later(struct sim *s, int64_t lo, int64_t hi, enum event_kind kind, int terminal)
{
    world_at(s, s->now + sim_between(s, lo, hi), kind, terminal);
}

static void wake(struct sim *s)
{
    for (int i = 0; i < TERMINALS; i++)
        if (sim_pick(s, 10)) /* else it hears of it at its next contact */
            later(s, 10, 1000, EV_SYNC, i);
}

static void link_changes(struct sim *s, struct till *t)
{
    t->online = !t->online;
    t->known_cut = !t->online && sim_pick(s, 2);
    sim_trace(s, "t%d link %s", t->n, t->online ? "up" : "down");
    if (t->online)
        later(s, 100, 60000, EV_SYNC, t->n);
    else if (t->disk.has_lease && t->disk.lease.stop_at_utc_ms > s->now) /* somebody comes just before the lease ends */
        world_at(s, t->disk.lease.stop_at_utc_ms - sim_between(s, 0, 30000), EV_CUSTOMER, t->n)->arg = 1;
    if (t->online)
        later(s, HOUR_MS, 100 * (int64_t)HOUR_MS, EV_LINK, t->n);
    else if (sim_pick(s, 4))
        later(s, MINUTE_MS, 30 * (int64_t)HOUR_MS, EV_LINK, t->n);
    else
        later(s, 30 * (int64_t)HOUR_MS, 200 * (int64_t)HOUR_MS, EV_LINK, t->n);
}

static void clock_is_set(struct sim *s, struct till *t)
{
    static const int64_t day = TM_DAY_MS;
    uint32_t what = sim_pick(s, 10);
    t->clock_1970 = what == 0;
    t->wall_off_ms = what == 1   ? YEARS_64
                     : what == 2 ? -sim_between(s, day / 24, 40 * day)
                     : what == 3 ? sim_between(s, day / 2, 3 * day)
                                 : 0;
    sim_trace(s, "t%d clock %s%lld", t->n, t->clock_1970 ? "of 1970, " : "", (long long)t->wall_off_ms);
    later(s, HOUR_MS, 10 * day, EV_CLOCK, t->n);
}

static void power_cut(struct sim *s, struct till *t)
{
    if (t->on) {
        till_off(s, t);
        world_at(s, s->now + sim_between(s, 5000, sim_pick(s, 4) ? 10 * MINUTE_MS : 2 * TM_DAY_MS), EV_ON, t->n);
    }
    later(s, HOUR_MS, 8 * TM_DAY_MS, EV_POWER, t->n);
}

void world_shop(struct sim *s, enum standing standing)
{
    struct service *v = &s->service;
    if (v->shop_version + 1 == VERSIONS)
        return;
    v->standing[++v->shop_version] = standing;
    sim_trace(s, "shop %s, version %lld", standing_name(standing), (long long)v->shop_version);
    wake(s);
}

static void shop_changes(struct sim *s)
{
    bool listed = s->service.standing[s->service.shop_version] == STANDING_LISTED;
    world_shop(s, !listed ? STANDING_LISTED : sim_pick(s, 2) ? STANDING_DELISTED : STANDING_SUSPENDED);
    later(s, HOUR_MS, (listed ? 3 : 20) * TM_DAY_MS, EV_SHOP, 0);
}

void world_card(struct sim *s, unsigned inactive)
{
    struct service *v = &s->service;
    if (v->revoked_version + 1 == VERSIONS)
        return;
    v->revoked[++v->revoked_version] = v->inactive = inactive;
    sim_trace(s, "cards not active %02x, version %lld", inactive, (long long)v->revoked_version);
    if (sim_pick(s, 2))
        wake(s);
}

static void card_changes(struct sim *s)
{
    unsigned now = s->service.inactive, card = 1u << sim_pick(s, CARDS);
    world_card(s, now & card ? now & ~card : sim_pick(s, 2) ? now | card : now);
    later(s, HOUR_MS, 6 * TM_DAY_MS, EV_CARD, 0);
}

/* A copy of the disk is made, or the one that was made is put back. */
static void disk_changes(struct sim *s, struct till *t)
{
    if (!t->has_snapshot || sim_pick(s, 2)) {
        till_snapshot(t);
    } else {
        if (t->on)
            till_off(s, t);
        till_roll_back(s, t);
        later(s, 5000, HOUR_MS, EV_ON, t->n);
    }
    later(s, TM_DAY_MS, 40 * TM_DAY_MS, EV_DISK, t->n);
}

static void handle(struct sim *s, const struct event *ev)
{
    struct till *t = &s->till[ev->terminal];
    s->tally.events++;
    switch (ev->kind) {
    case EV_CUSTOMER:
        counter_customer(s, t, (int)ev->arg - 2);
        if (!ev->arg)
            later(s, MINUTE_MS, sim_pick(s, 3) ? HOUR_MS : 40 * (int64_t)HOUR_MS, EV_CUSTOMER, t->n);
        break;
    case EV_CASHIER:
        if (ev->boot_no == t->boot_no)
            counter_cashier(s, t, ev->arg);
        break;
    case EV_TICK:
        if (ev->boot_no == t->boot_no)
            counter_tick(s, t);
        break;
    case EV_ANSWER:
        if (ev->boot_no == t->boot_no)
            counter_answer(s, t, ev);
        break;
    case EV_SYNC:
        till_sync(s, t);
        if (ev->arg)
            world_at(s, s->now + sim_between(s, 5 * MINUTE_MS, 4 * (int64_t)HOUR_MS), EV_SYNC, t->n)->arg = 1;
        break;
    case EV_LINK:
        link_changes(s, t);
        break;
    case EV_POWER:
        power_cut(s, t);
        break;
    case EV_ON:
        till_on(s, t);
        break;
    case EV_CLOCK:
        clock_is_set(s, t);
        break;
    case EV_CARD:
        card_changes(s);
        break;
    case EV_SHOP:
        shop_changes(s);
        break;
    case EV_RESUME:
        service_resume(s, t->n);
        break;
    case EV_DISK:
        disk_changes(s, t);
        break;
    case EV_KINDS:
        break;
    }
}

static void begin(struct sim *s)
{
    bool rolls =
        sim_pick(s, 4) == 0; /* in most shops nobody puts a disk back: there nothing at all may be contested as false */
    later(s, HOUR_MS, 6 * TM_DAY_MS, EV_CARD, 0);
    later(s, TM_DAY_MS, 30 * TM_DAY_MS, EV_SHOP, 0);
    for (int i = 0; i < TERMINALS; i++) {
        till_init(s, &s->till[i], i);
        till_on(s, &s->till[i]);
        s->till[i].online = true;
        till_sync(s, &s->till[i]);
        later(s, MINUTE_MS, HOUR_MS, EV_CUSTOMER, i);
        world_at(s, s->now + MINUTE_MS, EV_SYNC, i)->arg = 1;
        later(s, HOUR_MS, 30 * (int64_t)HOUR_MS, EV_LINK, i);
        later(s, HOUR_MS, 8 * TM_DAY_MS, EV_POWER, i);
        later(s, HOUR_MS, 10 * TM_DAY_MS, EV_CLOCK, i);
        if (rolls)
            later(s, HOUR_MS, 10 * TM_DAY_MS, EV_DISK, i);
    }
}

/* Everything works again, and everybody talks to each other: what is missing then is lost. */
static void settle(struct sim *s)
{
    s->quiet = true;
    for (int i = 0; i < TERMINALS; i++) {
        struct till *t = &s->till[i];
        counter_gone(t);
        t->clock_1970 = false;
        t->wall_off_ms = 0;
        till_off(s, t);
        till_on(s, t); /* writes a record, by which a journal shows that is not the service's */
        t->online = true;
        for (int round = 0; round < 8; round++) {
            till_sync(s, t);
            if (s->service.account[i].forked)
                service_resume(s, i);
        }
    }
}

void world_run(struct sim *s, int days)
{
    s->start = s->now = INT64_C(1780000000000) + sim_between(s, 0, TM_DAY_MS);
    s->end = s->start + days * TM_DAY_MS;
    s->trust = sim_cards.trust;
    s->trust.issued_utc_ms = s->start - 30 * TM_DAY_MS;
    s->trust.not_after_utc_ms = s->end + 400 * TM_DAY_MS;
    s->trust.offline_keyed = sim_pick(s, 2);
    service_init(s);
    begin(s);
    while (!*s->why && s->queue.cnt && s->queue.e[0].at < s->end) {
        struct queued q = queue_take(&s->queue);
        struct event ev = s->event[q.n];
        s->now = q.at;
        handle(s, &ev);
        free(ev.verdict);
    }
    if (!*s->why) {
        s->now = s->end;
        settle(s);
        oracle_end(s);
    }
    for (size_t i = 0; i < s->queue.cnt; i++)
        free(s->event[s->queue.e[i].n].verdict);
    free(s->queue.e);
    free(s->event);
    for (int i = 0; i < TERMINALS; i++)
        till_release(&s->till[i]);
    service_release(&s->service);
    free(s->shown);
    free(s->shown_at);
}

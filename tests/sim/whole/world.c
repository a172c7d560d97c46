/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/whole/whole.h"
#include <stdlib.h>
#include <string.h>

#define YEARS_64 (64 * INT64_C(31556952000))

/* The event is the caller's to fill in until the next call. */
struct event *world_at(struct whole *w, int64_t at, enum event_kind kind, int box)
{
    uint32_t n = w->queue.order;
    w->event = dice_grow(w->event, &w->event_cap, (size_t)n + 1, sizeof *w->event);
    w->event[n] = (struct event){.kind = kind, .box = box, .life = w->box[box].life};
    queue_put(&w->queue, at, n);
    return &w->event[n];
}

static void later(struct whole *w, int64_t lo, int64_t hi, enum event_kind kind, int box)
{
    world_at(w, w->now + between(w, lo, hi), kind, box);
}

void world_wake(struct whole *w)
{
    for (int i = 0; i < BOXES; i++) {
        struct box *b = &w->box[i];
        if (!b->on || !b->poll)
            continue;
        b->poll_at = w->now + (w->quiet ? 10 : between(w, 10, 1000));
        world_at(w, b->poll_at, EV_POLL, i)->arg = b->poll;
    }
}

static void link_changes(struct box *b)
{
    struct whole *w = b->w;
    box_link(b, !b->online);
    whole_trace(w, "t%d link %s", b->n, b->online ? "up" : "down");
    const struct disk *d = &b->disk;
    if (!b->online && d->lease_sent &&
        d->lease.stop_at_utc_ms > w->now) /* somebody comes just before the lease ends, and after */
        for (int i = -1; i < 2; i += 2)
            world_at(w, d->lease.stop_at_utc_ms + i * between(w, 0, 30000), EV_CUSTOMER, b->n)->arg = 1;
    if (b->online)
        later(w, HOUR_MS, 100 * (int64_t)HOUR_MS, EV_LINK, b->n);
    else if (pick(w, 4))
        later(w, MINUTE_MS, 30 * (int64_t)HOUR_MS, EV_LINK, b->n);
    else
        later(w, 30 * (int64_t)HOUR_MS, 400 * (int64_t)HOUR_MS, EV_LINK, b->n);
}

static void clock_is_set(struct box *b)
{
    struct whole *w = b->w;
    uint32_t what = pick(w, 10);
    b->clock_1970 = what == 0;
    b->wall_off_ms = what == 1   ? YEARS_64
                     : what == 2 ? -between(w, HOUR_MS, 40 * TM_DAY_MS)
                     : what == 3 ? between(w, TM_DAY_MS / 2, 3 * TM_DAY_MS)
                                 : 0;
    w->tally.clock_2090 += what == 1;
    whole_trace(w, "t%d clock %s%lld", b->n, b->clock_1970 ? "of 1970, " : "", (long long)b->wall_off_ms);
    later(w, HOUR_MS, 10 * TM_DAY_MS, EV_CLOCK, b->n);
}

static void power_cut(struct box *b)
{
    struct whole *w = b->w;
    if (b->on) {
        box_off(b);
        later(w, 5000, pick(w, 4) ? 10 * MINUTE_MS : 2 * TM_DAY_MS, EV_ON, b->n);
    }
    later(w, HOUR_MS, 8 * TM_DAY_MS, EV_POWER, b->n);
}

void world_shop(struct whole *w, enum standing s)
{
    w->service->standing = s;
    service_note(w);
    notices_sign_shop(w);
}

static void shop_changes(struct whole *w)
{
    bool listed = w->service->standing == STANDING_LISTED;
    world_shop(w, !listed ? STANDING_LISTED : pick(w, 2) ? STANDING_DELISTED : STANDING_SUSPENDED);
    later(w, HOUR_MS, (listed ? 2 : 15) * TM_DAY_MS, EV_SHOP, 0);
}

void world_card(struct whole *w, unsigned inactive)
{
    w->service->inactive = inactive;
    service_note(w);
    notices_sign_revoked(w);
}

static void card_changes(struct whole *w)
{
    unsigned now = w->service->inactive, card = 1u << pick(w, CARDS);
    world_card(w, now & card ? now & ~card : now | card);
    later(w, HOUR_MS, 6 * TM_DAY_MS, EV_CARD, 0);
}

static void disk_changes(struct box *b)
{
    struct whole *w = b->w;
    if (!b->has_snap || pick(w, 2)) {
        if (b->on)
            box_snapshot(b);
    } else {
        if (b->on)
            box_off(b);
        box_roll_back(b);
        later(w, 5000, HOUR_MS, EV_ON, b->n);
    }
    later(w, TM_DAY_MS, 30 * TM_DAY_MS, EV_DISK, b->n);
}

/* A new key is announced; for a while both are good. */
static void keys_change(struct whole *w)
{
    struct service *v = w->service;
    uint32_t what = pick(w, 4);
    if (what == 0 && v->root + 1 < KEYS) {
        v->root++;
        w->tally.roots++;
    } else if (what == 1 && v->notice_old < 0 && v->notice_key + 1 < KEYS) {
        v->notice_old = v->notice_key++;
        w->tally.key_changes++;
    } else if (what == 2 && v->lease_old < 0 && v->lease_key + 1 < KEYS) {
        v->lease_old = v->lease_key++;
        w->tally.key_changes++;
    } else if (what == 3) {
        w->keyed = !w->keyed;
    }
    notices_sign_trust(w, false);
    if (v->notice_old >= 0 || v->lease_old >= 0)
        later(w, HOUR_MS, 4 * TM_DAY_MS, EV_KEYS_END, 0);
    later(w, HOUR_MS, 8 * TM_DAY_MS, EV_KEYS, 0);
}

/* The old one is retired; what it signed is signed again. */
static void keys_end(struct whole *w)
{
    struct service *v = w->service;
    if (v->notice_old < 0 && v->lease_old < 0)
        return;
    bool notice = v->notice_old >= 0;
    v->notice_old = v->lease_old = -1;
    notices_sign_trust(w, false);
    if (!notice)
        return;
    notices_sign_shop(w);
    notices_sign_revoked(w);
}

static void backup(struct whole *w)
{
    memcpy(w->backup, w->service, sizeof *w->backup);
    w->has_backup = true;
    w->backup_sent_cnt = w->sent_cnt;
    later(w, HOUR_MS, 3 * TM_DAY_MS, EV_RESTORE, 0);
}

/* The database of a backup, beside keys and trust notices as they are (those are files of their own, and the root is not there). */
static void restore(struct whole *w)
{
    struct service *v = w->service, *old = w->backup;
    old->root = v->root;
    old->notice_key = v->notice_key;
    old->lease_key = v->lease_key;
    old->notice_old = v->notice_old;
    old->lease_old = v->lease_old;
    old->trust_version = v->trust_version;
    old->trust_sent = v->trust_sent;
    memcpy(v, old, sizeof *v);
    for (size_t i = w->backup_sent_cnt; i < w->sent_cnt; i++)
        w->sent[i].lost = w->sent[i].kind != NOTICE_TRUST;
    w->restored = true;
    w->tally.restores++;
    whole_trace(w, "the service is restored from a backup");
    world_wake(w);
    later(w, MINUTE_MS, 2 * TM_DAY_MS, EV_RECOVER, 0);
    later(w, 10 * TM_DAY_MS, 40 * TM_DAY_MS, EV_BACKUP, 0);
}

/* The service's clock runs ahead for a while; then a trust notice takes it back. */
static void ahead(struct whole *w)
{
    w->ahead_ms = between(w, HOUR_MS, 10 * TM_DAY_MS);
    whole_trace(w, "the service's clock is %lld s ahead", (long long)w->ahead_ms / 1000);
    notices_sign_shop(w);
    later(w, HOUR_MS, 2 * TM_DAY_MS, EV_AHEAD_END, 0);
}

static void ahead_end(struct whole *w)
{
    w->ahead_ms = 0;
    notices_sign_trust(w, true);
}

static void of_people(struct whole *w, const struct event *ev)
{
    struct box *b = &w->box[ev->box];
    bool same = ev->life == b->life;
    switch (ev->kind) {
    case EV_CUSTOMER:
        people_customer(b);
        if (!ev->arg)
            later(w, MINUTE_MS, pick(w, 3) ? HOUR_MS : 40 * (int64_t)HOUR_MS, EV_CUSTOMER, b->n);
        break;
    case EV_CASHIER:
        if (same)
            people_cashier(b, ev->arg);
        break;
    case EV_VOID:
        people_brings_back(b);
        later(w, HOUR_MS, 3 * TM_DAY_MS, EV_VOID, b->n);
        break;
    case EV_VOID_AGAIN:
        people_again(b, ev->arg);
        break;
    case EV_LINK:
        link_changes(b);
        break;
    case EV_POWER:
        power_cut(b);
        break;
    case EV_CLOCK:
        clock_is_set(b);
        break;
    case EV_DISK:
        disk_changes(b);
        break;
    default:
        break;
    }
}

static void of_service(struct whole *w, const struct event *ev)
{
    struct box *b = &w->box[ev->box];
    switch (ev->kind) {
    case EV_CARD:
        card_changes(w);
        break;
    case EV_SHOP:
        shop_changes(w);
        break;
    case EV_KEYS:
        keys_change(w);
        break;
    case EV_KEYS_END:
        keys_end(w);
        break;
    case EV_BACKUP:
        backup(w);
        break;
    case EV_RESTORE:
        restore(w);
        break;
    case EV_AHEAD:
        ahead(w);
        break;
    case EV_AHEAD_END:
        ahead_end(w);
        break;
    case EV_RECOVER:
        notices_recover(w);
        break;
    case EV_RESUME:
        service_resume(b);
        break;
    default:
        break;
    }
}

static void handle(struct whole *w, const struct event *ev)
{
    struct box *b = &w->box[ev->box];
    bool same = ev->life == b->life;
    if (ev->kind == EV_TURN && w->now != b->turn_at)
        return; /* it came, or comes, at another time */
    w->tally.events++;
    box_turn(b); /* the loop sleeps for a minute at most: what is due is done before anybody comes */
    if (ev->kind == EV_ON && (same || !b->on))
        box_on(b);
    else if (ev->kind == EV_POLL && b->on && ev->arg == b->poll && b->online)
        link_fake_poll(b);
    of_people(w, ev);
    of_service(w, ev);
    box_turn(b);
}

static void begin(struct whole *w)
{
    uint32_t disaster = w->number % 5; /* by number, so that a few shops have seen each */
    w->rolls = w->number % 4 == 2;
    later(w, HOUR_MS, 6 * TM_DAY_MS, EV_CARD, 0);
    later(w, TM_DAY_MS, 20 * TM_DAY_MS, EV_SHOP, 0);
    later(w, HOUR_MS, 8 * TM_DAY_MS, EV_KEYS, 0);
    if (disaster == 0)
        later(w, TM_DAY_MS, 20 * TM_DAY_MS, EV_BACKUP, 0);
    else if (disaster == 1)
        later(w, TM_DAY_MS, 30 * TM_DAY_MS, EV_AHEAD, 0);
    for (int i = 0; i < BOXES; i++) {
        box_init(w, &w->box[i], i);
        box_on(&w->box[i]);
        later(w, MINUTE_MS, HOUR_MS, EV_CUSTOMER, i);
        later(w, HOUR_MS, 3 * TM_DAY_MS, EV_VOID, i);
        later(w, HOUR_MS, 30 * (int64_t)HOUR_MS, EV_LINK, i);
        later(w, HOUR_MS, 8 * TM_DAY_MS, EV_POWER, i);
        later(w, HOUR_MS, 10 * TM_DAY_MS, EV_CLOCK, i);
        if (w->rolls)
            later(w, HOUR_MS, 10 * TM_DAY_MS, EV_DISK, i);
    }
}

static bool works(enum event_kind k)
{
    return k == EV_TURN || k == EV_POLL || k == EV_ON || k == EV_RESUME || k == EV_VOID_AGAIN;
}

static void run_until(struct whole *w, int64_t end)
{
    while (!*w->why && w->queue.cnt && w->queue.e[0].at < end) {
        struct queued q = queue_take(&w->queue);
        struct event ev = w->event[q.n];
        w->now = q.at;
        if (!w->quiet || works(ev.kind))
            handle(w, &ev);
    }
    w->now = end;
}

/* Everything works again, for days: what is missing then is lost. A start writes a record, by which a journal shows that is not
 * the service's. */
static void settle(struct whole *w)
{
    w->quiet = true;
    if (w->ahead_ms)
        ahead_end(w);
    for (int i = 0; i < BOXES; i++) {
        struct box *b = &w->box[i];
        b->clock_1970 = false;
        b->wall_off_ms = 0;
        box_off(b);
        b->online = true;
        box_on(b);
    }
    run_until(w, w->now + HOUR_MS);
    if (w->restored)
        notices_recover(w);
    notices_sign_trust(w, false);
    run_until(w, w->now + TM_DAY_MS);
    for (int i = 0; i < BOXES && !*w->why; i++) {
        box_off(&w->box[i]);
        box_on(&w->box[i]);
    }
    run_until(w, w->now + TM_DAY_MS);
}

static void release(struct whole *w)
{
    for (int i = 0; i < BOXES; i++)
        box_release(&w->box[i]);
    for (size_t i = 0; i < w->sent_cnt; i++)
        free(w->sent[i].text);
    free(w->sent);
    free(w->queue.e);
    free(w->event);
    free(w->visit);
    free(w->sold);
    free(w->taken);
}

void world_run(struct whole *w, int days)
{
    w->start = w->now = INT64_C(1780000000000) + between(w, 0, TM_DAY_MS);
    w->end = w->start + days * TM_DAY_MS;
    w->keyed = pick(w, 2);
    w->lease_hours = (int)between(w, 6, 72);
    w->policy = (struct notice_allowance){.sales = between(w, 0, 12),
        .amount_fen = between(w, 0, 200000),
        .starts = between(w, 0, 6),
        .per_card_day = between(w, 0, 3),
        .keyed_sales = between(w, 0, 4),
        .keyed_amount_fen = between(w, 0, 60000)};
    service_init(w);
    begin(w);
    run_until(w, w->end);
    if (!*w->why)
        settle(w);
    if (!*w->why)
        oracle_end(w);
    release(w);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What client/ports/sync*.c does: sends records, takes notices; what comes may be old, another's, or nothing. */
#include "tests/sim/sim.h"
#include <string.h>

/* ERR_EXISTS is no refusal: the very same once more. */
static bool newer(struct sim *s, const struct notice *n, const struct notice *held)
{
    enum err e = notice_newer(n, held->version, held->hash);
    s->tally.stale += e && e != ERR_EXISTS;
    if (!e && n->version < held->version)
        sim_broken(s, "an older one of the same kind is obeyed");
    return !e;
}

static void take_shop(struct sim *s, struct till *t)
{
    const struct service *v = &s->service;
    struct notice n;
    int64_t version = v->shop_version;
    if (!s->quiet && !sim_pick(s, 20)) /* somebody replays an older one */
        version = sim_between(s, 1, version);
    till_notice(NOTICE_SHOP, version, &n);
    if (!newer(s, &n, &t->disk.shop_held))
        return;
    t->disk.shop_held = n;
    t->disk.shop = (struct shop_notice){version, v->standing[version]};
    till_obey(s, t);
    counter_shop_changed(s, t);
}

static void take_revoked(struct sim *s, struct till *t)
{
    const struct service *v = &s->service;
    struct notice n;
    int64_t version = v->revoked_version;
    if (!s->quiet && !sim_pick(s, 4)) /* the file did not come through, or an old one did */
        version = sim_between(s, 1, version);
    till_notice(NOTICE_REVOKED, version, &n);
    if (!newer(s, &n, &t->disk.revoked_held))
        return;
    t->disk.revoked_held = n;
    t->disk.revoked = v->revoked[version];
    till_obey(s, t);
}

static void use_lease(struct sim *s, struct till *t, const struct notice_lease *l)
{
    struct disk *d = &t->disk;
    struct notice n;
    till_notice(NOTICE_LEASE, l->version, &n);
    if (!newer(s, &n, &d->lease_held) || offline_lease_check(&t->offline, l))
        return;
    d->lease_held = n;
    d->lease = *l;
    d->has_lease = true;
    d->lease_since = d->rec_cnt;
    d->ran_at_lease_ms = t->ran_ms + s->now - t->booted_at;
    d->starts_at_lease = t->starts;
    if (l->issued_utc_ms >= s->trust.issued_utc_ms && l->issued_utc_ms <= s->trust.not_after_utc_ms)
        offline_time_raise(&t->time, l->issued_utc_ms, till_boot_ms(s, t));
    till_store_floor(s, t, till_boot_ms(s, t));
    till_obey(s, t);
}

static void take_lease(struct sim *s, struct till *t)
{
    const struct account *own = &s->service.account[t->n], *other = &s->service.account[(t->n + 1) % TERMINALS];
    const struct notice_lease *l = service_lease(s, t);
    if (!s->quiet && !sim_pick(s, 12) && own->lease_cnt) /* replayed */
        l = &own->lease[sim_between(s, 0, own->lease_cnt - 1)];
    else if (!s->quiet && !sim_pick(s, 20) && other->lease_cnt) /* another terminal's */
        l = &other->lease[sim_between(s, 0, other->lease_cnt - 1)];
    if (l)
        use_lease(s, t, l);
}

/* The service gave a new epoch: the old branch stays where it is, a new chain begins. */
static void take_epoch(struct sim *s, struct till *t)
{
    struct disk *d = &t->disk;
    if (s->service.account[t->n].epoch <= d->head.epoch)
        return;
    till_free_records(d->rec, d->rec_cnt);
    d->rec = NULL;
    d->rec_cnt = d->rec_cap = 0;
    d->head.epoch = s->service.account[t->n].epoch;
    d->head.seq = d->sent_seq = d->lease_since = 0;
    memset(d->head.hash, 0, KEY_HASH);
    d->has_lease = d->forked = false;
    till_begin_epoch(s, t);
    till_obey(s, t);
    sim_trace(s, "t%d epoch %u", t->n, d->head.epoch);
    till_started(s, t); /* if the service has records of this epoch already, it shows by this one */
}

static void send_records(struct sim *s, struct till *t)
{
    struct disk *d = &t->disk;
    uint64_t countersigned = 0;
    enum err e = service_records(s, t, d->sent_seq, &countersigned);
    if (!s->quiet && !sim_pick(s, 8))
        return; /* the answer was lost: sent again next time */
    if (e == ERR_CHAIN_FORK) {
        d->forked = t->offline.forked = true;
        return;
    }
    d->sent_seq = countersigned;
}

void till_sync(struct sim *s, struct till *t)
{
    if (!t->on || !t->online || (!s->quiet && !sim_pick(s, 10)))
        return;
    t->known_cut = false;
    send_records(s, t);
    take_epoch(s, t);
    if (!t->on)
        return;
    take_shop(s, t);
    take_revoked(s, t);
    take_lease(s, t);
}

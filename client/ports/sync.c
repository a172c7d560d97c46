/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/sync.h"
#include "base/log.h"
#include "base/tm.h"
#include "client/ports/sync_parts.h"
#include <stdlib.h>
#include <string.h>

enum { KEEP_MS = 60000 };
#define TRUST_SOON_MS (30 * TM_DAY_MS)

int64_t sync_mono(const struct sync *s)
{
    return s->c.clock->mono_ms(s->c.clock->ctx);
}

int64_t sync_utc(const struct sync *s)
{
    return s->c.clock->utc_ms(s->c.clock->ctx);
}

void sync_changed(struct sync *s)
{
    if (s->c.changed)
        s->c.changed(s->c.ctx);
}

void sync_say(struct sync *s, enum err *where, enum err e, const char *what)
{
    if (*where == e)
        return;
    *where = e;
    if (e)
        log_warn("%s: %s", what, err_code(e));
    sync_changed(s);
}

void sync_failed(struct sync *s, struct lane *l, int64_t at_least_ms)
{
    int64_t wait = backoff_next(&l->backoff);
    l->failed = true;
    l->next_ms = sync_mono(s) + (wait > at_least_ms ? wait : at_least_ms);
}

void sync_good(struct sync *s, struct lane *l, int64_t gap_ms)
{
    backoff_reset(&l->backoff);
    l->failed = false;
    l->next_ms = sync_mono(s) + gap_ms;
}

enum err sync_keep(struct sync *s)
{
    if (s->c.floor)
        s->keep.floor_utc_ms = floor_utc_ms(s->c.floor);
    s->kept_mono_ms = sync_mono(s);
    return keep_save(s->c.state, &s->keep);
}

enum err sync_new(const struct sync_config *c, struct sync **out)
{
    struct sync *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->c = *c;
    s->up.backoff = s->down.backoff = s->list.backoff = s->who.backoff = s->cert.backoff =
        (struct backoff){.first_ms = 1000, .max_ms = 60000};
    s->fresh_lease = c->floor != NULL;
    buf_init(&s->body, BODY_MAX);
    notices_init(&s->notices, &c->state->info);
    enum err e = (s->wanted = calloc(1, sizeof *s->wanted)) ? sync_load(s) : ERR_NOMEM;
    if (!e)
        e = sync_offline_begin(s);
    if (!e)
        e = sync_chain_check(s);
    if (e)
        sync_free(&s);
    else
        *out = s;
    return e;
}

void sync_free(struct sync **s)
{
    if (!*s)
        return;
    if ((*s)->started && (*s)->c.floor && sync_keep(*s))
        log_warn("%s not written", KEEP_INI);
    const uint64_t ids[] = {(*s)->up.id, (*s)->down.id, (*s)->list.id, (*s)->who.id, (*s)->cert.id};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i])
            link_cancel((*s)->c.link, ids[i]);
    sync_forget_waiting(*s);
    free((*s)->wanted);
    notices_release(&(*s)->notices);
    buf_wipe(&(*s)->body);
    free(*s);
    *s = NULL;
}

void sync_start(struct sync *s)
{
    s->started = true;
    sync_tick(s);
}

void sync_kick(struct sync *s)
{
    if (!s->up.failed)
        s->up.next_ms = sync_mono(s);
}

static int wait_ms(const struct lane *l, bool wanted, int64_t now)
{
    int64_t left = l->next_ms - now;
    if (l->id || !wanted)
        return -1;
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* One at a time of these two: where we stand must not be judged beside records that are on their way. */
static bool wants_who(const struct sync *s)
{
    return s->c.resumed && !s->up.id && (!s->met || s->back || s->new_epoch || sync_chain_is_forked(s));
}

static bool wants_up(const struct sync *s)
{
    return (s->met || !s->c.resumed) && !s->who.id && sync_has_unsent(s);
}

/* Only over a connection that is there: a lapsed certificate cannot renew itself, and each try would say so. */
static bool wants_cert(const struct sync *s)
{
    return s->c.floor && link_status(s->c.link)->online && sync_wants_cert(s);
}

int sync_timeout_ms(const struct sync *s)
{
    int64_t now = sync_mono(s);
    if (!s->started)
        return -1;
    if (link_status(s->c.link)->online != s->was_online)
        return 0;
    const int waits[] = {wait_ms(&s->up, wants_up(s), now), wait_ms(&s->down, true, now),
        wait_ms(&s->list, s->revoked.is, now), wait_ms(&s->who, wants_who(s), now),
        wait_ms(&s->cert, wants_cert(s), now)};
    int least = -1;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if (waits[i] >= 0 && (least < 0 || waits[i] < least))
            least = waits[i];
    return least;
}

/* A long poll that was under way when the link was lost may wait for an answer on a dead connection until its deadline. */
static void poll_anew(struct sync *s)
{
    if (!s->down.id || s->poll_start_ms >= s->lost_ms)
        return;
    link_cancel(s->c.link, s->down.id);
    s->down.id = 0;
    sync_good(s, &s->down, 0);
}

/* Back again: no reason to sit out a wait that was made for a dead network. A fork stays one. */
static void see_link(struct sync *s)
{
    bool online = link_status(s->c.link)->online;
    if (!online && s->was_online)
        s->lost_ms = sync_mono(s);
    if (online && !s->was_online && s->lost_ms) {
        poll_anew(s);
        s->back = true;
        sync_good(s, &s->who, 0);
    }
    struct lane *const lanes[] = {&s->up, &s->down, &s->list, &s->who, &s->cert};
    enum { LANES = 5 };
    for (size_t i = 0; online && !s->was_online && i < LANES; i++)
        if (lanes[i]->failed && (i || s->status.upload_error != ERR_CHAIN_FORK))
            lanes[i]->next_ms = sync_mono(s);
    s->was_online = online;
}

/* Offline sales end with the trust notice: said each day, long before. */
static void see_trust(struct sync *s)
{
    int64_t now = sync_utc(s), left = s->notices.trust.not_after_utc_ms - now;
    if (left >= TRUST_SOON_MS || tm_day(now) == s->warned_day)
        return;
    s->warned_day = tm_day(now);
    if (left > 0)
        log_warn("the trust notice in force ends in %lld days; the service has none newer yet",
            (long long)(left / TM_DAY_MS));
    else
        log_warn("the trust notice in force is past its validity: nothing is sold offline");
}

void sync_tick(struct sync *s)
{
    int64_t now = sync_mono(s);
    if (!s->started)
        return;
    see_link(s);
    if (wait_ms(&s->who, wants_who(s), now) == 0)
        sync_ask_who(s);
    if (wait_ms(&s->up, wants_up(s), now) == 0)
        sync_upload(s);
    if (wait_ms(&s->down, true, now) == 0)
        sync_poll(s);
    if (wait_ms(&s->list, s->revoked.is, now) == 0)
        sync_fetch_list(s);
    if (wait_ms(&s->cert, wants_cert(s), now) == 0)
        sync_renew(s);
    sync_new_day(s);
    if (!s->c.floor || now < s->kept_mono_ms + KEEP_MS)
        return;
    see_trust(s);
    enum err e = sync_keep(s);
    if (e)
        log_warn("%s not written: %s", KEEP_INI, err_code(e));
}

const struct notice_trust *sync_trust(const struct sync *s)
{
    return &s->notices.trust;
}

const struct notice_shop *sync_shop(const struct sync *s)
{
    return notices_has(&s->notices, NOTICE_SHOP) ? &s->notices.shop : NULL;
}

const struct notice_pin *sync_held(const struct sync *s, enum notice_kind kind)
{
    return &s->notices.held[kind];
}

int64_t sync_list_utc_ms(const struct sync *s)
{
    return notices_has(&s->notices, NOTICE_REVOKED) ? s->notices.list_utc_ms : 0;
}

enum err sync_answer(const struct sync *s, const char *record_id, struct notice_answer *out)
{
    return notices_answer(&s->notices, s->c.state, record_id, out);
}

const struct sync_status *sync_status(const struct sync *s)
{
    return &s->status;
}

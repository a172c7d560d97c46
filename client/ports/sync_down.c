/* SPDX-License-Identifier: Apache-2.0 */
/* Notices down: judged, kept, obeyed. */
#include "base/log.h"
#include "base/tm.h"
#include "client/ports/sync_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_S = 50, POLL_REFUSED_S = 20, POLL_SLACK_MS = 15000, POLL_GAP_MS = 1000, POLL_NOTICES = 64, PATH_LEN = 384 };

void sync_forget_waiting(struct sync *s)
{
    struct waiting *both[] = {&s->lease, &s->revoked};
    for (size_t i = 0; i < 2; i++) {
        if (!both[i]->is)
            continue;
        notice_release(&both[i]->notice);
        buf_release(&both[i]->text);
        both[i]->is = false;
    }
}

static void let_wait(struct waiting *w, struct notice *n, struct buf *text)
{
    if (w->is) {
        notice_release(&w->notice);
        buf_release(&w->text);
    }
    *w = (struct waiting){true, *n, *text};
    *n = (struct notice){0};
    *text = (struct buf){0};
}

/* A day that began by a clock that ran ahead would last until it comes. */
static void day_back(struct sync *s)
{
    struct offline *o = s->c.offline;
    int32_t day = tm_day(sync_utc(s));
    keep_day_back(s->c.state, day);
    if (o && o->has_key && o->day > day)
        offline_day_back(o);
}

/* The trust notice in force lowers the floor and forgets versions, once. */
static void reset(struct sync *s)
{
    const struct notice_trust *t = &s->notices.trust;
    if (t->version <= s->keep.reset_version || (t->reset_floor_utc_ms < 0 && !t->reset_kinds))
        return;
    log_warn("trust notice %lld resets the floor or versions", (long long)t->version);
    if (s->c.floor && t->reset_floor_utc_ms >= 0) {
        floor_lower(s->c.floor, t->reset_floor_utc_ms);
        day_back(s);
    }
    notices_forget(&s->notices, s->c.state, t->reset_kinds);
    s->keep.reset_version = t->version;
}

enum err sync_obey(struct sync *s, const struct notice *in, const struct buf *text)
{
    enum err e = notices_put(&s->notices, s->c.state, in, text);
    if (e)
        return e;
    const int64_t reset_before = s->keep.reset_version;
    s->status.refused[in->kind] = (struct sync_refused){0};
    if (in->kind == NOTICE_TRUST) {
        s->refused = (struct refused){0};
        reset(s);
    }
    if (in->kind == NOTICE_LEASE) {
        s->keep.lease_version = in->version;
        s->keep.lease_epoch = s->notices.epoch;
        s->keep.lease_since = journal_head(s->c.journal)->seq;
        s->fresh_lease = false;
    }
    sync_offline_update(s);
    memcpy(s->keep.newest, s->notices.newest, sizeof s->keep.newest);
    if (in->kind != NOTICE_LEASE)
        s->c.notice(s->c.ctx, in);
    /* A start takes the journal's floor, too: without a record since, what was reset would be back, so it is to be reset again. */
    if (s->c.floor && journal_floor_ms(s->c.journal) > floor_utc_ms(s->c.floor))
        s->keep.reset_version = reset_before;
    enum err kept = sync_keep(s);
    if (kept)
        log_warn("%s not written: %s", KEEP_INI, err_code(kept));
    return ERR_OK;
}

bool sync_lease_counts(const struct sync *s, const struct notice_lease *l)
{
    return l->trust.version >= s->keep.reset_version;
}

/* A lease that names a list which has yet to come would end offline sales until it is there; the lease before it is still good. */
static bool lease_waits(const struct sync *s, const struct notice_lease *l)
{
    return s->revoked.is && l->revoked.version > s->notices.held[NOTICE_REVOKED].version;
}

static enum err take_lease(struct sync *s, struct notice *in, struct buf *text)
{
    struct notice_lease l;
    enum err e = notice_lease_parse(in, &l);
    if (!e && !sync_lease_counts(s, &l))
        e = ERR_NOTICE_OLDER;
    if (e)
        return e;
    if (s->c.floor)
        floor_raise(s->c.floor, l.issued_utc_ms);
    s->fresh_lease = false;
    if (!lease_waits(s, &l))
        return sync_obey(s, in, text);
    let_wait(&s->lease, in, text);
    return ERR_OK;
}

static enum err take_revoked(struct sync *s, struct notice *in, struct buf *text)
{
    enum err e = notice_revoked_parse(in, s->wanted);
    if (e)
        return e;
    if (s->list.id)
        link_cancel(s->c.link, s->list.id);
    s->list.id = 0;
    s->no_delta = false;
    let_wait(&s->revoked, in, text);
    sync_good(s, &s->list, 0);
    return ERR_OK;
}

void sync_refuse(struct sync *s, enum notice_kind kind, int64_t version, enum err e)
{
    struct sync_refused *r = &s->status.refused[kind];
    if (r->version == version && r->why == e)
        return;
    *r = (struct sync_refused){version, e, sync_utc(s)};
    if (kind == NOTICE_NONE)
        log_warn("what came for a notice is none and is refused: %s", err_code(e));
    else
        log_warn("%s notice %lld is refused: %s", notice_kind_name(kind), (long long)version, err_code(e));
    sync_changed(s);
}

/* Refused, but it says that the terminal was resumed: the service will say so itself. */
static void see_epoch(struct sync *s, const struct notice *in)
{
    struct notice_lease l;
    if (in->kind == NOTICE_LEASE && !notice_lease_parse(in, &l) && !strcmp(l.terminal_id, s->notices.terminal_id) &&
        l.epoch > s->notices.epoch) {
        s->new_epoch = true;
        sync_good(s, &s->who, 0);
    }
}

/* A trouble of this machine, not of what came. */
static bool is_ours(enum err e)
{
    return err_class(e) == ERR_CLASS_SYSTEM;
}

static enum err refuse(struct sync *s, const json_t *envelope, const struct notice *in, enum err e)
{
    struct refused *r = &s->refused;
    char id[NOTICE_ENVELOPE_ID + 1];
    bool named = false;
    sync_refuse(s, in->kind, in->version, e);
    if (is_ours(e))
        return e;
    if (in->kind == NOTICE_LEASE)
        r->lease = true;
    if (in->kind == NOTICE_LEASE || notice_envelope_id(envelope, id))
        return e;
    for (size_t i = 0; i < r->cnt; i++)
        named = named || !strcmp(r->id[i], id);
    if (named)
        return e;
    if (r->cnt == NOTICE_REFUSED_MAX)
        memmove(r->id[0], r->id[1], sizeof r->id[0] * --r->cnt);
    memcpy(r->id[r->cnt++], id, sizeof id);
    return e;
}

static enum err take_one(struct sync *s, const json_t *envelope)
{
    struct notice in = {0};
    struct buf text;
    enum err e = notices_open(envelope, &in, &text);
    if (e)
        return refuse(s, envelope, &in, e);
    const struct notice was = {.kind = in.kind, .version = in.version}; /* it may be taken away */
    e = notices_judge(&s->notices, &in, sync_utc(s));
    if (e == ERR_BAD_NOTICE)
        see_epoch(s, &in);
    if (!e)
        e = was.kind == NOTICE_LEASE     ? take_lease(s, &in, &text)
            : was.kind == NOTICE_REVOKED ? take_revoked(s, &in, &text)
                                         : sync_obey(s, &in, &text);
    notice_release(&in);
    buf_release(&text);
    if (e == ERR_EXISTS)
        return ERR_OK;
    return e ? refuse(s, envelope, &was, e) : ERR_OK;
}

/* The trust notice first: it may bring the key that signed the others. The lease last: it names them. */
static int rank(const json_t *envelope)
{
    const char *type = NULL;
    if (jsonx_str(envelope, "payloadType", 1, 128, &type))
        return 1;
    return strstr(type, ".trust.") ? 0 : strstr(type, ".lease.") ? 2 : 1;
}

/* One that is refused does not stop the rest. */
static enum err take_notices(struct sync *s, const struct link_answer *a)
{
    json_t *root = NULL, *list = NULL;
    enum err e = jsonx_parse(a->body, a->len, &root), bad = ERR_OK;
    if (!e)
        e = jsonx_arr(root, "notices", POLL_NOTICES, &list);
    for (int pass = 0; !e && pass < 3; pass++)
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *envelope = json_array_get(list, i);
            enum err got = rank(envelope) == pass ? take_one(s, envelope) : ERR_OK;
            bad = got ? got : bad;
        }
    json_decref(root);
    if (e && !is_ours(e))
        sync_refuse(s, NOTICE_NONE, 0, e);
    return e ? e : bad;
}

static void poll_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->down.id = 0;
    bool named = s->refused.cnt || s->refused.lease;
    enum err e = a->err ? a->err : take_notices(s, a);
    if (!a->err)
        s->status.notice_utc_ms = sync_utc(s);
    if (a->err || is_ours(e)) {
        sync_failed(s, &s->down, 0);
    } else if (e) { /* what is good must not wait because of what is not, nor may that make us spin */
        sync_good(s, &s->down, POLL_GAP_MS);
    } else { /* a service that does not hold the answer must not make us spin */
        s->refused = (struct refused){0};
        s->status.refused[NOTICE_NONE] = (struct sync_refused){0};
        sync_good(s, &s->down, sync_mono(s) - s->poll_start_ms < POLL_GAP_MS ? POLL_GAP_MS / 4 : 0);
    }
    if (e || !named) /* what was not offered again is refused still */
        sync_say(s, &s->status.notice_error, e, "notices are not coming");
}

static long long version_of(const struct sync *s, enum notice_kind kind)
{
    const struct waiting *w = kind == NOTICE_LEASE ? &s->lease : kind == NOTICE_REVOKED ? &s->revoked : NULL;
    int64_t held = s->notices.held[kind].version;
    if (kind == NOTICE_LEASE && s->fresh_lease)
        return 0;
    return w && w->is && w->notice.version > held ? w->notice.version : held;
}

/* The longest: 47 characters, five numbers of 16 digits, and 9 + 8 * 17. */
static void poll_path(const struct sync *s, int wait_s, char path[static PATH_LEN])
{
    int n = snprintf(path, PATH_LEN, "/v1/notices?trust=%lld&shop=%lld&revoked=%lld", version_of(s, NOTICE_TRUST),
        version_of(s, NOTICE_SHOP), version_of(s, NOTICE_REVOKED));
    if (!s->refused.lease)
        n += snprintf(path + n, PATH_LEN - (size_t)n, "&lease=%lld", version_of(s, NOTICE_LEASE));
    n += snprintf(path + n, PATH_LEN - (size_t)n, "&answer=%lld&wait=%d",
        (long long)s->notices.newest[NOTICE_ANSWER].version, wait_s);
    for (size_t i = 0; i < s->refused.cnt; i++)
        n += snprintf(path + n, PATH_LEN - (size_t)n, "%s%s", i ? "," : "&refused=", s->refused.id[i]);
}

void sync_poll(struct sync *s)
{
    char path[PATH_LEN];
    int wait_s = s->refused.cnt || s->refused.lease ? POLL_REFUSED_S : POLL_S;
    poll_path(s, wait_s, path);
    struct link_request r = {.method = "GET", .path = path, .waits = true, .done = poll_done, .ctx = s};
    s->poll_start_ms = sync_mono(s);
    r.deadline_mono_ms = s->poll_start_ms + wait_s * 1000 + POLL_SLACK_MS;
    enum err e = link_request(s->c.link, &r, &s->down.id);
    if (e)
        sync_failed(s, &s->down, 0);
    /* The answer may be a minute away: while the service is there, an earlier failure to reach it is over now. */
    else if (link_status(s->c.link)->online && err_retry(s->status.notice_error))
        sync_say(s, &s->status.notice_error, ERR_OK, "");
}

enum err sync_load(struct sync *s)
{
    enum err e = keep_load(s->c.state, &s->keep);
    bool kept = !e;
    if (e && e != ERR_NOT_FOUND)
        log_warn("%s is not as it was written: %s", KEEP_INI, err_code(e));
    for (int i = 1; i < NOTICE_KINDS; i++)
        notices_known(&s->notices, (enum notice_kind)i, &s->keep.newest[i]);
    if (!kept)
        sync_read_applied(s);
    e = notices_load(&s->notices, s->c.state);
    if (e)
        return e;
    if (!kept)
        s->keep.reset_version = s->notices.trust.version;
    reset(s);
    if (s->c.floor && notices_has(&s->notices, NOTICE_LEASE) && sync_lease_counts(s, &s->notices.lease))
        floor_raise(s->c.floor, s->notices.lease.issued_utc_ms);
    memcpy(s->keep.newest, s->notices.newest, sizeof s->keep.newest);
    return ERR_OK;
}

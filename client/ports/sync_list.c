/* SPDX-License-Identifier: Apache-2.0 */
/* The list of revoked cards, which a notice that is good and waits describes. */
#include "base/log.h"
#include "client/ports/sync_parts.h"
#include <stdio.h>

enum { LIST_MS = 120000 };

static const struct notice_delta *find_delta(const struct sync *s, int64_t from)
{
    for (size_t i = 0; from && i < s->wanted->delta_cnt; i++)
        if (s->wanted->deltas[i].from == from)
            return &s->wanted->deltas[i];
    return NULL;
}

static enum err take_list(struct sync *s, const struct link_answer *a)
{
    struct revfile *f = &s->notices.list;
    const struct notice_delta *d = find_delta(s, s->delta_from);
    return d ? revfile_delta(f, s->c.state, s->wanted, d, a->body, a->len)
             : revfile_base(f, s->c.state, s->wanted, a->body, a->len);
}

static void obey_waiting(struct sync *s)
{
    struct waiting w = s->revoked;
    s->revoked.is = false;
    enum err e = sync_obey(s, &w.notice, &w.text);
    if (e)
        sync_refuse(s, NOTICE_REVOKED, w.notice.version, e);
    notice_release(&w.notice);
    buf_release(&w.text);
    if (!s->lease.is)
        return;
    w = s->lease;
    s->lease.is = false;
    e = notices_judge(&s->notices, &w.notice, sync_utc(s));
    if (!e)
        e = sync_obey(s, &w.notice, &w.text);
    if (e && e != ERR_EXISTS)
        sync_refuse(s, NOTICE_LEASE, w.notice.version, e);
    notice_release(&w.notice);
    buf_release(&w.text);
}

static void list_done(void *ctx, const struct link_answer *a)
{
    struct sync *s = ctx;
    s->list.id = 0;
    enum err e = a->err ? a->err : take_list(s, a);
    if (!e) {
        sync_good(s, &s->list, 0);
        sync_say(s, &s->status.list_error, ERR_OK, "");
        obey_waiting(s);
        sync_changed(s);
    } else if (s->delta_from && !offline_cause(e)) { /* the whole file, then */
        log_info("a delta of the list of revoked cards was of no use: %s", err_code(e));
        s->no_delta = true;
    } else {
        sync_failed(s, &s->list, 0);
        sync_say(s, &s->status.list_error, e, "the list of revoked cards is not coming");
    }
}

void sync_fetch_list(struct sync *s)
{
    char path[96];
    long long version = (long long)s->wanted->version;
    const struct notice_delta *d = s->no_delta ? NULL : find_delta(s, s->notices.list.held.version);
    uint64_t len = d ? d->len : s->wanted->len;
    s->delta_from = d ? d->from : 0;
    if (d)
        snprintf(path, sizeof path, "/v1/revoked/%lld/from/%lld", version, (long long)d->from);
    else
        snprintf(path, sizeof path, "/v1/revoked/%lld", version);
    struct link_request r = {.method = "GET", .path = path, .done = list_done, .ctx = s, .answer_max = (size_t)len};
    r.deadline_mono_ms = sync_mono(s) + LIST_MS;
    enum err e = link_request(s->c.link, &r, &s->list.id);
    if (e) {
        sync_failed(s, &s->list, 0);
        sync_say(s, &s->status.list_error, e, "the list of revoked cards is not coming");
    }
}

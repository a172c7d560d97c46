/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/revoker.h"
#include "base/file.h"
#include "base/log.h"
#include "base/tm.h"
#include "proto/revoked.h"
#include "service/sign/notices.h"
#include "service/sign/resign.h"
#include "service/store/store_revoked.h"
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK_KEY   "revoked_key"
#define MARK_FLOOR "revoked_floor"

enum { FILE_MAX = 256 * 1024 * 1024, LOOK_MS = 200, RESIGN_MS = 60000, COMPLAIN_MS = 60000 };

struct revoker {
    struct revoker_config c;
    char dir[PATH_MAX]; /* DIR/revoked */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stop;
    bool looked; /* at `commit`, and it was up to date */
    uint64_t commit;
    int64_t resign_mono_ms, complain_mono_ms; /* when to look at the shops' notices; when to complain again */
};

static enum err path_of(const char *dir, int64_t version, int64_t from, char out[static PATH_MAX])
{
    int n = from ? snprintf(out, PATH_MAX, "%s/%" PRId64 "-%" PRId64, dir, version, from)
                 : snprintf(out, PATH_MAX, "%s/%" PRId64, dir, version);
    return n > 0 && n < PATH_MAX ? ERR_OK : ERR_TOO_LARGE;
}

enum err revoker_file(const char *dir, int64_t version, int64_t from, struct buf *out)
{
    char sub[PATH_MAX], path[PATH_MAX];
    enum err e = file_path(dir, "revoked", sub, sizeof sub);
    if (!e)
        e = path_of(sub, version, from, path);
    return e ? e : file_read(path, out);
}

/* A new version on its way. */
struct making {
    struct revoker *r;
    uint64_t *value;
    size_t cnt, cap;
    struct notices_revoked notice;
    struct store_revoked row;
    int64_t changes, before; /* before: the newest version so far */
    int64_t floor;           /* versions are above this one, too */
    struct buf file, envelope;
};

static enum err push(void *ctx, const uint8_t token[static CARD_TOKEN])
{
    struct making *m = ctx;
    if (m->cnt == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 1024;
        uint64_t *more = realloc(m->value, cap * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        m->value = more;
        m->cap = cap;
    }
    m->value[m->cnt++] = revoked_value(token);
    return ERR_OK;
}

static enum err into_buf(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

static enum err write_file(struct making *m, int64_t from, const struct buf *b)
{
    char path[PATH_MAX];
    enum err e = path_of(m->r->dir, m->notice.version, from, path);
    return e ? e : file_write(path, b->data, b->len, 0600);
}

static enum err make_delta(struct making *m, int64_t from, struct buf *was, struct buf *delta)
{
    struct revoked old, now;
    char path[PATH_MAX];
    enum err e = path_of(m->r->dir, from, 0, path);
    if (!e)
        e = file_read(path, was);
    if (!e)
        e = revoked_open(was->data, was->len, &old);
    if (!e)
        e = revoked_open(m->file.data, m->file.len, &now);
    return e ? e : revoked_delta_build(&old, &now, into_buf, delta);
}

/* A version whose file is gone or damaged is left out, and one that a delta would not save anything: terminals that have it
 * take the whole file. */
static enum err one_delta(struct making *m, int64_t from)
{
    struct notices_revoked *n = &m->notice;
    struct buf was, delta;
    buf_init(&was, FILE_MAX);
    buf_init(&delta, FILE_MAX);
    enum err e = make_delta(m, from, &was, &delta);
    bool wanted = !e && delta.len < m->file.len;
    if (wanted)
        e = write_file(m, from, &delta);
    if (wanted && !e) {
        n->delta[n->delta_cnt].from = from;
        n->delta[n->delta_cnt].len = (int64_t)delta.len;
        key_sha256(delta.data, delta.len, n->delta[n->delta_cnt++].sha256);
    }
    buf_release(&was);
    buf_release(&delta);
    return e == ERR_NOT_FOUND || e == ERR_BAD_VALUE ? ERR_OK : e;
}

static enum err write_files(struct making *m)
{
    struct notices_revoked *n = &m->notice;
    enum err e = revoked_build(m->value, m->cnt, into_buf, &m->file);
    if (e)
        return e;
    n->count = (int64_t)((m->file.len - REVOKED_HEADER) / REVOKED_VALUE);
    n->len = (int64_t)m->file.len;
    key_sha256(m->file.data, m->file.len, n->sha256);
    e = write_file(m, 0, &m->file);
    for (int64_t from = m->before; from > 0 && from > m->before - NOTICES_DELTAS && !e; from--)
        e = one_delta(m, from);
    return e;
}

static enum err put(struct store_tx *tx, void *ctx)
{
    struct making *m = ctx;
    const struct keys_signer *now = keys_signer(m->r->c.keys, 1u << NOTICE_REVOKED, m->notice.issued_utc_ms);
    enum err e = now ? store_mark_set(tx, MARK_KEY, now->id) : ERR_UNKNOWN_KEY;
    return e ? e : store_revoked_put(tx, &m->row, m->changes, buf_str(&m->envelope), m->envelope.len);
}

static enum err publish(struct making *m)
{
    m->notice.version = (m->floor > m->before ? m->floor : m->before) + 1;
    m->notice.issued_utc_ms = tm_wall_utc_ms();
    enum err e = write_files(m);
    if (!e)
        e = notices_revoked(m->r->c.keys, &m->notice, &m->envelope, m->row.hash);
    m->row.version = m->notice.version;
    m->row.made_utc_ms = m->notice.issued_utc_ms;
    m->row.count = m->notice.count;
    return e ? e : store_write(m->r->c.store, put, m);
}

/* Files of versions that nobody is led to any more. Those above the newest are of an attempt that failed. */
static void drop_old(const struct revoker *r, int64_t newest)
{
    char path[PATH_MAX];
    DIR *d = opendir(r->dir);
    for (struct dirent *f; d && (f = readdir(d));) {
        char *end;
        long long version = strtoll(f->d_name, &end, 10);
        bool ours = end != f->d_name && (!*end || *end == '-') && version > 0;
        /* a delta is of use only onto the newest, or to one who asked for it just before */
        bool old = version <= newest - REVOKER_KEEP || (*end == '-' && version < newest - 1);
        if (ours && old && !file_path(r->dir, f->d_name, path, sizeof path))
            unlink(path);
    }
    if (d)
        closedir(d);
}

/* Was the newest notice signed by a key that no longer signs, or must versions rise? */
static enum err outdated(struct store_tx *tx, struct making *m, bool *yes)
{
    const struct keys_signer *now = keys_signer(m->r->c.keys, 1u << NOTICE_REVOKED, tm_wall_utc_ms());
    char key[STORE_MARK_MAX] = "", floor[STORE_MARK_MAX] = "0";
    enum err e = store_mark_get(tx, MARK_KEY, key);
    if (!e || e == ERR_NOT_FOUND)
        e = store_mark_get(tx, MARK_FLOOR, floor);
    if (e && e != ERR_NOT_FOUND)
        return e;
    m->floor = strtoll(floor, NULL, 10);
    *yes = m->floor > m->before || (now && strcmp(key, now->id) != 0);
    return ERR_OK;
}

/* Is there anything to do? Reads the list in the same snapshot. */
static enum err look(struct revoker *r, struct making *m, bool *due)
{
    struct store_tx *tx = NULL;
    struct store_revoked newest = {.version = 0};
    int64_t made = 0;
    *due = false;
    enum err e = store_read_begin(r->c.store, &tx);
    if (!e)
        e = store_revoked_newest(tx, &newest);
    if (!e)
        e = store_revoked_changes(tx, &m->changes, &made);
    bool old = false;
    m->before = newest.version;
    if (!e)
        e = outdated(tx, m, &old);
    if (!e) {
        int64_t age = tm_wall_utc_ms() - newest.made_utc_ms;
        r->looked = newest.version && m->changes == made && !old;
        *due = old || (!r->looked && (!newest.version || age < 0 || age >= r->c.every_ms));
    }
    if (!e && *due)
        e = store_revoked_tokens(tx, push, m);
    store_read_end(&tx);
    return e;
}

/* A thing that fails is tried again at once and named once a minute. */
static void complain(struct revoker *r, const char *what, enum err e)
{
    int64_t now = tm_mono_ms();
    if (e == ERR_STOPPING || now < r->complain_mono_ms)
        return;
    r->complain_mono_ms = now + COMPLAIN_MS;
    log_error("%s failed: %s", what, err_text(e, ERR_LANG_EN));
    if (e == ERR_UNKNOWN_KEY)
        log_error("the trust notice allows no key for it: huika-service renew, then restart");
}

static void list_round(struct revoker *r)
{
    struct making m = {.r = r};
    bool due = false;
    uint64_t commit = store_commit_number(r->c.store);
    if (r->looked && r->commit == commit)
        return;
    r->commit = commit;
    buf_init(&m.file, FILE_MAX);
    buf_init(&m.envelope, NOTICE_MAX);
    int64_t begun = tm_mono_ms();
    enum err e = look(r, &m, &due);
    if (!e && due)
        e = publish(&m);
    if (!e && due) {
        log_info("revocation list %" PRId64 ": %" PRId64 " cards, %" PRId64 " ms", m.notice.version, m.notice.count,
            tm_mono_ms() - begun);
        drop_old(r, m.notice.version);
        r->c.wake(r->c.ctx);
    } else if (e) {
        complain(r, "making the revocation list", e);
    }
    free(m.value);
    buf_release(&m.file);
    buf_release(&m.envelope);
}

static void shop_round(struct revoker *r)
{
    int64_t now = tm_mono_ms(), done = 0;
    if (now < r->resign_mono_ms)
        return;
    enum err e = resign_shops(r->c.store, r->c.keys, tm_wall_utc_ms(), &done);
    if (e) {
        complain(r, "signing the shops' notices anew", e);
        return;
    }
    r->resign_mono_ms = now + RESIGN_MS;
    if (done) {
        log_info("signed %" PRId64 " shops' notices with the new key", done);
        r->c.wake(r->c.ctx);
    }
}

static void *revoker_main(void *ctx)
{
    struct revoker *r = ctx;
    pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        struct timespec until;
        pthread_mutex_unlock(&r->lock);
        shop_round(r);
        list_round(r);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&r->lock);
        if (!r->stop)
            pthread_cond_timedwait(&r->stopped, &r->lock, &until);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static enum err start(struct revoker *r)
{
    pthread_condattr_t attr;
    sigset_t all, old;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->stopped, &attr);
    pthread_condattr_destroy(&attr);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&r->thread, NULL, revoker_main, r);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc ? ERR_NOMEM : ERR_OK;
}

enum err revoker_new(const struct revoker_config *c, struct revoker **out)
{
    struct revoker *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    r->c = *c;
    enum err e = file_path(c->dir, "revoked", r->dir, sizeof r->dir);
    if (!e)
        e = file_mkdir(r->dir, 0700);
    if (e == ERR_EXISTS)
        e = ERR_OK;
    if (!e)
        e = start(r);
    if (e)
        free(r);
    else
        *out = r;
    return e;
}

void revoker_free(struct revoker **pr)
{
    struct revoker *r = pr ? *pr : NULL;
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->stopped);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->stopped);
    pthread_mutex_destroy(&r->lock);
    free(r);
    *pr = NULL;
}

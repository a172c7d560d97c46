/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal writes into its journal. */
#include "base/log.h"
#include "client/core/sale.h"
#include "client/terminal/till.h"
#include "proto/seal.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

static enum err append(struct till *t, struct journal_entry *entry, const struct buf *body, uint64_t *seq)
{
    struct record_head head;
    entry->body = buf_str(body);
    entry->body_len = body->len;
    entry->floor_utc_ms = floor_utc_ms(&t->floor);
    enum err e = journal_append(t->journal, entry, 1, &head);
    if (e)
        return e;
    if (seq)
        *seq = head.seq;
    sync_kick(t->sync);
    return ERR_OK;
}

/* Token, or sealed number, the name that was shown, and of a provisional sale what tells its card from others today. */
static enum err make_blob(const struct till *t, const struct checkout *c, struct buf *out)
{
    struct body_blob blob = {.by = c->card.by};
    uint8_t sale[ULID_SIZE];
    struct buf sealed;
    enum err e = ERR_OK;
    buf_init(&sealed, sizeof blob.sealed);
    memcpy(blob.token, c->card.token, sizeof blob.token);
    memcpy(blob.name_masked, c->name_masked, sizeof blob.name_masked);
    if (c->card.by == BODY_BY_NUMBER) {
        e = ulid_decode(c->sale_id, ULID_LEN, sale);
        if (!e)
            e = seal_number(&sync_trust(t->sync)->sealing_cert, t->state->info.terminal, sale, c->card.number, &sealed);
        if (!e) {
            memcpy(blob.sealed, sealed.data, sealed.len);
            blob.sealed_len = sealed.len;
        }
    }
    if (c->verdict == VERDICT_PROVISIONAL)
        blob.has_tag = offline_tag(&t->offline, &c->card, blob.tag);
    if (!e)
        e = body_blob_encode(&blob, out);
    buf_release(&sealed);
    OPENSSL_cleanse(&blob, sizeof blob);
    return e;
}

/* A body has 16 KiB; more goods than fit are recorded as their sum. */
static enum err encode_sale(
    const struct till *t, const struct checkout *c, const uint8_t hash[static KEY_HASH], struct buf *out)
{
    struct body_sale sale;
    enum err e = sale_from_checkout(c, hash, &sale);
    if (e)
        return e;
    sale.has_slip = t->slips.ready && !slips_hash(&t->slips, c->sale_id, sale.slip);
    e = body_sale_encode(&sale, out);
    if (e == ERR_TOO_LARGE && sale.line_cnt) {
        sale.line_cnt = 0;
        buf_reset(out);
        e = body_sale_encode(&sale, out);
    }
    body_sale_release(&sale);
    return e;
}

static enum err read_seq(void *ctx, const struct journal_record *r)
{
    *(uint64_t *)ctx = r->seq;
    return ERR_OK;
}

/* A durable sale, towards the lease's allowance and its card's uses today. */
static void count_offline(struct till *t, const struct checkout *c)
{
    struct body_sale s = {.at_utc_ms = c->at_utc_ms,
        .total_fen = c->total_fen,
        .verdict = c->verdict,
        .lease = c->lease_version,
        .by = c->by};
    uint8_t tag[BODY_TAG];
    memcpy(s.offer_id, c->offer_id, sizeof s.offer_id);
    offline_count(&t->offline, &s);
    if (offline_tag(&t->offline, &c->card, tag) && offline_mark(&t->offline, &s, tag))
        log_warn("too many sales today to tell cards apart: nothing more is sold offline today");
}

enum err till_append_sale(struct till *t, const struct seat *s, uint64_t *seq)
{
    uint8_t salt[RECORD_SALT], hash[KEY_HASH];
    struct buf body, blob;
    buf_init(&body, RECORD_BODY_MAX);
    buf_init(&blob, RECORD_BLOB_MAX);
    enum err e = RAND_bytes(salt, sizeof salt) == 1 ? make_blob(t, &s->c, &blob) : ERR_INTERNAL;
    if (!e) {
        record_blob_hash(salt, blob.data, blob.len, hash);
        e = encode_sale(t, &s->c, hash, &body);
    }
    if (!e) {
        struct journal_entry entry = {.kind = RECORD_SALE,
            .at_utc_ms = s->c.at_utc_ms,
            .blob = blob.data,
            .blob_len = blob.len,
            .salt = salt,
            .sale_id = s->c.sale_id,
            .checkout_id = s->c.id,
            .key = s->key[0] ? s->key : NULL,
            .request = s->key[0] ? s->request : NULL};
        e = append(t, &entry, &body, seq);
        if (e == ERR_EXISTS) /* an earlier try was durable after all */
            e = journal_by_sale(t->journal, s->c.sale_id, read_seq, seq);
        if (!e)
            count_offline(t, &s->c);
    }
    buf_wipe(&blob);
    buf_release(&body);
    return e;
}

enum err till_append_refusal(struct till *t, const struct seat *s)
{
    const struct body_refusal r = {till_utc(t), s->c.reason, s->c.by, s->c.input};
    struct journal_entry entry = {.kind = RECORD_REFUSAL, .at_utc_ms = r.at_utc_ms};
    struct buf body;
    buf_init(&body, RECORD_BODY_MAX);
    enum err e = body_refusal_encode(&r, &body);
    if (!e)
        e = append(t, &entry, &body, NULL);
    buf_release(&body);
    return e;
}

enum err till_append_notice(struct till *t, const struct notice *n)
{
    const struct notice_shop *shop = sync_shop(t->sync);
    struct body_notice_applied a = {.at_utc_ms = till_utc(t), .notice = n->kind, .version = n->version};
    struct journal_entry entry = {.kind = RECORD_NOTICE_APPLIED, .at_utc_ms = a.at_utc_ms};
    struct buf body;
    memcpy(a.sha256, n->hash, KEY_HASH);
    if (n->kind == NOTICE_SHOP && shop)
        a.standing = shop->standing;
    buf_init(&body, RECORD_BODY_MAX);
    enum err e = body_notice_applied_encode(&a, &body);
    if (!e)
        e = append(t, &entry, &body, NULL);
    buf_release(&body);
    return e;
}

/* What enrolment put there was never a change to obey: a chain's first records say that it is in force. */
static enum err note_held(struct till *t, enum notice_kind kind)
{
    const struct notice_pin *held = sync_held(t->sync, kind);
    struct notice n = {.kind = kind, .version = held->version};
    memcpy(n.hash, held->sha256, KEY_HASH);
    return held->version ? till_append_notice(t, &n) : ERR_OK;
}

enum err till_started(struct till *t)
{
    bool first = journal_head(t->journal)->seq == 0;
    struct body_started s = {.at_utc_ms = till_utc(t), .version = HUIKA_VERSION};
    int64_t behind_ms = floor_utc_ms(&t->floor) - floor_wall_ms(&t->floor);
    struct journal_entry entry = {.kind = RECORD_STARTED, .at_utc_ms = s.at_utc_ms};
    struct buf body;
    if (t->offline.has_lease) {
        s.lease = t->offline.lease.version;
        offline_start(&t->offline);
    }
    buf_init(&body, RECORD_BODY_MAX);
    enum err e = body_started_encode(&s, &body);
    if (!e)
        e = append(t, &entry, &body, NULL);
    buf_release(&body);
    if (!e && first)
        e = note_held(t, NOTICE_TRUST);
    if (!e && first)
        e = note_held(t, NOTICE_SHOP);
    return !e && behind_ms > OFFLINE_TIME_STEP_MS ? till_clock_step(t, -behind_ms) : e;
}

enum err till_clock_step(struct till *t, int64_t by_ms)
{
    int64_t wall = floor_wall_ms(&t->floor);
    const struct body_clock_step c = {.at_utc_ms = till_utc(t),
        .wall_utc_ms = wall > 0 ? wall : 0,
        .floor_utc_ms = floor_utc_ms(&t->floor),
        .by_ms = by_ms};
    struct journal_entry entry = {.kind = RECORD_CLOCK_STEP, .at_utc_ms = c.at_utc_ms};
    struct buf body;
    log_warn("the clock of this machine was set by %lld s", (long long)(by_ms / 1000));
    buf_init(&body, RECORD_BODY_MAX);
    enum err e = body_clock_step_encode(&c, &body);
    if (!e)
        e = append(t, &entry, &body, NULL);
    buf_release(&body);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Disputes logged at this terminal: durable, chained, sent with everything else; and what unions answered to them. */
#include "client/core/nth.h"
#include "client/print/aftersale.h"
#include "client/terminal/after.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

static const char *terminal_id(const struct after *a)
{
    return a->till->state->info.terminal_id;
}

static enum err is_there(void *ctx, const struct journal_record *r)
{
    (void)ctx, (void)r;
    return ERR_OK;
}

static enum err exists(struct after *a, uint64_t n, bool *out)
{
    char id[ULID_LEN + 1];
    nth_id(NTH_DISPUTE, terminal_id(a), n, id);
    enum err e = journal_by_sale(a->till->journal, id, is_there, NULL);
    *out = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* They are numbered without gaps, so the last one is found by doubling, then by halving. */
enum err disputes_count(struct after *a)
{
    uint64_t there = 0, not_there = 1;
    bool yes = true;
    enum err e = exists(a, not_there, &yes);
    while (!e && yes) {
        there = not_there;
        not_there *= 2;
        e = exists(a, not_there, &yes);
    }
    while (!e && not_there - there > 1) {
        uint64_t mid = there + (not_there - there) / 2;
        e = exists(a, mid, &yes);
        *(yes ? &there : &not_there) = mid;
    }
    if (!e)
        a->dispute_cnt = there;
    return e;
}

/* One record taken out of the journal, so that whoever hears of it may ask the journal again. */
struct kept {
    struct body_dispute body;
    struct body_dispute_blob blob;
    struct notice_answer answer;
    char ref[REF_LEN_MAX + 1];
    enum body_outcome outcome;
    uint64_t n;
    bool url_made;
    char url[SLIP_URL_MAX + 1];
    struct after *after;
    const uint8_t *request; /* wanted; NULL: any */
};

static enum err keep(void *ctx, const struct journal_record *r)
{
    struct kept *k = ctx;
    const struct ref ref = {k->after->till->state->info.number, r->epoch, r->seq};
    if (r->kind != RECORD_DISPUTE)
        return k->request ? ERR_IDEMPOTENCY_REUSE : ERR_NOT_FOUND;
    if (k->request && (!r->request || CRYPTO_memcmp(r->request, k->request, KEY_HASH)))
        return ERR_IDEMPOTENCY_REUSE;
    enum err e = body_dispute_decode(r->body, r->body_len, &k->body);
    if (!e)
        e = ref_format(&ref, k->ref);
    if (e)
        return e;
    if (!r->blob || body_dispute_blob_decode(r->blob, r->blob_len, &k->blob))
        k->blob.text[0] = 0;
    k->outcome = r->outcome;
    k->url_made = after_url(k->after, k->body.dispute_id, r, k->url);
    return ERR_OK;
}

static enum err tell(struct kept *k, counter_dispute_fn *each, void *ctx)
{
    enum err e = sync_answer(k->after->till->sync, k->body.dispute_id, &k->answer);
    const struct counter_dispute d = {.body = &k->body,
        .text = k->blob.text,
        .ref = k->ref,
        .outcome = k->outcome,
        .answer = e ? NULL : &k->answer,
        .n = k->n};
    return each(ctx, &d);
}

static enum err with_kept(struct after *a, enum err (*use)(struct kept *k, void *ctx), void *ctx)
{
    struct kept *k = calloc(1, sizeof *k);
    if (!k)
        return ERR_NOMEM;
    k->after = a;
    enum err e = use(k, ctx);
    OPENSSL_cleanse(k, sizeof *k);
    free(k);
    return e;
}

struct complaint {
    struct after *after;
    const struct counter_complaint *o;
    counter_dispute_fn *each;
    void *ctx;
};

static enum err sale_is_ours(void *ctx, const struct journal_record *r)
{
    (void)ctx;
    return r->kind == RECORD_SALE ? ERR_OK : ERR_NOT_FOUND;
}

static enum err refusal_at(void *ctx, const struct journal_record *r)
{
    return r->seq == *(const uint64_t *)ctx && r->kind == RECORD_REFUSAL ? ERR_EXISTS : ERR_NOT_FOUND;
}

static enum err check(struct after *a, const struct counter_complaint *o)
{
    uint64_t seq = o->refusal_seq;
    if (o->sale_id) {
        enum err e = journal_by_sale(a->till->journal, o->sale_id, sale_is_ours, NULL);
        if (e)
            return e == ERR_NOT_FOUND ? ERR_SALE_UNKNOWN : e;
    }
    if (!seq)
        return ERR_OK;
    enum err e = journal_after(a->till->journal, seq - 1, 1, RECORD_BODY_MAX, refusal_at, &seq);
    return e == ERR_EXISTS ? ERR_OK : e ? e : ERR_NOT_FOUND;
}

static enum err fill(struct after *a, const struct counter_complaint *o, struct body_dispute *d)
{
    *d = (struct body_dispute){
        .at_utc_ms = till_utc(a->till), .kind = o->kind, .reporter = o->reporter, .refusal_seq = o->refusal_seq};
    enum err e = ulid_new_text(d->at_utc_ms, d->dispute_id);
    if (o->sale_id)
        memcpy(d->sale_id, o->sale_id, ULID_LEN + 1);
    if (o->cashier)
        memcpy(d->cashier, o->cashier, strlen(o->cashier) + 1);
    return e ? e : slips_hash(&a->till->slips, d->dispute_id, d->slip);
}

/* The text, in the bytes that are hashed and stored. */
static enum err make_blob(const struct counter_complaint *o, uint8_t salt[static RECORD_SALT], struct buf *out)
{
    struct body_dispute_blob *blob = calloc(1, sizeof *blob);
    if (!blob)
        return ERR_NOMEM;
    memcpy(blob->text, o->text, strlen(o->text) + 1);
    enum err e = RAND_bytes(salt, RECORD_SALT) == 1 ? body_dispute_blob_encode(blob, out) : ERR_INTERNAL;
    OPENSSL_cleanse(blob, sizeof *blob);
    free(blob);
    return e;
}

static enum err append(struct after *a, const struct counter_complaint *o)
{
    struct body_dispute d;
    struct buf body, blob;
    uint8_t salt[RECORD_SALT];
    char nth[ULID_LEN + 1];
    buf_init(&body, RECORD_BODY_MAX);
    buf_init(&blob, RECORD_BLOB_MAX);
    enum err e = fill(a, o, &d);
    if (!e)
        e = make_blob(o, salt, &blob);
    if (!e) {
        record_blob_hash(salt, blob.data, blob.len, d.blob);
        e = body_dispute_encode(&d, &body);
    }
    nth_id(NTH_DISPUTE, terminal_id(a), a->dispute_cnt + 1, nth);
    if (!e)
        e = after_append(a, &(struct after_record){.kind = RECORD_DISPUTE,
                                .at_utc_ms = d.at_utc_ms,
                                .body = &body,
                                .blob = &blob,
                                .salt = salt,
                                .nth = nth,
                                .id = d.dispute_id,
                                .key = o->key,
                                .request = o->request});
    if (!e)
        a->dispute_cnt++;
    buf_release(&body);
    buf_wipe(&blob);
    return e;
}

/* copy NULL: a new one, whose text the counter asks for itself. */
static enum err print_slip(struct kept *k, const struct after_copy *copy)
{
    const struct aftersale_dispute slip = {.shop_name = after_shop_name(k->after),
        .ref = k->ref,
        .body = &k->body,
        .text = k->blob.text,
        .qr = k->url_made};
    const struct doc doc = {.fill = aftersale_dispute,
        .ctx = &slip,
        .qr = k->url_made ? k->url : NULL,
        .caption_zh = "扫码查看进度和答复",
        .caption_en = "Scan to follow it",
        .test = k->after->till->sandbox != NULL};
    struct aftersale_dispute text = slip;
    const struct doc shown = {.fill = aftersale_dispute, .ctx = &text, .test = doc.test};
    text.qr = false;
    if (copy)
        return after_copy(k->after, &shown, &doc, copy);
    after_print(k->after, &doc, k->body.dispute_id);
    return ERR_OK;
}

static enum err again(struct kept *k, void *ctx)
{
    const struct after_copy *c = ctx;
    enum err e = journal_by_checkout(k->after->till->journal, c->id, keep, k);
    return e ? e : print_slip(k, c);
}

enum err disputes_again(struct after *a, const struct after_copy *c)
{
    struct after_copy mine = *c;
    return with_kept(a, again, &mine);
}

static enum err complain(struct kept *k, void *ctx)
{
    const struct complaint *c = ctx;
    bool fresh;
    k->request = c->o->request;
    enum err e = journal_by_key(c->after->till->journal, c->o->key, keep, k);
    fresh = e == ERR_NOT_FOUND;
    if (fresh)
        e = check(c->after, c->o);
    if (!e && fresh)
        e = append(c->after, c->o);
    if (!e && fresh)
        e = journal_by_key(c->after->till->journal, c->o->key, keep, k);
    if (!e && fresh)
        print_slip(k, NULL);
    return e ? e : tell(k, c->each, c->ctx);
}

enum err disputes_complain(void *ctx, const struct counter_complaint *o, counter_dispute_fn *each, void *each_ctx)
{
    struct complaint c = {ctx, o, each, each_ctx};
    return with_kept(ctx, complain, &c);
}

/* What is past its term and settled; as many as fit, the rest with the next round. */
struct past {
    struct after *after;
    int64_t before_utc_ms;
    size_t cnt;
    struct past_one {
        uint32_t epoch;
        uint64_t seq;
    } list[64];
};

/* Settled, and long enough ago that its own words are no longer needed. */
static enum err is_past(void *ctx, const struct journal_record *r)
{
    struct past *p = ctx;
    struct notice_answer *answer = malloc(sizeof *answer);
    struct body_dispute *body = malloc(sizeof *body);
    enum err e = answer && body ? body_dispute_decode(r->body, r->body_len, body) : ERR_NOMEM;
    if (!e)
        e = sync_answer(p->after->till->sync, body->dispute_id, answer);
    if (!e && answer->state == DISPUTE_CLOSED && answer->at_utc_ms < p->before_utc_ms)
        p->list[p->cnt++] = (struct past_one){r->epoch, r->seq};
    free(answer);
    free(body);
    return e == ERR_NOMEM ? e : p->cnt == sizeof p->list / sizeof *p->list ? ERR_EXISTS : ERR_OK;
}

enum err disputes_erase_past(struct after *a, int64_t before_utc_ms)
{
    struct past p = {.after = a, .before_utc_ms = before_utc_ms};
    enum err e = journal_disputes_kept(a->till->journal, before_utc_ms, is_past, &p);
    e = e == ERR_EXISTS ? ERR_OK : e;
    for (size_t i = 0; !e && i < p.cnt; i++)
        e = journal_erase_one(a->till->journal, p.list[i].epoch, p.list[i].seq);
    return e;
}

static enum err note_place(void *ctx, const struct journal_record *r)
{
    *(struct past_one *)ctx = (struct past_one){r->epoch, r->seq};
    return r->kind == RECORD_DISPUTE ? ERR_OK : ERR_NOT_FOUND;
}

/* The union says that what was complained is to be forgotten. */
enum err disputes_told(struct after *a, const struct notice *n)
{
    struct past_one at;
    struct notice_answer *answer = malloc(sizeof *answer);
    enum err e = answer ? notice_answer_parse(n, answer) : ERR_NOMEM;
    if (!e && answer->erased_utc_ms) {
        e = journal_by_checkout(a->till->journal, answer->record_id, note_place, &at);
        e = e == ERR_NOT_FOUND ? ERR_OK : e ? e : journal_erase_one(a->till->journal, at.epoch, at.seq);
    }
    free(answer);
    return e;
}

struct walk {
    struct after *after;
    uint64_t before;
    size_t limit;
    const struct ref *ref;
    counter_dispute_fn *each;
    void *ctx;
    char want[REF_LEN_MAX + 1];
};

static enum err list(struct kept *k, void *ctx)
{
    struct walk *w = ctx;
    char id[ULID_LEN + 1];
    enum err e = ERR_OK;
    uint64_t n = w->before && w->before <= w->after->dispute_cnt ? w->before - 1 : w->after->dispute_cnt;
    for (; n && w->limit && !e; n--, w->limit--) {
        nth_id(NTH_DISPUTE, terminal_id(w->after), n, id);
        e = journal_by_sale(w->after->till->journal, id, keep, k);
        k->n = n;
        if (!e)
            e = tell(k, w->each, w->ctx);
    }
    return e;
}

enum err disputes_list(void *ctx, uint64_t before, size_t limit, counter_dispute_fn *each, void *each_ctx)
{
    struct walk w = {.after = ctx, .before = before, .limit = limit, .each = each, .ctx = each_ctx};
    return with_kept(ctx, list, &w);
}

/* A reference is a place in the journal. */
static enum err get(struct kept *k, void *ctx)
{
    struct walk *w = ctx;
    struct journal *j = w->after->till->journal;
    if (w->ref->number != w->after->till->state->info.number)
        return ERR_NOT_FOUND;
    enum err e = journal_after_in(j, w->ref->epoch, w->ref->seq - 1, 1, RECORD_BODY_MAX, keep, k);
    return e ? e : !k->ref[0] || strcmp(k->ref, w->want) != 0 ? ERR_NOT_FOUND : tell(k, w->each, w->ctx);
}

enum err disputes_get(void *ctx, const struct ref *ref, counter_dispute_fn *each, void *each_ctx)
{
    struct walk w = {.after = ctx, .ref = ref, .each = each, .ctx = each_ctx};
    enum err e = ref_format(ref, w.want);
    return e ? e : with_kept(ctx, get, &w);
}

enum err disputes_slip(void *ctx, const struct counter_dispute *d, enum err_lang lang, size_t columns, struct buf *out)
{
    const struct after *a = ctx;
    const struct aftersale_dispute slip = {
        .shop_name = after_shop_name(a), .ref = d->ref, .body = d->body, .text = d->text};
    const struct doc doc = {.fill = aftersale_dispute, .ctx = &slip, .test = a->till->sandbox != NULL};
    return doc_text(&doc, lang, columns, out);
}

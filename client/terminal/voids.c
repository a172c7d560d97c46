/* SPDX-License-Identifier: Apache-2.0 */
/* Voids and returns. The n-th of a sale has an id that follows from the sale's (core/nth.h): found without an index, and never
 * written twice. */
#include "base/log.h"
#include "client/core/nth.h"
#include "client/print/aftersale.h"
#include "client/terminal/after.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* One record taken out of the journal. */
struct kept {
    struct body_void body;
    struct body_void_blob blob;
    uint64_t seq;
    enum body_outcome outcome;
    enum err code;
    bool url_made;
    char url[SLIP_URL_MAX + 1];
    struct after *after;
    const uint8_t *request; /* wanted; NULL: any */
};

static enum err keep(void *ctx, const struct journal_record *r)
{
    struct kept *k = ctx;
    if (r->kind != RECORD_VOID)
        return k->request ? ERR_IDEMPOTENCY_REUSE : ERR_NOT_FOUND;
    if (k->request && (!r->request || CRYPTO_memcmp(r->request, k->request, KEY_HASH)))
        return ERR_IDEMPOTENCY_REUSE;
    enum err e = body_void_decode(r->body, r->body_len, &k->body);
    if (e)
        return e;
    if (!r->blob || body_void_blob_decode(r->blob, r->blob_len, &k->blob))
        k->blob.reason[0] = 0;
    k->seq = r->seq;
    k->outcome = r->outcome;
    k->code = r->code;
    k->url_made = after_url(k->after, k->body.void_id, r, k->url);
    return ERR_OK;
}

static enum err tell(const struct kept *k, counter_void_fn *each, void *ctx)
{
    const struct counter_voided v = {&k->body, k->seq, k->outcome, k->code};
    return each(ctx, &v);
}

static enum err with_kept(struct after *a, enum err (*use)(struct kept *k, void *ctx), void *ctx)
{
    struct kept *k = calloc(1, sizeof *k);
    if (!k)
        return ERR_NOMEM;
    k->after = a;
    enum err e = use(k, ctx);
    free(k);
    return e;
}

struct walk {
    const char *sale_id;
    counter_void_fn *each;
    void *ctx;
};

static enum err walk(struct kept *k, void *ctx)
{
    const struct walk *w = ctx;
    char id[ULID_LEN + 1];
    for (uint64_t n = 1;; n++) {
        nth_id(NTH_VOID, w->sale_id, n, id);
        enum err e = journal_by_sale(k->after->till->journal, id, keep, k);
        if (e)
            return e == ERR_NOT_FOUND ? ERR_OK : e;
        e = tell(k, w->each, w->ctx);
        if (e)
            return e;
    }
}

enum err voids_each(void *ctx, const char *sale_id, counter_void_fn *each, void *each_ctx)
{
    struct walk w = {sale_id, each, each_ctx};
    return with_kept(ctx, walk, &w);
}

static enum err add(void *ctx, const struct counter_voided *v)
{
    struct voids_known *k = ctx;
    if (v->body->returned_fen > k->returned_fen)
        k->returned_fen = v->body->returned_fen;
    k->here_fen += v->body->amount_fen;
    k->cnt++;
    k->unsent |= v->outcome == BODY_OUTCOME_NONE && !v->body->granted;
    return ERR_OK;
}

enum err voids_returned(struct after *a, const char *sale_id, struct voids_known *out)
{
    struct voids_known k = {0};
    enum err e = voids_each(a, sale_id, add, &k);
    if (!e)
        *out = k;
    return e;
}

static enum err read_sale(void *ctx, const struct journal_record *r)
{
    struct void_sale *s = ctx;
    struct body_sale sale;
    if (r->kind != RECORD_SALE)
        return ERR_NOT_FOUND;
    enum err e = body_sale_decode(r->body, r->body_len, &sale);
    if (e)
        return e;
    *s = (struct void_sale){.total_fen = sale.total_fen, .discount_fen = sale.discount_fen};
    body_sale_release(&sale);
    return ERR_OK;
}

static enum err make_blob(const struct after_job *j, uint8_t salt[static RECORD_SALT], struct buf *out)
{
    struct body_void_blob blob;
    memcpy(blob.reason, j->reason, sizeof blob.reason);
    enum err e = RAND_bytes(salt, RECORD_SALT) == 1 ? body_void_blob_encode(&blob, out) : ERR_INTERNAL;
    OPENSSL_cleanse(&blob, sizeof blob);
    return e;
}

/* v: amounts and sums are in it. */
static enum err append(struct after *a, const struct after_job *j, struct body_void *v)
{
    uint8_t salt[RECORD_SALT];
    char nth[ULID_LEN + 1];
    struct buf body, blob;
    struct voids_known known = {0};
    buf_init(&body, RECORD_BODY_MAX);
    buf_init(&blob, RECORD_BLOB_MAX);
    v->at_utc_ms = till_utc(a->till);
    memcpy(v->void_id, j->void_id, sizeof v->void_id);
    memcpy(v->sale_id, j->sale_id, sizeof v->sale_id);
    memcpy(v->cashier, j->cashier, sizeof v->cashier);
    enum err e = voids_returned(a, j->sale_id, &known);
    nth_id(NTH_VOID, j->sale_id, known.cnt + 1, nth);
    if (!e)
        e = slips_hash(&a->till->slips, v->void_id, v->slip);
    if (!e)
        e = make_blob(j, salt, &blob);
    if (!e) {
        record_blob_hash(salt, blob.data, blob.len, v->blob);
        e = body_void_encode(v, &body);
    }
    if (!e)
        e = after_append(a, &(struct after_record){.kind = RECORD_VOID,
                                .at_utc_ms = v->at_utc_ms,
                                .body = &body,
                                .blob = &blob,
                                .salt = salt,
                                .nth = nth,
                                .id = v->void_id,
                                .key = j->key,
                                .request = j->request});
    buf_release(&body);
    buf_wipe(&blob);
    return e;
}

/* ctx: of a new one, or of one that is asked for again. */
static enum err print(struct kept *k, void *ctx)
{
    const struct after_copy *c = ctx;
    enum err e = journal_by_checkout(k->after->till->journal, c->id, keep, k);
    const struct aftersale_void page = {.shop_name = after_shop_name(k->after),
        .terminal_number = k->after->till->state->info.number,
        .seq = k->seq,
        .body = &k->body,
        .reason = k->blob.reason};
    const struct doc doc = {.fill = aftersale_void,
        .ctx = &page,
        .qr = k->url_made ? k->url : NULL,
        .caption_zh = "扫码核对本次退货",
        .caption_en = "Scan to check this return",
        .test = k->after->till->sandbox != NULL,
        .kick = true};
    if (!e && c->text)
        return after_copy(k->after, &doc, &doc, c);
    if (!e)
        after_print(k->after, &doc, c->id);
    return e;
}

static void print_new(struct after *a, const char *void_id)
{
    struct after_copy c = {.id = void_id};
    with_kept(a, print, &c);
}

enum err voids_again(struct after *a, const struct after_copy *c)
{
    struct after_copy mine = *c;
    return with_kept(a, print, &mine);
}

/* Without the service: by what this journal knows. */
static enum err take_back_here(struct after *a, const struct after_job *j)
{
    struct body_void v = {.granted = false};
    enum err e = j->own ? void_compute(&j->sale, j->kind, j->amount_fen, &v) : ERR_OFFLINE_ELSEWHERE;
    return e ? e : append(a, j, &v);
}

/* A grant holds for a while only, and a journal that is not sent may hold returns that the service has forgotten by now: then they
 * count as this journal has them. */
static enum err take_back_granted(struct after *a, const struct after_job *j, const struct body_void_answer *ans)
{
    int64_t amount = ans->refund_fen + ans->discount_back_fen;
    struct voids_known known = {0};
    struct body_void v = {.kind = j->kind,
        .granted = true,
        .amount_fen = amount,
        .discount_back_fen = ans->discount_back_fen,
        .refund_fen = ans->refund_fen,
        .returned_fen = ans->returned_fen,
        .total_fen = ans->total_fen,
        .discount_fen = ans->discount_fen,
        .terminal = ans->terminal == a->till->state->info.number ? 0 : ans->terminal};
    enum err e = voids_returned(a, j->sale_id, &known);
    if (!e && known.here_fen > ans->returned_fen - amount) {
        const struct void_sale s = {ans->total_fen, ans->discount_fen, known.here_fen};
        e = void_compute(&s, j->kind, amount, &v);
    }
    return e ? e : append(a, j, &v);
}

static void finish(struct after_job *j, enum err e)
{
    struct after *a = j->after;
    j->asking = false;
    j->result = e;
    j->since_mono_ms = till_mono(a->till);
    if (!e) {
        print_new(a, j->void_id);
        OPENSSL_cleanse(j, sizeof *j); /* the journal has it now */
    }
    if (a->till->counter)
        counter_again(a->till->counter);
}

/* A sale that the service has not heard of yet may still be in our journal. */
static void answered(void *ctx, const struct link_answer *ans)
{
    struct after_job *j = ctx;
    struct body_void_answer v;
    enum err e = ans->err;
    if (!e && body_void_answer_decode(ans->body, ans->len, &v)) {
        log_warn("the service's answer about a void is not as agreed");
        e = ERR_NET_PROTOCOL;
    }
    if (!e && v.granted)
        e = take_back_granted(j->after, j, &v);
    else if (e || (v.reason == ERR_SALE_UNKNOWN && j->own))
        e = take_back_here(j->after, j);
    else
        e = v.reason;
    finish(j, e);
}

static enum err ask(struct after *a, struct after_job *j)
{
    struct body_void_ask q = {.kind = j->kind};
    struct buf body;
    buf_init(&body, 1024);
    memcpy(q.void_id, j->void_id, sizeof q.void_id);
    memcpy(q.sale_id, j->sale_id, sizeof q.sale_id);
    struct body_void v;
    enum err e = ERR_OK;
    q.amount_fen = j->kind == BODY_VOID_ALL ? 1 : j->amount_fen; /* all that is left: the service knows how much */
    if (j->own && !(e = void_compute(&j->sale, j->kind, j->amount_fen, &v)))
        q.amount_fen = v.amount_fen;
    if (!e)
        e = body_void_ask_encode(&q, &body);
    const struct link_request r = {.method = "POST",
        .path = "/v1/voids",
        .body = body.data,
        .len = body.len,
        .deadline_mono_ms = till_mono(a->till) + AFTER_ASK_MS,
        .done = answered,
        .ctx = j};
    if (!e)
        e = a->till->ask ? a->till->ask(a->till->sandbox, &r) : link_request(a->till->link, &r, NULL);
    buf_release(&body);
    return e;
}

static struct after_job *find_job(struct after *a, const char *key)
{
    for (size_t i = 0; i < AFTER_JOBS; i++)
        if (a->job[i].used && !strcmp(a->job[i].key, key))
            return &a->job[i];
    return NULL;
}

/* A refusal that nobody fetched gives way after a while. */
static struct after_job *free_job(struct after *a)
{
    for (size_t i = 0; i < AFTER_JOBS; i++) {
        struct after_job *j = &a->job[i];
        if (!j->used || (!j->asking && till_mono(a->till) - j->since_mono_ms > AFTER_KEEP_MS))
            return j;
    }
    return NULL;
}

/* Two counters may not take back of one sale at the same time: the second waits until the first is known. */
static bool is_asked(const struct after *a, const char *sale_id)
{
    for (size_t i = 0; i < AFTER_JOBS; i++)
        if (a->job[i].used && a->job[i].asking && !strcmp(a->job[i].sale_id, sale_id))
            return true;
    return false;
}

static enum err new_job(struct after *a, const struct counter_void *o, struct after_job **out)
{
    struct voids_known known = {0};
    struct after_job *j = free_job(a);
    if (!j)
        return ERR_TOO_MANY;
    *j = (struct after_job){.after = a, .kind = o->kind, .amount_fen = o->amount_fen};
    enum err e = journal_by_sale(a->till->journal, o->sale_id, read_sale, &j->sale);
    j->own = !e;
    if (e && e != ERR_NOT_FOUND)
        return e;
    e = voids_returned(a, o->sale_id, &known);
    j->sale.returned_fen = known.returned_fen;
    if (!e && j->own) {
        struct body_void v;
        e = void_compute(&j->sale, o->kind, o->amount_fen, &v);
    }
    if (!e)
        e = ulid_new_text(till_utc(a->till), j->void_id);
    if (e)
        return e;
    memcpy(j->key, o->key, strlen(o->key) + 1);
    memcpy(j->request, o->request, KEY_HASH);
    memcpy(j->sale_id, o->sale_id, ULID_LEN + 1);
    memcpy(j->reason, o->reason, strlen(o->reason) + 1);
    if (o->cashier)
        memcpy(j->cashier, o->cashier, strlen(o->cashier) + 1);
    j->used = true;
    j->asking = !known.unsent; /* what the service has not heard of it would count as not given back */
    *out = j;
    return ERR_OK;
}

struct order {
    const struct counter_void *o;
    counter_void_fn *each;
    void *ctx;
};

static enum err begin(struct kept *k, const struct counter_void *o)
{
    struct after *a = k->after;
    struct after_job *j = NULL;
    if (is_asked(a, o->sale_id))
        return ERR_BUSY;
    enum err e = new_job(a, o, &j);
    if (e)
        return e;
    if (j->asking && link_status(a->till->link)->online && !ask(a, j))
        return ERR_BUSY;
    e = take_back_here(a, j);
    if (!e)
        print_new(a, j->void_id);
    OPENSSL_cleanse(j, sizeof *j);
    return e;
}

static enum err take_back(struct kept *k, void *ctx)
{
    const struct order *w = ctx;
    struct after_job *j = find_job(k->after, w->o->key);
    k->request = w->o->request;
    enum err e = journal_by_key(k->after->till->journal, w->o->key, keep, k);
    if (!e || e != ERR_NOT_FOUND)
        return e ? e : tell(k, w->each, w->ctx);
    if (j && CRYPTO_memcmp(j->request, w->o->request, KEY_HASH))
        return ERR_IDEMPOTENCY_REUSE;
    if (j && j->asking)
        return ERR_BUSY;
    if (j) {
        e = j->result;
        OPENSSL_cleanse(j, sizeof *j); /* the next try with this key is a new one */
        return e;
    }
    e = begin(k, w->o);
    if (!e)
        e = journal_by_key(k->after->till->journal, w->o->key, keep, k);
    return e ? e : tell(k, w->each, w->ctx);
}

enum err voids_take_back(void *ctx, const struct counter_void *o, counter_void_fn *each, void *each_ctx)
{
    struct order w = {o, each, each_ctx};
    return with_kept(ctx, take_back, &w);
}

enum err voids_receipt(void *ctx, const struct counter_voided *v, enum err_lang lang, size_t columns, struct buf *out)
{
    const struct after *a = ctx;
    const struct aftersale_void page = {.shop_name = after_shop_name(a),
        .terminal_number = a->till->state->info.number,
        .seq = v->seq,
        .body = v->body,
        .reason = ""};
    const struct doc doc = {.fill = aftersale_void, .ctx = &page, .test = a->till->sandbox != NULL};
    return doc_text(&doc, lang, columns, out);
}

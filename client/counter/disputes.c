/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/disputes: complaints logged at this terminal, and what unions answered. */
#include "client/counter/parts.h"
#include <string.h>

enum { PAGE = 100, PAGE_MAX = 500 };

static void put(json_t *v, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(v, key, json_string(text));
}

static const char *state_of(const struct counter_dispute *d)
{
    if (d->answer)
        return dispute_state_name(d->answer->state);
    return d->outcome == BODY_OUTCOME_NONE ? "unsent" : dispute_state_name(DISPUTE_OPEN);
}

static json_t *view(const struct counter_dispute *d)
{
    const struct body_dispute *b = d->body;
    json_t *v = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "ref", d->ref, "dispute_id", b->dispute_id, "kind",
        dispute_kind_name(b->kind), "reporter", dispute_reporter_name(b->reporter), "at_ms", (json_int_t)b->at_utc_ms,
        "state", state_of(d));
    if (!v)
        return NULL;
    put(v, "sale_id", b->sale_id);
    put(v, "cashier", b->cashier);
    put(v, "text", d->text);
    if (b->refusal_seq)
        json_object_set_new(v, "refusal_seq", json_integer((json_int_t)b->refusal_seq));
    if (d->answer)
        json_object_set_new(v, "answer",
            json_pack("{s:s, s:I, s:s}", "text", d->answer->text, "at_ms", (json_int_t)d->answer->at_utc_ms, "by",
                d->answer->by));
    return v;
}

struct made {
    const struct request *r;
    json_t *v;
};

/* The new one with its slip, which the member takes along where no printer is. */
static enum err show_new(void *ctx, const struct counter_dispute *d)
{
    struct made *m = ctx;
    const struct counter_after *after = m->r->counter->config.ops->after;
    struct buf text;
    m->v = view(d);
    if (!m->v)
        return ERR_NOMEM;
    buf_init(&text, 32768);
    if (!after->slip(after->ctx, d, view_lang(m->r), 32, &text))
        put(m->v, "slip", buf_str(&text));
    buf_wipe(&text);
    return ERR_OK;
}

/* A text member; NULL if it is absent. Lines are allowed, other controls are not lost but cleaned wherever it is shown. */
static enum err words(const json_t *v, const char *key, size_t max, const char **out)
{
    *out = NULL;
    return jsonx_has(v, key) ? jsonx_str(v, key, 1, max, out) : ERR_OK;
}

static enum err read_complaint(const json_t *v, struct counter_complaint *o)
{
    const char *kind, *reporter = "shop";
    int64_t seq = 0;
    enum err e = jsonx_str(v, "kind", 1, 32, &kind);
    if (!e && jsonx_has(v, "reporter"))
        e = jsonx_str(v, "reporter", 1, 16, &reporter);
    if (!e)
        e = words(v, "sale_id", ULID_LEN, &o->sale_id);
    if (!e)
        e = words(v, "text", DISPUTE_TEXT_MAX, &o->text);
    if (!e)
        e = checkouts_cashier(v, 1, &o->cashier);
    if (!e && jsonx_has(v, "refusal_seq"))
        e = jsonx_int(v, "refusal_seq", 1, JSONX_INT_MAX, &seq);
    if (e)
        return e;
    o->text = o->text ? o->text : "";
    o->kind = dispute_kind_from_name(kind);
    o->reporter = dispute_reporter_from_name(reporter);
    o->refusal_seq = (uint64_t)seq;
    if (o->kind == DISPUTE_NONE || o->reporter == DISPUTE_BY_NONE || !dispute_text_ok(o->text, strlen(o->text)) ||
        (o->sale_id && strlen(o->sale_id) != ULID_LEN))
        return ERR_BAD_VALUE;
    return ERR_OK;
}

enum MHD_Result disputes_post(struct request *r)
{
    const struct counter_after *after = r->counter->config.ops->after;
    uint8_t hash[KEY_HASH];
    struct counter_complaint o = {.request = hash};
    struct made m = {.r = r};
    enum err e = after ? keyed_key(r, &o.key) : ERR_NOT_FOUND;
    if (!e)
        e = r->json ? read_complaint(r->json, &o) : ERR_BAD_JSON;
    if (!e)
        e = keyed_fingerprint(r->json, hash);
    if (!e)
        e = after->complain(after->ctx, &o, show_new, &m);
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_CREATED, m.v);
}

struct listed {
    json_t *list;
    uint64_t last;
};

static enum err add(void *ctx, const struct counter_dispute *d)
{
    struct listed *l = ctx;
    l->last = d->n;
    return json_array_append_new(l->list, view(d)) ? ERR_NOMEM : ERR_OK;
}

enum MHD_Result disputes_list_get(struct request *r)
{
    const struct counter_after *after = r->counter->config.ops->after;
    int64_t before = 0, limit = PAGE;
    enum err e = after ? route_query_int(r, "before", JSONX_INT_MAX, 0, &before) : ERR_NOT_FOUND;
    if (!e)
        e = route_query_int(r, "limit", PAGE_MAX, PAGE, &limit);
    if (e)
        return reply_problem(r, e);
    struct listed l = {.list = json_array()};
    e = l.list ? after->disputes(after->ctx, (uint64_t)before, (size_t)limit, add, &l) : ERR_NOMEM;
    json_t *next = l.last > 1 ? json_integer((json_int_t)l.last) : json_null();
    if (!e)
        return reply_json(r, MHD_HTTP_OK, json_pack("{s:o, s:o}", "disputes", l.list, "next", next));
    json_decref(l.list);
    json_decref(next);
    return reply_problem(r, e);
}

static enum err show(void *ctx, const struct counter_dispute *d)
{
    json_t **out = ctx;
    *out = view(d);
    return *out ? ERR_OK : ERR_NOMEM;
}

enum MHD_Result disputes_get_one(struct request *r)
{
    const struct counter_after *after = r->counter->config.ops->after;
    json_t *v = NULL;
    struct ref ref;
    enum err e = !after || ref_parse(r->ref, strlen(r->ref), &ref) ? ERR_NOT_FOUND : ERR_OK;
    if (!e)
        e = after->dispute(after->ctx, &ref, show, &v);
    return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_OK, v);
}

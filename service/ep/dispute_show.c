/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/disputes/{ref}: a dispute with the evidence beside it: the record that names it and its place in the chain, the sale, the
 * terms and standing that were in force, what the terminal acknowledged, what was said. */
#include "base/text.h"
#include "proto/body.h"
#include "service/ep/disputes.h"
#include "service/http/service.h"
#include "service/store/store_record.h"
#include "service/store/store_slip.h"
#include <string.h>

static void set(json_t *v, const char *key, json_t *what)
{
    if (v && what)
        json_object_set_new(v, key, what);
    else
        json_decref(what);
}

static void put_hash(json_t *v, const char *key, const uint8_t hash[static KEY_HASH])
{
    char text[TEXT_HEX_LEN(KEY_HASH) + 1];
    text_hex(hash, KEY_HASH, text);
    set(v, key, json_string(text));
}

/* Does the record follow from the one before it, as stored? */
static enum err follows(struct store_tx *tx, const struct store_dispute *d, const uint8_t terminal[static STORE_ID],
    const struct store_slip *r, bool *good)
{
    struct record_head h = {.epoch = d->epoch, .seq = d->seq - 1}, next;
    struct store_slip before = {.kind = 0};
    memcpy(h.terminal, terminal, STORE_ID);
    buf_init(&before.body, RECORD_BODY_MAX);
    enum err e = d->seq > 1 ? store_slip_get(tx, d->terminal, d->epoch, d->seq - 1, &before) : ERR_OK;
    if (!e)
        memcpy(h.hash, before.hash, KEY_HASH);
    if (!e)
        e = record_extend(&h, r->kind, buf_str(&r->body), r->body.len, &next);
    buf_release(&before.body);
    *good = !e && !memcmp(next.hash, r->hash, KEY_HASH);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err put_record(struct store_tx *tx, const struct store_dispute *d, json_t *v, int64_t *shop_version)
{
    struct store_slip r = {.kind = 0};
    struct store_terminal t;
    uint8_t terminal[STORE_ID];
    json_t *body = NULL, *out = json_object();
    bool good = false;
    buf_init(&r.body, RECORD_BODY_MAX);
    enum err e = store_dispute_terminal(tx, d->terminal, terminal);
    if (!e)
        e = store_terminal_get(tx, terminal, &t);
    if (!e)
        e = store_slip_get(tx, d->terminal, d->epoch, d->seq, &r);
    if (!e)
        e = follows(tx, d, terminal, &r, &good);
    if (!e && !jsonx_parse(buf_str(&r.body), r.body.len, &body)) {
        set(out, "kind", json_string(record_kind_name(r.kind)));
        put_hash(out, "hash", r.hash);
        set(out, "received_ms", json_integer(r.received_utc_ms));
        set(out, "outcome", json_string(!r.counted ? "held" : r.code ? "contested" : "counted"));
        if (r.code)
            set(out, "code", json_string(err_code(r.code)));
        if (r.kind == RECORD_SALE)
            jsonx_int(body, "shop_version", 1, JSONX_INT_MAX, shop_version);
        set(out, "body", body);
        set(v, "record", json_incref(out));
        set(v, "chain",
            json_pack("{sI sI sI sb}", "epoch", (json_int_t)d->epoch, "seq", (json_int_t)d->seq, "head_seq",
                (json_int_t)t.seq, "follows", good));
        set(v, "terminal",
            json_pack("{so sI ss sI sI sI}", "terminal_id", ep_id(t.terminal), "number", (json_int_t)t.number, "state",
                store_state_name(t.state), "last_seen_ms", (json_int_t)t.last_seen_utc_ms, "shop_version",
                (json_int_t)t.shop_version, "shop_version_applied_ms", (json_int_t)t.shop_version_applied_ms));
    }
    json_decref(out);
    buf_release(&r.body);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The sale that a dispute record points at, if it is this shop's. */
static enum err put_sale(struct store_tx *tx, const struct store_dispute *d, json_t *v, int64_t *shop_version)
{
    struct store_slip r = {.kind = 0};
    json_t *body = NULL;
    int64_t returned = 0, back = 0;
    if (!d->has_sale)
        return ERR_OK;
    buf_init(&r.body, RECORD_BODY_MAX);
    enum err e = store_sale_record(tx, d->sale, d->shop, &r);
    if (!e)
        e = store_sale_returned(tx, d->sale, &returned, &back);
    if (!e && !jsonx_parse(buf_str(&r.body), r.body.len, &body)) {
        jsonx_int(body, "shop_version", 1, JSONX_INT_MAX, shop_version);
        set(body, "returned_fen", json_integer(returned));
        set(body, "discount_returned_fen", json_integer(back));
        set(body, "outcome", json_string(!r.counted ? "held" : r.code ? err_code(r.code) : "counted"));
        set(v, "sale", body);
    }
    buf_release(&r.body);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The shop notice that was in force: its own words, as signed. */
static enum err put_terms(struct store_tx *tx, const struct store_dispute *d, json_t *v, int64_t version)
{
    struct buf envelope;
    struct notice n = {.kind = NOTICE_NONE};
    if (!version)
        return ERR_OK;
    buf_init(&envelope, NOTICE_MAX);
    enum err e = store_notice_get(tx, d->shop, version, &envelope);
    if (!e && !notice_open(buf_str(&envelope), envelope.len, &n)) {
        set(v, "terms", json_incref(n.body));
        notice_release(&n);
    }
    buf_release(&envelope);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err add_word(void *ctx, const struct store_word *w)
{
    json_t *v = json_pack("{sI ss ss ss ss}", "at_ms", (json_int_t)w->at_utc_ms, "act", store_word_act_name(w->act),
        "org_name", w->org_name, "admin", w->admin, "text", w->text);
    return json_array_append_new(ctx, v) == 0 ? ERR_OK : ERR_NOMEM;
}

/* What a channel proves of who speaks: the terminal's device key signed for it, or somebody held a slip. */
static enum err add_account(
    struct store_tx *tx, const struct store_dispute *d, bool second, json_t *accounts, struct buf *text)
{
    buf_reset(text);
    enum err e = store_dispute_text(tx, d->dispute, second, text);
    if (e)
        return e;
    json_t *v = json_pack("{sI ss ss ss}", "at_ms", (json_int_t)(second ? d->second_utc_ms : d->at_utc_ms), "from",
        second ? store_dispute_channel_name(STORE_DISPUTE_BY_SLIP) : store_dispute_channel_name(d->channel), "kind",
        second ? d->second_kind : d->kind, "text", buf_str(text));
    return json_array_append_new(accounts, v) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err put_words(struct store_tx *tx, const struct store_dispute *d, json_t *v)
{
    struct buf text;
    json_t *words = json_array(), *accounts = json_array();
    buf_init(&text, STORE_DISPUTE_TEXT_MAX);
    enum err e = words && accounts ? store_word_list(tx, d->dispute, add_word, words) : ERR_NOMEM;
    if (!e && d->second_utc_ms)
        e = add_account(tx, d, false, accounts, &text);
    if (!e && d->second_utc_ms)
        e = add_account(tx, d, true, accounts, &text);
    buf_reset(&text);
    if (!e)
        e = store_dispute_text(tx, d->dispute, false, &text);
    set(v, "text", json_string(buf_str(&text)));
    set(v, "words", words);
    if (json_array_size(accounts))
        set(v, "accounts", accounts);
    else
        json_decref(accounts);
    buf_wipe(&text);
    return e;
}

enum err ep_dispute_show(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    struct store_dispute d;
    int64_t version = 0;
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e)
        return e;
    e = disputes_see(rq, tx, &d);
    json_t *v = e ? NULL : disputes_row(&d, rq->at_utc_ms);
    if (!e)
        e = v ? put_words(tx, &d, v) : ERR_NOMEM;
    if (!e)
        e = put_record(tx, &d, v, &version);
    if (!e)
        e = put_sale(tx, &d, v, &version);
    if (!e)
        e = put_terms(tx, &d, v, version);
    store_read_end(&tx);
    if (!e)
        return ep_answer(rq, 200, v);
    json_decref(v);
    return e;
}

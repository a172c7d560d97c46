/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/checkouts: a request's JSON becomes one call of the terminal, its checkout becomes the answer. */
#include "base/text.h"
#include "client/counter/parts.h"
#include "proto/scan.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static enum err lines_of(const json_t *body, struct checkout_purchase *p)
{
    json_t *list = NULL;
    if (!jsonx_has(body, "lines"))
        return ERR_OK;
    enum err e = jsonx_arr(body, "lines", OFFER_LINES, &list);
    size_t n = json_array_size(list);
    if (e || !n)
        return ERR_BAD_VALUE;
    struct offer_line *lines = calloc(n, sizeof *lines);
    if (!lines)
        return ERR_NOMEM;
    for (size_t i = 0; i < n && !e; i++) {
        const json_t *line = json_array_get(list, i);
        const char *category = "";
        if (!json_is_object(line))
            e = ERR_BAD_VALUE;
        if (!e && jsonx_has(line, "category"))
            e = jsonx_str(line, "category", 0, OFFER_CATEGORY_MAX, &category);
        if (!e && jsonx_int(line, "amount_fen", 0, OFFER_FEN_MAX, &lines[i].amount_fen))
            e = ERR_BAD_AMOUNT;
        text_copy(lines[i].category, sizeof lines[i].category, category);
    }
    if (e) {
        free(lines);
        return e;
    }
    p->lines = lines;
    p->line_cnt = n;
    return ERR_OK;
}

enum err checkouts_cashier(const json_t *body, size_t min, const char **out)
{
    const char *s = NULL;
    if (!jsonx_has(body, "cashier"))
        return ERR_OK;
    enum err e = jsonx_str(body, "cashier", min, BODY_CASHIER_MAX, &s);
    if (!e && !text_is_plain(s, strlen(s), ""))
        e = ERR_BAD_TEXT;
    if (!e)
        *out = s;
    return e;
}

/* On success p->lines are the caller's to free unless they are taken. */
static enum err purchase_of(const json_t *body, struct checkout_purchase *p)
{
    *p = (struct checkout_purchase){0};
    if (jsonx_int(body, "total_fen", 1, OFFER_FEN_MAX, &p->total_fen))
        return ERR_BAD_AMOUNT;
    p->own_price_fen = p->total_fen;
    if (jsonx_has(body, "own_price_fen") && jsonx_int(body, "own_price_fen", 1, p->total_fen, &p->own_price_fen))
        return ERR_BAD_AMOUNT;
    enum err e = checkouts_cashier(body, 0, &p->cashier);
    return e ? e : lines_of(body, p);
}

static enum err input_of(const json_t *body, enum body_input *out)
{
    const char *name = NULL;
    *out = BODY_INPUT_API;
    if (!jsonx_has(body, "input"))
        return ERR_OK;
    enum err e = jsonx_str(body, "input", 1, 8, &name);
    if (e)
        return e;
    *out = body_input_from_name(name);
    return *out == BODY_INPUT_KEYED || *out == BODY_INPUT_API ? ERR_OK : ERR_BAD_VALUE;
}

/* A scan, or a number, or (card->scan and number.text NULL) neither. */
static enum err card_of(const json_t *body, struct counter_card *card)
{
    *card = (struct counter_card){0};
    bool scan = jsonx_has(body, "scan"), number = jsonx_has(body, "number");
    if (scan && number)
        return ERR_BAD_VALUE;
    enum err e = input_of(body, &card->number.input);
    if (!e && scan) {
        e = jsonx_str(body, "scan", 1, SCAN_MAX, &card->scan);
        card->scan_len = e ? 0 : strlen(card->scan);
    }
    if (!e && number) {
        if (jsonx_str(body, "number", 1, 64, &card->number.text))
            return ERR_BAD_NUMBER;
        card->number.len = strlen(card->number.text);
    }
    if (!e && jsonx_has(body, "luhn_ok"))
        e = jsonx_bool(body, "luhn_ok", &card->number.luhn_ok);
    return e;
}

enum MHD_Result checkouts_post(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    uint8_t hash[KEY_HASH];
    struct counter_order o = {.request = hash};
    enum err e = keyed_key(r, &o.key);
    if (!e)
        e = r->json ? purchase_of(r->json, &o.purchase) : ERR_BAD_JSON;
    if (e)
        return reply_problem(r, e);
    e = card_of(r->json, &o.card);
    if (!e)
        e = keyed_fingerprint(r->json, hash);
    if (!e)
        e = ops->begin(ops->ctx, &o, &k);
    free(o.purchase.lines);
    return e ? reply_problem(r, e) : wait_checkout(r, MHD_HTTP_CREATED, k);
}

/* `k` by address: it is set by the call that gives `e`, in the same argument list. */
static enum MHD_Result answer(struct request *r, enum err e, const struct checkout *const *k)
{
    return e ? reply_problem(r, e) : wait_checkout(r, MHD_HTTP_OK, *k);
}

enum MHD_Result checkouts_current(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    enum err e = ops->current(ops->ctx, &k);
    return answer(r, e, &k);
}

enum MHD_Result checkouts_get(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    enum err e = ops->find(ops->ctx, r->id, &k);
    return answer(r, e, &k);
}

enum MHD_Result checkouts_card(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    struct counter_card card;
    enum err e = r->json ? card_of(r->json, &card) : ERR_BAD_JSON;
    if (!e && !card.scan && !card.number.text)
        e = ERR_BAD_VALUE;
    if (!e)
        e = ops->card(ops->ctx, r->id, &card, &k);
    return answer(r, e, &k);
}

enum MHD_Result checkouts_amount(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    struct checkout_purchase p = {0};
    enum err e = r->json ? purchase_of(r->json, &p) : ERR_BAD_JSON;
    if (!e)
        e = ops->amount(ops->ctx, r->id, &p, &k);
    if (e)
        free(p.lines);
    return answer(r, e, &k);
}

/* The body may name the `rev` or the `pay_fen` that the cashier saw: another one is not what was agreed to. */
static enum err still_so(const struct request *r, const struct checkout *k)
{
    int64_t rev = 0, pay = 0;
    if (!r->json || k->state != CHECKOUT_QUOTED)
        return ERR_OK;
    if (jsonx_has(r->json, "rev") && jsonx_int(r->json, "rev", 0, UINT32_MAX, &rev))
        return ERR_BAD_VALUE;
    if (jsonx_has(r->json, "pay_fen") && jsonx_int(r->json, "pay_fen", 0, OFFER_FEN_MAX, &pay))
        return ERR_BAD_VALUE;
    bool other =
        (jsonx_has(r->json, "rev") && rev != k->rev) || (jsonx_has(r->json, "pay_fen") && pay != k->quote.pay_fen);
    return other ? ERR_WRONG_STATE : ERR_OK;
}

/* A printer that says it cannot print keeps a sale waiting, unless the cashier goes on without a receipt. */
static enum err paper_or_waived(const struct request *r, const struct checkout *k)
{
    const struct counter_ops *ops = r->counter->config.ops;
    bool waived = false;
    if (r->json && jsonx_has(r->json, "without_receipt") && jsonx_bool(r->json, "without_receipt", &waived))
        return ERR_BAD_VALUE;
    return waived || k->state != CHECKOUT_QUOTED || !ops->printer_check ? ERR_OK : ops->printer_check(ops->ctx);
}

enum MHD_Result checkouts_confirm(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    enum err e = ops->find(ops->ctx, r->id, &k);
    if (!e)
        e = still_so(r, k);
    if (!e)
        e = paper_or_waived(r, k);
    if (!e)
        e = ops->confirm(ops->ctx, r->id, &k);
    return answer(r, e, &k);
}

enum MHD_Result checkouts_cancel(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    enum err e = ops->cancel(ops->ctx, r->id, &k);
    return answer(r, e, &k);
}

enum MHD_Result scans_post(struct request *r)
{
    const struct counter_ops *ops = r->counter->config.ops;
    const struct checkout *k = NULL;
    const char *text = NULL;
    enum err e = r->json ? jsonx_str(r->json, "text", 1, SCAN_MAX, &text) : ERR_BAD_JSON;
    if (!e && ops->enrol) {
        e = ops->enrol(ops->ctx, text);
        return e ? reply_problem(r, e) : reply_json(r, MHD_HTTP_ACCEPTED, ops->enrolment(ops->ctx));
    }
    const char *command = e ? NULL : counter_command(text, strlen(text));
    if (command) {
        counter_key(r->counter, command);
        return reply_json(r, MHD_HTTP_ACCEPTED, json_pack("{s:s}", "key", command));
    }
    if (!e)
        e = ops->scan(ops->ctx, text, strlen(text), &k);
    return answer(r, e, &k);
}

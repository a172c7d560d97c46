/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/parts.h"
#include <string.h>

json_t *view_text(enum err e)
{
    return json_pack("{s:s, s:s}", "zh", err_text(e, ERR_LANG_ZH), "en", err_text(e, ERR_LANG_EN));
}

enum err_lang view_lang(const struct request *r)
{
    const char *lang = route_query(r, "lang");
    return lang && !strcmp(lang, "en") ? ERR_LANG_EN : ERR_LANG_ZH;
}

/* What the cashier should know or do now. */
static json_t *step_text(const struct checkout *k)
{
    static const struct {
        const char *zh, *en;
    } texts[] = {
        [CHECKOUT_WAITING] = {"请扫会员卡背面的二维码，或刷卡、键入卡号。",
            "Scan the QR on the member card's back, or key its number."},
        [CHECKOUT_VERIFYING] = {"正在核验…", "Checking the card."},
        [CHECKOUT_AMOUNT] = {"会员有效，请输入消费金额。", "A valid member. Enter the amount."},
        [CHECKOUT_QUOTED] = {"会员有效，请与卡面核对姓名和末四位后确认优惠。",
            "A valid member. Compare name and last four digits with the card, then confirm."},
        [CHECKOUT_APPLIED] = {"优惠已记录，交易完成。", "The discount is recorded; the sale is done."},
    };
    static const struct {
        const char *zh, *en;
    } amber[] = {
        [CHECKOUT_AMOUNT] = {"未能联网核验，脱机核验通过（暂定）。请输入消费金额。",
            "The service could not be asked; checked offline, provisional. Enter the amount."},
        [CHECKOUT_QUOTED] = {"未能联网核验，脱机核验通过（暂定）。请与卡面核对末四位后确认优惠，联网后由工会系统复核。",
            "The service could not be asked; checked offline, provisional. Compare the last four digits with the card, "
            "then "
            "confirm; the service settles it later."},
        [CHECKOUT_APPLIED] = {"优惠已记录（暂定），联网后由工会系统复核。",
            "The discount is recorded, provisionally; the service settles it later."},
    };
    if (k->state == CHECKOUT_REFUSED || k->state == CHECKOUT_CANCELLED)
        return view_text(k->reason);
    if (k->error)
        return view_text(k->error);
    if (k->verdict == VERDICT_PROVISIONAL && k->state < sizeof amber / sizeof *amber && amber[k->state].zh)
        return json_pack("{s:s, s:s}", "zh", amber[k->state].zh, "en", amber[k->state].en);
    size_t i = k->state < sizeof texts / sizeof *texts && texts[k->state].zh ? k->state : CHECKOUT_WAITING;
    return json_pack("{s:s, s:s}", "zh", texts[i].zh, "en", texts[i].en);
}

static void put(json_t *v, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(v, key, json_string(text));
}

static json_t *lines_json(const struct checkout *k, bool quoted)
{
    json_t *list = json_array();
    for (size_t i = 0; i < k->line_cnt; i++) {
        json_t *line =
            json_pack("{s:s, s:I}", "category", k->lines[i].category, "amount_fen", (json_int_t)k->lines[i].amount_fen);
        if (quoted)
            json_object_set_new(line, "discount_fen", json_integer(k->quote.line_discount_fen[i]));
        json_array_append_new(list, line);
    }
    return list;
}

static void put_receipt(json_t *v, const struct counter *c, const struct checkout *k, enum err_lang lang)
{
    const struct counter_paper paper = {.lang = lang, .columns = 32};
    struct buf text;
    buf_init(&text, 16384);
    if (!c->config.ops->receipt(c->config.ops->ctx, k, &paper, &text))
        put(v, "receipt", buf_str(&text));
    buf_wipe(&text);
}

/* Nobody who looks at `verdict` alone may give a discount that was refused: it says member only while that holds. */
static json_t *verdict_json(const struct checkout *k)
{
    if (k->state == CHECKOUT_REFUSED)
        return json_string(verdict_name(VERDICT_REFUSED));
    bool good = k->verdict != VERDICT_REFUSED && k->state != CHECKOUT_FAILED && k->state != CHECKOUT_CANCELLED;
    return good ? json_string(verdict_name(k->verdict)) : json_null();
}

static void put_quote(json_t *v, const struct checkout *k)
{
    json_object_set_new(v, "discount_fen", json_integer(k->quote.discount_fen));
    json_object_set_new(v, "pay_fen", json_integer(k->quote.pay_fen));
    json_object_set_new(v, "own_price", json_boolean(k->quote.own_price));
    put(v, "offer_id", k->offer_id);
    put(v, "offer_title", k->offer_title);
}

static void put_card(json_t *v, const struct checkout *k)
{
    put(v, "by", body_by_name(k->by));
    put(v, "input", body_input_name(k->input));
    put(v, "card_last4", k->card_last4);
    put(v, "name_masked", k->name_masked);
}

/* Why the service was not asked, and how long that may go on. A sale of the journal does not know. */
static void put_provisional(json_t *v, const struct checkout *k)
{
    bool open = k->state == CHECKOUT_AMOUNT || k->state == CHECKOUT_QUOTED || k->state == CHECKOUT_APPLIED;
    if (k->verdict == VERDICT_PROVISIONAL && k->offline_why && open)
        json_object_set_new(v, "provisional",
            json_pack("{s:s, s:I, s:I}", "why", err_code(k->offline_why), "left_sales", (json_int_t)k->lease_left,
                "stop_at_ms", (json_int_t)k->lease_stop_utc_ms));
}

static void put_sale(json_t *v, const struct checkout *k)
{
    put(v, "sale_id", k->sale_id);
    json_object_set_new(v, "at_ms", json_integer(k->at_utc_ms));
    json_object_set_new(v, "seq", json_integer((json_int_t)k->seq));
}

json_t *view_checkout(const struct counter *c, const struct checkout *k, enum err_lang lang)
{
    bool quoted = k->state == CHECKOUT_QUOTED || k->state == CHECKOUT_APPLIED;
    bool reasoned = k->state == CHECKOUT_REFUSED || k->state == CHECKOUT_CANCELLED;
    json_t *v = json_pack("{s:s, s:I, s:s, s:o, s:o}", "checkout_id", k->id, "rev", (json_int_t)k->rev, "state",
        checkout_state_name(k->state), "verdict", verdict_json(k), "text", step_text(k));
    if (!v)
        return NULL;
    if (c->config.ops->sandbox)
        json_object_set_new(v, "sandbox", json_true());
    put(v, "reason", reasoned ? err_code(k->reason) : NULL);
    put(v, "error", k->error ? err_code(k->error) : NULL);
    put_provisional(v, k);
    put_card(v, k);
    put(v, "cashier", k->cashier);
    if (k->total_fen)
        json_object_set_new(v, "total_fen", json_integer(k->total_fen));
    if (quoted)
        put_quote(v, k);
    if (k->line_cnt)
        json_object_set_new(v, "lines", lines_json(k, quoted));
    if (k->state == CHECKOUT_APPLIED) {
        put_sale(v, k);
        put_receipt(v, c, k, lang);
    }
    return v;
}

json_t *view_sale(const struct counter_sale *s)
{
    const struct checkout *k = s->checkout;
    json_t *v = json_pack("{s:s, s:I, s:s, s:I, s:I}", "checkout_id", k->id, "epoch", (json_int_t)s->epoch, "verdict",
        verdict_name(k->verdict), "total_fen", (json_int_t)k->total_fen, "shop_version", (json_int_t)k->shop_version);
    if (!v)
        return NULL;
    put_sale(v, k);
    put_card(v, k);
    put_quote(v, k);
    put(v, "cashier", k->cashier);
    if (s->returned_fen)
        json_object_set_new(v, "returned_fen", json_integer(s->returned_fen));
    if (k->line_cnt)
        json_object_set_new(v, "lines", lines_json(k, true));
    put(v, "outcome", s->outcome ? body_outcome_name(s->outcome) : "unsent");
    put(v, "code", s->outcome > BODY_COUNTED ? err_code(s->code) : NULL);
    return v;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts of a till: as text for the counter, and to the printer. */
#include "base/log.h"
#include "client/print/picture.h"
#include "client/terminal/till.h"
#include <openssl/crypto.h>
#include <string.h>

enum { JOBS_SHOWN = PRINTER_QUEUE };

static struct receipt receipt_of(const struct till *t, const struct checkout *k, bool copy)
{
    const struct notice_shop *shop = sync_shop(t->sync);
    return (struct receipt){.shop_name = shop ? shop->name : "",
        .at_utc_ms = k->at_utc_ms,
        .terminal_number = t->state->info.number,
        .seq = k->seq,
        .total_fen = k->total_fen,
        .discount_fen = k->quote.discount_fen,
        .pay_fen = k->quote.pay_fen,
        .own_price = k->quote.own_price,
        .offer_title = k->offer_title,
        .verdict = k->verdict,
        .card_last4 = k->card_last4,
        .name_masked = k->name_masked,
        .cashier = k->cashier,
        .sale_id = k->sale_id,
        .copy = copy,
        .test = t->sandbox != NULL};
}

enum err till_receipt(void *ctx, const struct checkout *k, const struct counter_paper *p, struct buf *out)
{
    const struct receipt r = receipt_of(ctx, k, p->copy);
    return receipt_text(&r, p->lang, p->columns, out);
}

struct place {
    bool has_slip;
    struct record_head at;
};

/* Records of before there were slips have none: a QR would lead nowhere. */
static enum err find_place(void *ctx, const struct journal_record *r)
{
    struct place *p = ctx;
    struct body_sale sale;
    enum err e = body_sale_decode(r->body, r->body_len, &sale);
    if (e)
        return e;
    p->has_slip = sale.has_slip;
    p->at.epoch = r->epoch;
    p->at.seq = r->seq;
    memcpy(p->at.hash, r->hash, KEY_HASH);
    body_sale_release(&sale);
    return ERR_OK;
}

/* False: the receipt goes without a QR. */
static bool url_of_sale(struct till *t, const char *sale_id, char out[static SLIP_URL_MAX + 1])
{
    struct place p = {.has_slip = false};
    memcpy(p.at.terminal, t->state->info.terminal, ULID_SIZE);
    return !journal_by_sale(t->journal, sale_id, find_place, &p) && p.has_slip &&
           !slips_url(&t->slips, sync_trust(t->sync), sale_id, &p.at, out);
}

enum err till_picture(void *ctx, const struct checkout *k, const struct counter_paper *p, struct buf *out)
{
    struct till *t = ctx;
    char url[SLIP_URL_MAX + 1];
    struct receipt r = receipt_of(t, k, p->copy);
    if (url_of_sale(t, k->sale_id, url))
        r.qr = url;
    enum err e = picture_receipt(&r, p->lang, out);
    OPENSSL_cleanse(url, sizeof url);
    return e;
}

enum err till_print(void *ctx, const struct checkout *k, bool copy)
{
    struct till *t = ctx;
    char url[SLIP_URL_MAX + 1];
    struct receipt r = receipt_of(t, k, copy);
    if (url_of_sale(t, k->sale_id, url))
        r.qr = url;
    enum err e = paper_sale(t->paper, &r);
    OPENSSL_cleanse(url, sizeof url);
    if (e && e != ERR_PRINTER_MISSING)
        log_warn("receipt of sale %s not printed: %s", k->sale_id, err_code(e));
    return e;
}

enum err till_print_test(void *ctx)
{
    struct till *t = ctx;
    const struct notice_shop *shop = sync_shop(t->sync);
    return paper_test(t->paper, shop ? shop->name : "");
}

enum err till_printer_check(void *ctx)
{
    struct till *t = ctx;
    enum err e = paper_check(t->paper);
    if (e)
        paper_look(t->paper);
    return e;
}

static json_t *jobs_json(const struct printer *p)
{
    struct printer_job jobs[JOBS_SHOWN];
    size_t n = printer_jobs(p, jobs, JOBS_SHOWN);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *j = json_pack("{s:s, s:s}", "id", jobs[i].id, "state", printer_job_name(jobs[i].state));
        if (j && jobs[i].why)
            json_object_set_new(j, "why", json_string(err_code(jobs[i].why)));
        json_array_append_new(list, j);
    }
    return list;
}

json_t *till_printer_json(const struct till *t)
{
    const struct printer *p = paper_printer(t->paper);
    if (!p)
        return json_pack("{s:s, s:[]}", "state", "off", "jobs");
    const struct printer_status *s = printer_status(p);
    enum err trouble = printer_trouble(p);
    json_t *v = json_pack("{s:s, s:b, s:b, s:o}", "state", printer_state_name(s->state), "near_end", s->near_end,
        "stuck", s->stuck, "jobs", jobs_json(p));
    if (v && trouble)
        json_object_set_new(v, "text",
            json_pack("{s:s, s:s}", "zh", err_text(trouble, ERR_LANG_ZH), "en", err_text(trouble, ERR_LANG_EN)));
    return v;
}

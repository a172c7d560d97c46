/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one page's ESC/POS bytes to standard output.
 *
 *     receipt_bytes [name=value...]     page receipt|void|return|dispute|day|test · lang zh|en · paper 58|80 · charset · native 0|1 · drawer 0|1 · copy 0|1
 *                                       · provisional 0|1 · sandbox 0|1 · total in fen · shop · offer · member · cashier · qr
 *                                       repeat N: encodes it N times and writes the last, for the benchmark */
#include "client/print/aftersale.h"
#include "client/print/receipt.h"
#include "client/print/test_page.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
    struct receipt receipt;
    struct escpos_device device;
    enum err_lang lang;
    long repeat;
    const char *page;
};

#define SHOP "示例面馆（花园路店）"
#define SALE "01KJVX8N00ABCDEFGHJKMNPQRS"
enum { AT = 1793081100 };

static const struct body_void all = {.kind = BODY_VOID_ALL,
    .at_utc_ms = AT * INT64_C(1000),
    .total_fen = 12800,
    .discount_fen = 1536,
    .amount_fen = 12800,
    .discount_back_fen = 1536,
    .refund_fen = 11264,
    .returned_fen = 12800,
    .granted = true,
    .cashier = "07",
    .sale_id = SALE};
static const struct body_void part = {.kind = BODY_VOID_RETURN,
    .at_utc_ms = AT * INT64_C(1000),
    .total_fen = 12800,
    .discount_fen = 1536,
    .amount_fen = 2000,
    .discount_back_fen = 240,
    .refund_fen = 1760,
    .returned_fen = 5000,
    .sale_id = SALE};
static const struct body_dispute dispute = {.kind = DISPUTE_RATE_NOT_GIVEN,
    .reporter = DISPUTE_BY_MEMBER,
    .at_utc_ms = AT * INT64_C(1000),
    .cashier = "07",
    .sale_id = SALE};

/* The page that is wanted; what its ctx points to is kept here. */
static struct doc page_of(const struct wish *w)
{
    static struct aftersale_void v;
    static struct aftersale_dispute d;
    static struct aftersale_day day;
    static struct test_page test;
    const char *shop = w->receipt.shop_name;
    v = (struct aftersale_void){shop, 7, 1205, !strcmp(w->page, "void") ? &all : &part, "菜品退回"};
    d = (struct aftersale_dispute){shop, "7-1-1206-X", &dispute, "收银员没有按登记的优惠结账。", w->receipt.qr};
    day = (struct aftersale_day){.shop_name = shop,
        .terminal_number = 7,
        .day = "2026-10-27",
        .sales = 48,
        .total_fen = 612850,
        .discount_fen = 73542,
        .pay_fen = 539308,
        .provisional = 3,
        .voids = 2,
        .amount_fen = 14800,
        .back_fen = 1776,
        .refund_fen = 13024,
        .contested = 1};
    test = (struct test_page){shop, w->device};
    if (!strcmp(w->page, "void") || !strcmp(w->page, "return"))
        return (struct doc){.fill = aftersale_void, .ctx = &v, .copy = w->receipt.copy, .kick = true};
    if (!strcmp(w->page, "dispute"))
        return (struct doc){.fill = aftersale_dispute,
            .ctx = &d,
            .copy = w->receipt.copy,
            .qr = w->receipt.qr,
            .caption_zh = "扫码查看进度",
            .caption_en = "Scan to follow it"};
    if (!strcmp(w->page, "day"))
        return (struct doc){.fill = aftersale_day, .ctx = &day, .copy = w->receipt.copy};
    return !strcmp(w->page, "test") ? test_page_doc(&test) : receipt_doc(&w->receipt);
}

static int set(struct wish *w, const char *key, const char *v)
{
    struct receipt *r = &w->receipt;
    if (!strcmp(key, "lang"))
        w->lang = strcmp(v, "zh") ? ERR_LANG_EN : ERR_LANG_ZH;
    else if (!strcmp(key, "paper"))
        w->device.dots = strcmp(v, "58") ? ESCPOS_80MM : ESCPOS_58MM;
    else if (!strcmp(key, "charset"))
        return escpos_charset_from_name(v, &w->device.charset);
    else if (!strcmp(key, "native"))
        w->device.qr_native = *v == '1';
    else if (!strcmp(key, "drawer"))
        w->device.drawer = *v == '1';
    else if (!strcmp(key, "copy"))
        r->copy = *v == '1';
    else if (!strcmp(key, "provisional"))
        r->verdict = *v == '1' ? VERDICT_PROVISIONAL : VERDICT_MEMBER;
    else if (!strcmp(key, "sandbox"))
        r->test = *v == '1';
    else if (!strcmp(key, "total"))
        r->pay_fen = (r->total_fen = strtol(v, NULL, 10)) - r->discount_fen;
    else if (!strcmp(key, "page"))
        w->page = v;
    else if (!strcmp(key, "shop"))
        r->shop_name = v;
    else if (!strcmp(key, "offer"))
        r->offer_title = v;
    else if (!strcmp(key, "member"))
        r->name_masked = v;
    else if (!strcmp(key, "cashier"))
        r->cashier = v;
    else if (!strcmp(key, "qr"))
        r->qr = *v ? v : NULL;
    else if (!strcmp(key, "repeat"))
        w->repeat = strtol(v, NULL, 10);
    else
        return 0;
    return 1;
}

int main(int argc, char **argv)
{
    struct wish w = {.repeat = 1,
        .page = "receipt",
        .lang = ERR_LANG_ZH,
        .device = {.dots = ESCPOS_58MM, .charset = ESCPOS_GB18030, .cutter = true},
        .receipt = {.shop_name = SHOP,
            .at_utc_ms = AT * INT64_C(1000),
            .terminal_number = 7,
            .seq = 1204,
            .total_fen = 12800,
            .discount_fen = 1536,
            .pay_fen = 11264,
            .offer_title = "餐饮八八折",
            .verdict = VERDICT_MEMBER,
            .card_last4 = "0007",
            .name_masked = "*建涛",
            .cashier = "07",
            .sale_id = SALE}};
    struct buf out;
    enum err e = ERR_OK;

    for (int i = 1; i < argc; i++) {
        char *eq = strchr(argv[i], '=');
        if (!eq || (*eq = 0, !set(&w, argv[i], eq + 1))) {
            fprintf(stderr, "receipt_bytes: what is %s?\n", argv[i]);
            return 2;
        }
    }
    buf_init(&out, 1 << 20);
    for (long i = 0; i < w.repeat && !e; i++) {
        buf_reset(&out);
        const struct doc d = page_of(&w);
        e = doc_paper(&d, w.lang, &w.device, &out);
    }
    if (e)
        fprintf(stderr, "receipt_bytes: %s\n", err_code(e));
    else
        fwrite(out.data, 1, out.len, stdout);
    buf_release(&out);
    return e ? 1 : 0;
}

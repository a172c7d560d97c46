/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one receipt's ESC/POS bytes to standard output.
 *
 *     receipt_bytes [name=value...]     lang zh|en · paper 58|80 · charset · native 0|1 · copy 0|1 · provisional 0|1 · shop · offer · member · cashier · qr
 *                                       repeat N: encodes it N times and writes the last, for the benchmark */
#include "client/print/receipt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
    struct receipt receipt;
    struct escpos_device device;
    enum err_lang lang;
    long repeat;
};

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
    else if (!strcmp(key, "copy"))
        r->copy = *v == '1';
    else if (!strcmp(key, "provisional"))
        r->verdict = *v == '1' ? VERDICT_PROVISIONAL : VERDICT_MEMBER;
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
        .lang = ERR_LANG_ZH,
        .device = {.dots = ESCPOS_58MM, .charset = ESCPOS_GB18030, .cutter = true},
        .receipt = {.shop_name = "示例面馆（花园路店）",
            .at_utc_ms = INT64_C(1793081100000),
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
            .sale_id = "01KJVX8N00ABCDEFGHJKMNPQRS"}};
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
        e = receipt_paper(&w.receipt, w.lang, &w.device, &out);
    }
    if (e)
        fprintf(stderr, "receipt_bytes: %s\n", err_code(e));
    else
        fwrite(out.data, 1, out.len, stdout);
    buf_release(&out);
    return e ? 1 : 0;
}

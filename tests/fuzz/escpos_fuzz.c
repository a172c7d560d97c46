/* SPDX-License-Identifier: Apache-2.0 */
/* Input: two bytes that choose device and receipt, then texts divided by line feeds: shop, offer, member, cashier, what the QR says. Whatever
 * they are, what goes to the printer is ESC/POS by the strict grammar, with one cut, no drawer that nobody asked for, and one code; and as
 * text every line is as wide as the paper at most. */
#include "base/width.h"
#include "client/print/receipt.h"
#include "tests/fuzz/escpos_check.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS = 5, TEXT = 1200, OUT_MAX = 1 << 20 };

static void must(bool b)
{
    if (!b)
        abort();
}

static void split(const uint8_t *p, size_t n, char out[static TEXTS][TEXT])
{
    for (size_t i = 0; i < TEXTS; i++) {
        const uint8_t *nl = memchr(p, '\n', n);
        size_t len = nl ? (size_t)(nl - p) : n, kept = len < TEXT ? len : TEXT - 1;
        memcpy(out[i], p, kept);
        out[i][kept] = 0;
        p += len + (nl != NULL);
        n -= len + (nl != NULL);
    }
}

static void check_text(const struct receipt *r, enum err_lang lang, const struct escpos_device *d, struct buf *out)
{
    buf_reset(out);
    must(!receipt_text(r, lang, (size_t)d->dots / 12, out));
    for (const char *at = buf_str(out), *end; *at; at = end + 1) {
        char line[2048];
        end = strchr(at, '\n');
        must(end && (size_t)(end - at) < sizeof line);
        memcpy(line, at, (size_t)(end - at));
        line[end - at] = 0;
        must(width_text(line) <= (size_t)d->dots / 12);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXTS][TEXT];
    if (size < 2)
        return 0;
    const uint8_t a = data[0], b = data[1];
    const struct escpos_device d = {.dots = a & 1 ? ESCPOS_80MM : ESCPOS_58MM,
        .charset = (enum escpos_charset)((a >> 4) % 5),
        .qr_native = a & 2,
        .cutter = a & 4,
        .drawer = a & 8};
    split(data + 2, size - 2, text);
    const struct receipt r = {.shop_name = text[0],
        .at_utc_ms = INT64_C(1793081100000),
        .terminal_number = 7,
        .seq = 1204,
        .total_fen = 12800,
        .discount_fen = 1536,
        .pay_fen = 11264,
        .offer_title = text[1],
        .verdict = b & 1 ? VERDICT_PROVISIONAL : VERDICT_MEMBER,
        .own_price = b & 2,
        .copy = b & 4,
        .card_last4 = "0007",
        .name_masked = text[2],
        .cashier = text[3],
        .sale_id = "01KJVX8N00ABCDEFGHJKMNPQRS",
        .qr = text[4][0] ? text[4] : NULL};
    enum err_lang lang = b & 8 ? ERR_LANG_EN : ERR_LANG_ZH;
    struct escpos_check c;
    struct buf out;
    buf_init(&out, OUT_MAX);
    enum err e = receipt_paper(&r, lang, &d, &out);
    must(!e || (e == ERR_TOO_LARGE && r.qr)); /* a code too fine for the paper */
    if (!e) {
        must(escpos_check(&c, &d, out.data, out.len));
        must(c.cuts == d.cutter && c.kicks == (d.drawer && !r.copy) && c.codes == (r.qr && d.qr_native));
    } else {
        must(!out.len);
    }
    check_text(&r, lang, &d, &out);
    buf_release(&out);
    return 0;
}

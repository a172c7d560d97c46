/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/escpos.h"
#include "base/qr.h"
#include "base/text.h"
#include "base/width.h"
#include "client/print/charset.h"
#include "client/print/raster.h"
#include <stdlib.h>
#include <string.h>

enum { FEED_END = 4, QR_DOTS_MAX = 6, QR_DOTS_MIN = 3 };

static void put(struct escpos *e, const void *p, size_t n)
{
    if (!e->err)
        e->err = buf_add(e->out, p, n);
}

#define PUT(e, ...) put(e, (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

static bool chinese_mode(const struct escpos *e)
{
    return e->device.charset == ESCPOS_GB18030 || e->device.charset == ESCPOS_GBK || e->device.charset == ESCPOS_GB2312;
}

enum err escpos_begin(struct escpos *e, const struct escpos_device *d, struct buf *out)
{
    struct escpos made = {.out = out, .before = out->len, .device = *d};
    if (d->dots != ESCPOS_58MM && d->dots != ESCPOS_80MM)
        return ERR_BAD_VALUE;
    made.cd = charset_open(d->charset);
    *e = made;
    PUT(e, 0x1B, '@'); /* ESC @: initialise */
    if (chinese_mode(e))
        PUT(e, 0x1C, '&'); /* FS &: two-byte characters */
    else
        PUT(e, 0x1C, '.');
    return ERR_OK;
}

/* ESC E: bold. GS !: size, of two-byte characters too on most printers; FS ! says it to the others. */
static void set_style(struct escpos *e, enum escpos_style s)
{
    static const uint8_t size[] = {[ESCPOS_TITLE] = 0x01, [ESCPOS_BIG] = 0x11};
    static const uint8_t size_zh[] = {[ESCPOS_TITLE] = 0x08, [ESCPOS_BIG] = 0x0C};
    if (s == e->style)
        return;
    PUT(e, 0x1B, 'E', s != ESCPOS_PLAIN);
    PUT(e, 0x1D, '!', size[s]);
    if (chinese_mode(e))
        PUT(e, 0x1C, '!', size_zh[s]);
    e->style = s;
}

static void send_raster(struct escpos *e, struct raster *r)
{
    raster_defuse(r);
    for (size_t y = 0; y < r->rows;) {
        size_t rows = r->rows - y < ESCPOS_BAND_ROWS ? r->rows - y : ESCPOS_BAND_ROWS;
        PUT(e, 0x1D, 'v', '0', 0, (uint8_t)r->stride, 0, (uint8_t)rows, 0);
        put(e, r->bits + y * r->stride, rows * r->stride);
        y += rows;
    }
}

static void draw_line(struct escpos *e, enum escpos_style s, const char *text)
{
    struct raster r;
    bool wide = s == ESCPOS_BIG, tall = wide || s == ESCPOS_TITLE;
    if (!raster_init(&r, (size_t)e->device.dots / 8, tall ? RASTER_TALL : RASTER_LINE)) {
        e->err = ERR_NOMEM;
        return;
    }
    raster_text(&r, text, wide, tall);
    if (s != ESCPOS_PLAIN)
        raster_embolden(&r);
    if (wide)
        raster_embolden(&r);
    send_raster(e, &r);
    raster_release(&r);
}

void escpos_line(struct escpos *e, enum escpos_style s, const char *text)
{
    char clean[ESCPOS_TEXT_MAX + 1];
    size_t n = strnlen(text, ESCPOS_TEXT_MAX), used = 0;
    uint8_t bytes[2 * ESCPOS_TEXT_MAX];
    if (e->err)
        return;
    while (n && !text_is_utf8(text, n))
        n--;
    memcpy(clean, text, n);
    clean[n] = 0;
    text_clean(clean);
    clean[width_fit(clean, (size_t)(e->device.dots / ESCPOS_CELL / (s == ESCPOS_BIG ? 2 : 1)))] = 0;
    if (!charset_encode(e->device.charset, e->cd, clean, bytes, &used)) {
        draw_line(e, s, clean);
        return;
    }
    if (used)
        set_style(e, s);
    put(e, bytes, used);
    PUT(e, '\n');
}

void escpos_rule(struct escpos *e)
{
    struct raster r;
    if (e->err)
        return;
    if (!raster_init(&r, (size_t)e->device.dots / 8, RASTER_RULE)) {
        e->err = ERR_NOMEM;
        return;
    }
    memset(r.bits + r.stride * (RASTER_RULE / 2), 0xFC, 2 * r.stride);
    send_raster(e, &r);
    raster_release(&r);
}

/* GS ( k, functions 165 model 2, 167 module size, 169 level M, 180 store, 181 print. The printer adds no quiet zone: an empty line of
 * 30 dots on either side is more than four modules. */
static void qr_native(struct escpos *e, const char *text, int dots)
{
    size_t n = strlen(text) + 3;
    set_style(e, ESCPOS_PLAIN);
    PUT(e, '\n', 0x1B, 'a', 1);
    PUT(e, 0x1D, '(', 'k', 4, 0, '1', 'A', '2', 0);
    PUT(e, 0x1D, '(', 'k', 3, 0, '1', 'C', (uint8_t)dots);
    PUT(e, 0x1D, '(', 'k', 3, 0, '1', 'E', '1');
    PUT(e, 0x1D, '(', 'k', (uint8_t)(n & 0xFF), (uint8_t)(n >> 8), '1', 'P', '0');
    put(e, text, n - 3);
    PUT(e, 0x1D, '(', 'k', 3, 0, '1', 'Q', '0');
    PUT(e, 0x1B, 'a', 0, '\n');
}

static void qr_drawn(struct escpos *e, const struct qr *q, int dots)
{
    struct raster r;
    if (!raster_init(&r, (size_t)e->device.dots / 8, ((size_t)q->size + 2 * QR_QUIET) * (size_t)dots)) {
        e->err = ERR_NOMEM;
        return;
    }
    raster_qr(&r, q, dots);
    send_raster(e, &r);
    raster_release(&r);
}

void escpos_qr(struct escpos *e, const char *text)
{
    struct qr q;
    if (!e->err)
        e->err = qr_make(text, &q);
    if (e->err)
        return;
    int dots = e->device.dots / (q.size + 2 * QR_QUIET);
    if (dots > QR_DOTS_MAX)
        dots = QR_DOTS_MAX;
    if (dots < QR_DOTS_MIN)
        e->err = ERR_TOO_LARGE;
    else if (e->device.qr_native)
        qr_native(e, text, dots);
    else
        qr_drawn(e, &q, dots);
}

enum err escpos_end(struct escpos *e, unsigned what)
{
    set_style(e, ESCPOS_PLAIN);
    if (what & ESCPOS_CUT) {
        if (e->device.cutter)
            PUT(e, 0x1D, 'V', 'B', 0); /* GS V 66: feed to the cutter, partial cut */
        else
            PUT(e, 0x1B, 'd', FEED_END); /* ESC d: the last line passes the tear bar */
    }
    if (what & ESCPOS_KICK && e->device.drawer)
        PUT(e, 0x1B, 'p', 0, 25, 250); /* ESC p: pin 2, 50 ms on, 500 ms off */
    charset_close(e->cd);
    if (e->err)
        buf_cut(e->out, e->before);
    return e->err;
}

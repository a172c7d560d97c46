/* SPDX-License-Identifier: Apache-2.0 */
#include "base/qr.h"
#include "base/png.h"
#include <errno.h>
#include <qrencode.h>
#include <string.h>

/* ISO/IEC 18004, table 5: what the alphanumeric mode can hold. */
static const char alnum[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

static QRcode *encode(const char *text, size_t len)
{
    QRcode *code = NULL;
    /* One segment of our own choosing: QRcode_encodeString would break a card URL into several, its string mode into bytes. */
    QRencodeMode mode = strspn(text, "0123456789") == len ? QR_MODE_NUM
                        : strspn(text, alnum) == len      ? QR_MODE_AN
                                                          : QR_MODE_8;
    QRinput *in = QRinput_new2(0, QR_ECLEVEL_M);
    if (in && !QRinput_append(in, mode, (int)len, (const unsigned char *)text))
        code = QRcode_encodeInput(in);
    int why = errno;
    QRinput_free(in);
    errno = why;
    return code;
}

enum err qr_make(const char *text, struct qr *out)
{
    size_t len = strnlen(text, QR_TEXT_MAX + 1);
    if (!len)
        return ERR_BAD_VALUE;
    if (len > QR_TEXT_MAX)
        return ERR_TOO_LARGE;
    QRcode *code = encode(text, len);
    if (!code)
        return errno == ERANGE ? ERR_TOO_LARGE : ERR_NOMEM;
    out->version = code->version;
    out->size = code->width;
    for (int i = 0; i < code->width * code->width; i++)
        out->dark[i] = code->data[i] & 1;
    QRcode_free(code);
    return ERR_OK;
}

/* The quiet zone included: 0 .. size + 2 * QR_QUIET - 1. */
static bool dark(const struct qr *q, int x, int y)
{
    x -= QR_QUIET;
    y -= QR_QUIET;
    return x >= 0 && y >= 0 && x < q->size && y < q->size && q->dark[y * q->size + x];
}

/* One bit per pixel, 0 black. */
static void fill_row(const struct qr *q, int y, int scale, uint8_t *row, size_t len)
{
    memset(row, 0xff, len);
    for (int px = 0; px < (q->size + 2 * QR_QUIET) * scale; px++)
        if (dark(q, px / scale, y))
            row[px / 8] = (uint8_t)(row[px / 8] & ~(0x80 >> (px % 8)));
}

struct drawing {
    const struct qr *q;
    int scale;
    uint8_t row[((QR_MODULES_MAX + 2 * QR_QUIET) * QR_SCALE_MAX + 7) / 8];
};

static const uint8_t *row_of(void *ctx, uint32_t y)
{
    struct drawing *d = ctx;
    if (y % (uint32_t)d->scale == 0)
        fill_row(d->q, (int)y / d->scale, d->scale, d->row, sizeof d->row);
    return d->row;
}

enum err qr_png(const struct qr *q, int scale, struct buf *out)
{
    struct drawing d = {.q = q, .scale = scale};
    uint32_t side = (uint32_t)((q->size + 2 * QR_QUIET) * scale);
    if (scale < 1 || scale > QR_SCALE_MAX)
        return ERR_BAD_VALUE;
    return png_write(&(struct png_rows){side, side, row_of, &d}, out);
}

enum err qr_svg(const struct qr *q, int mm, struct buf *out)
{
    int side = q->size + 2 * QR_QUIET;
    size_t before = out->len;
    if (mm < 1 || mm > 1000)
        return ERR_BAD_VALUE;
    enum err e = buf_printf(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" height=\"%dmm\" viewBox=\"0 0 %d %d\" "
        "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
        mm, mm, side, side, side, side);
    for (int y = 0; y < side; y++)
        for (int x = 0, run; x < side && !e; x += run) {
            for (run = 0; dark(q, x + run, y);)
                run++;
            if (run)
                e = buf_printf(out, "M%d %dh%dv1h-%dz", x, y, run, run);
            else
                run = 1;
        }
    if (!e)
        e = buf_adds(out, "\"/></svg>\n");
    if (e)
        buf_cut(out, before);
    return e;
}

enum err qr_terminal(const struct qr *q, bool color, struct buf *out)
{
    /* Index: upper module light, lower module light. */
    static const char *const blocks[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};
    int side = q->size + 2 * QR_QUIET;
    size_t before = out->len;
    enum err e = ERR_OK;
    for (int y = 0; y < side && !e; y += 2) {
        if (color)
            e = buf_adds(out, "\033[40;97m");
        for (int x = 0; x < side && !e; x++)
            e = buf_adds(out, blocks[!dark(q, x, y)][y + 1 >= side || !dark(q, x, y + 1)]);
        if (!e)
            e = buf_adds(out, color ? "\033[0m\n" : "\n");
    }
    if (e)
        buf_cut(out, before);
    return e;
}

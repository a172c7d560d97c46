/* SPDX-License-Identifier: Apache-2.0 */
#include "base/qr.h"
#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <setjmp.h>
#include <stdlib.h>
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

struct png_out {
    struct buf *b;
    enum err e;
};

static void png_put(png_structp png, png_bytep p, png_size_t n)
{
    struct png_out *o = png_get_io_ptr(png);
    if ((o->e = buf_add(o->b, p, n)))
        png_error(png, "full");
}

static void png_flush_none(png_structp png)
{
    (void)png;
}

static void png_silent(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void png_no_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* One bit per pixel, 0 black. */
static void fill_row(const struct qr *q, int y, int scale, uint8_t *row, size_t len)
{
    memset(row, 0xff, len);
    for (int px = 0; px < (q->size + 2 * QR_QUIET) * scale; px++)
        if (dark(q, px / scale, y))
            row[px / 8] = (uint8_t)(row[px / 8] & ~(0x80 >> (px % 8)));
}

static enum err write_png(png_structp png, png_infop info, const struct qr *q, int scale, uint8_t *row)
{
    int modules = q->size + 2 * QR_QUIET;
    png_uint_32 side = (png_uint_32)(modules * scale);
    if (setjmp(png_jmpbuf(png)))
        return ERR_NOMEM;
    png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < modules; y++) {
        fill_row(q, y, scale, row, (side + 7) / 8);
        for (int k = 0; k < scale; k++)
            png_write_row(png, row);
    }
    png_write_end(png, NULL);
    return ERR_OK;
}

enum err qr_png(const struct qr *q, int scale, struct buf *out)
{
    struct png_out o = {out, ERR_OK};
    size_t before = out->len;
    enum err e = ERR_NOMEM;
    if (scale < 1 || scale > QR_SCALE_MAX)
        return ERR_BAD_VALUE;
    uint8_t *row = malloc((size_t)((q->size + 2 * QR_QUIET) * scale + 7) / 8);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_silent, png_no_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (row && info) {
        png_set_write_fn(png, &o, png_put, png_flush_none);
        e = write_png(png, info, q, scale, row);
    }
    png_destroy_write_struct(png ? &png : NULL, info ? &info : NULL);
    free(row);
    if (e)
        buf_cut(out, before);
    return o.e ? o.e : e;
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

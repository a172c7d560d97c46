/* SPDX-License-Identifier: Apache-2.0 */
#include "base/png.h"
#include <png.h>
#include <setjmp.h>

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

static enum err write_all(png_structp png, png_infop info, const struct png_rows *p)
{
    if (setjmp(png_jmpbuf(png)))
        return ERR_NOMEM;
    png_set_IHDR(png, info, p->width, p->height, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (uint32_t y = 0; y < p->height; y++)
        png_write_row(png, p->row(p->ctx, y));
    png_write_end(png, NULL);
    return ERR_OK;
}

enum err png_write(const struct png_rows *p, struct buf *out)
{
    struct png_out o = {out, ERR_OK};
    size_t before = out->len;
    enum err e = ERR_NOMEM;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_silent, png_no_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info) {
        png_set_write_fn(png, &o, png_put, png_flush_none);
        e = write_all(png, info, p);
    }
    png_destroy_write_struct(png ? &png : NULL, info ? &info : NULL);
    if (e)
        buf_cut(out, before);
    return o.e ? o.e : e;
}

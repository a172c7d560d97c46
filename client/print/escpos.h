/* SPDX-License-Identifier: Apache-2.0 */
/* ESC/POS, the command language of receipt printers (Epson's "ESC/POS Command Reference", and the Chinese makers' FS commands).
 *
 *     escpos_begin(&e, &device, &out);
 *     escpos_line(&e, ESCPOS_TITLE, "示例饭店");
 *     escpos_qr(&e, "HTTPS://...");
 *     err = escpos_end(&e, ESCPOS_CUT);
 *
 * Text is in the device's encoding; a line with a character outside the device's set is drawn instead (GS v 0), whole, for
 * a picture may only begin with an empty line buffer. Whatever a text holds, no control byte of it reaches the device.
 * Bytes of pictures never form a real-time command (DLE EOT, DLE ENQ, DLE DC4), which cheap printers obey anywhere: where they
 * would, one dot is added.
 *
 * The first error stays and escpos_end tells it, with `out` as it was. Not here: where bytes go, what a receipt says. */
#ifndef HUIKA_ESCPOS_H
#define HUIKA_ESCPOS_H
#include "base/buf.h"
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>

/* How text reaches the device, and which characters its ROM has. UTF-8 devices are set to it by their own switch and are taken to
 * have GBK's characters; GB18030 devices its one- and two-byte part. ASCII: no Chinese ROM, so all Chinese is drawn. */
enum escpos_charset { ESCPOS_GB18030, ESCPOS_GBK, ESCPOS_GB2312, ESCPOS_UTF8, ESCPOS_ASCII };

enum { ESCPOS_58MM = 384, ESCPOS_80MM = 576, ESCPOS_CELL = 12, ESCPOS_TEXT_MAX = 512, ESCPOS_BAND_ROWS = 128 };

struct escpos_device {
    int dots; /* ESCPOS_58MM or ESCPOS_80MM: dots across */
    enum escpos_charset charset;
    bool qr_native; /* draws QR codes itself (GS ( k); else they are sent as pictures */
    bool cutter, drawer;
};

enum escpos_style {
    ESCPOS_PLAIN,
    ESCPOS_STRONG, /* bold */
    ESCPOS_TITLE,  /* bold, twice as high */
    ESCPOS_BIG,    /* twice as high and as wide: half the columns */
};

enum {
    ESCPOS_CUT = 1,
    ESCPOS_KICK = 2
}; /* escpos_end: feed and cut; open the drawer. Done only where the device can. */

struct escpos {
    struct buf *out;
    size_t before;
    struct escpos_device device;
    enum escpos_style style; /* as set on the device */
    iconv_t cd;
    enum err err;
};

/* "gb18030", "gbk", "gb2312", "utf-8", "ascii"; false for other names. */
bool escpos_charset_from_name(const char *name, enum escpos_charset *out);
/* Static. */
const char *escpos_charset_name(enum escpos_charset c);

/* Where this system cannot convert to the encoding, all Chinese is drawn. ERR_BAD_VALUE: dots; then nothing need be ended. *d is
 * copied. */
enum err escpos_begin(struct escpos *e, const struct escpos_device *d, struct buf *out);
/* One line of UTF-8, at most ESCPOS_TEXT_MAX bytes (what is more is left off), at most as wide as the paper: the caller breaks lines
 * (base/width.h). "" is an empty line. */
void escpos_line(struct escpos *e, enum escpos_style style, const char *text);
/* A thin line across the paper. */
void escpos_rule(struct escpos *e);
/* In the middle with its quiet zone, as large as the paper allows up to 6 dots a module (0.75 mm: a telephone reads it at arm's
 * length, and more is wasted paper). ERR_TOO_LARGE if it would have less than 3. */
void escpos_qr(struct escpos *e, const char *text);
/* `what`: ESCPOS_CUT | ESCPOS_KICK. */
enum err escpos_end(struct escpos *e, unsigned what);
#endif

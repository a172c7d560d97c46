/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/charset.h"
#include "base/text.h"
#include "base/width.h"
#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *iconv; /* the encoding whose two-byte part the ROM has; NULL: none */
} charsets[] = {
    [ESCPOS_GB18030] = {"gb18030", "GB18030"},
    [ESCPOS_GBK] = {"gbk", "GBK"},
    [ESCPOS_GB2312] = {"gb2312", "EUC-CN"},
    [ESCPOS_UTF8] = {"utf-8", "GBK"},
    [ESCPOS_ASCII] = {"ascii", NULL},
};

enum { CHARSETS = sizeof charsets / sizeof *charsets };

bool escpos_charset_from_name(const char *name, enum escpos_charset *out)
{
    for (unsigned i = 0; i < CHARSETS; i++)
        if (!strcasecmp(name, charsets[i].name)) {
            *out = (enum escpos_charset)i;
            return true;
        }
    return false;
}

const char *escpos_charset_name(enum escpos_charset c)
{
    return charsets[c].name;
}

iconv_t charset_open(enum escpos_charset c)
{
    return charsets[c].iconv ? iconv_open(charsets[c].iconv, "UTF-8") : (iconv_t)-1;
}

void charset_close(iconv_t cd)
{
    if (cd != (iconv_t)-1)
        iconv_close(cd);
}

uint32_t charset_next(const char **s)
{
    static const uint8_t lead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = text_char_len(*s);
    uint32_t cp = (uint8_t)(*s)[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | ((uint8_t)(*s)[i] & 0x3F);
    *s += n;
    return cp;
}

/* Two bytes of GBK's region (GB 18030-2005, 4.2), the private use area's left out: there each ROM has something else. What is one
 * column in our layout ("·" of many names, Cyrillic) would be two in the ROM and push the line over the edge. */
static bool in_rom(iconv_t cd, const char *s, size_t n, uint8_t out[static 2])
{
    const char *at = s;
    uint8_t two[8];
    char *in = (char *)(uintptr_t)s, *to = (char *)two;
    size_t left = n, room = sizeof two;
    uint32_t cp = charset_next(&at);
    if (cd == (iconv_t)-1 || (cp >= 0xE000 && cp < 0xF900) || width_char(cp) != 2)
        return false;
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &in, &left, &to, &room) == (size_t)-1 || room != sizeof two - 2)
        return false;
    if (two[0] < 0x81 || two[0] > 0xFE || two[1] < 0x40 || two[1] == 0x7F || two[1] > 0xFE)
        return false;
    memcpy(out, two, 2);
    return true;
}

bool charset_encode(enum escpos_charset c, iconv_t cd, const char *text, uint8_t *out, size_t *len)
{
    size_t at = 0;
    for (size_t n; *text; text += n) {
        uint8_t two[2];
        n = text_char_len(text);
        if (n == 1) {
            if (*text < ' ' || *text > '~')
                return false;
            out[at++] = (uint8_t)*text;
            continue;
        }
        if (!in_rom(cd, text, n, two))
            return false;
        memcpy(out + at, c == ESCPOS_UTF8 ? (const void *)text : two, c == ESCPOS_UTF8 ? n : 2);
        at += c == ESCPOS_UTF8 ? n : 2;
    }
    *len = at;
    return true;
}

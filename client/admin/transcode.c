/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/transcode.h"
#include "base/file.h"
#include <errno.h>
#include <iconv.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_SIZE = 65536, OUT_SIZE = 3 * IN_SIZE + 16 };

static const char replacement[] = "\xef\xbf\xbd";

struct transcode {
    int fd;
    enum import_encoding encoding;
    iconv_t cd;
    off_t at;
    bool ended;
    size_t in_len, out_at, out_len;
    char in[IN_SIZE], out[OUT_SIZE];
};

/* Bytes of the character at p (RFC 3629), 0 if n bytes may be only its beginning, -1 if it is none. */
static int utf8_char(const unsigned char *p, size_t n)
{
    unsigned char lo = 0x80, hi = 0xbf;
    int len;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return -1;
    len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    lo = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : lo;
    hi = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : hi;
    for (int i = 1; i < len; i++, lo = 0x80, hi = 0xbf) {
        if ((size_t)i >= n)
            return 0;
        if (p[i] < lo || p[i] > hi)
            return -1;
    }
    return len;
}

static void replace(struct transcode *t)
{
    memcpy(t->out + t->out_len, replacement, 3);
    t->out_len += 3;
}

/* Bytes from p on that are whole characters; *next is what utf8_char says of those behind, 1 at the end. */
static size_t utf8_run(const unsigned char *p, size_t n, int *next)
{
    size_t i = 0;
    *next = 1;
    while (i < n) {
        uint64_t eight;
        if (n - i >= sizeof eight && (memcpy(&eight, p + i, sizeof eight), (eight & 0x8080808080808080U) == 0)) {
            i += sizeof eight;
            continue;
        }
        *next = utf8_char(p + i, n - i);
        if (*next <= 0)
            break;
        i += (size_t)*next;
    }
    return i;
}

/* Converts what is in t->in; returns how many bytes were used. The rest is the beginning of a character. */
static size_t from_utf8(struct transcode *t)
{
    size_t i = 0;
    while (i < t->in_len) {
        int next;
        size_t run = utf8_run((const unsigned char *)t->in + i, t->in_len - i, &next);
        memcpy(t->out + t->out_len, t->in + i, run);
        t->out_len += run;
        i += run;
        if (i == t->in_len || (next == 0 && !t->ended))
            break;
        replace(t);
        i++;
    }
    return i;
}

static size_t from_gb18030(struct transcode *t)
{
    char *in = t->in, *out = t->out + t->out_len;
    size_t left = t->in_len, room = OUT_SIZE - t->out_len;
    while (left > 0) {
        if (iconv(t->cd, &in, &left, &out, &room) != (size_t)-1)
            break;
        t->out_len = (size_t)(out - t->out);
        if (errno == EINVAL && !t->ended)
            break;
        replace(t);
        iconv(t->cd, NULL, NULL, NULL, NULL);
        in++, left--;
        out = t->out + t->out_len;
        room = OUT_SIZE - t->out_len;
    }
    t->out_len = (size_t)(out - t->out);
    return (size_t)(in - t->in);
}

static int refill(struct transcode *t)
{
    ssize_t got;
    do
        got = read(t->fd, t->in + t->in_len, IN_SIZE - t->in_len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    t->ended = got == 0;
    t->at += got;
    t->in_len += (size_t)got;
    t->out_at = t->out_len = 0;
    size_t used = t->encoding == IMPORT_GB18030 ? from_gb18030(t) : from_utf8(t);
    memmove(t->in, t->in + used, t->in_len - used);
    t->in_len -= used;
    return 0;
}

ssize_t transcode_read(struct transcode *t, char *p, size_t n)
{
    while (t->out_at == t->out_len && !t->ended)
        if (refill(t))
            return -1;
    size_t have = t->out_len - t->out_at;
    n = n < have ? n : have;
    memcpy(p, t->out + t->out_at, n);
    t->out_at += n;
    return (ssize_t)n;
}

enum err transcode_open(struct transcode **out, int fd, enum import_encoding encoding, off_t from)
{
    if (lseek(fd, from, SEEK_SET) < 0)
        return ERR_IO;
    struct transcode *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    t->fd = fd;
    t->encoding = encoding;
    t->at = from;
    t->cd = (iconv_t)-1;
    if (encoding == IMPORT_GB18030 && (t->cd = iconv_open("UTF-8", "GB18030")) == (iconv_t)-1) {
        transcode_free(&t);
        return ERR_BAD_ENCODING;
    }
    *out = t;
    return ERR_OK;
}

void transcode_free(struct transcode **t)
{
    if (!*t)
        return;
    if ((*t)->cd != (iconv_t)-1)
        iconv_close((*t)->cd);
    OPENSSL_cleanse(*t, sizeof **t);
    free(*t);
    *t = NULL;
}

off_t transcode_at(const struct transcode *t)
{
    return t->at;
}

/* Lines beyond ASCII that are whole in this encoding, and those that are not. */
static enum err vote(int fd, enum import_encoding encoding, uint64_t *good, uint64_t *bad)
{
    struct transcode *t = NULL;
    bool high = false, broken = false;
    enum err e = transcode_open(&t, fd, encoding, 0);
    *good = *bad = 0;
    while (!e && !(t->ended && t->out_at == t->out_len)) {
        if (refill(t)) {
            e = ERR_IO;
            break;
        }
        for (const char *p = t->out, *end = p + t->out_len; p < end; p++) {
            if (*p == '\n') {
                *bad += broken;
                *good += high && !broken;
                high = broken = false;
            } else if (*p & 0x80) {
                high = true;
                broken = broken || (end - p >= 3 && !memcmp(p, replacement, 3));
            }
        }
        t->out_at = t->out_len;
    }
    *bad += broken;
    *good += high && !broken;
    transcode_free(&t);
    return e;
}

enum err transcode_detect(int fd, enum import_encoding *out, off_t *bom)
{
    unsigned char head[4] = {0};
    uint64_t good, bad;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0)
        return ERR_IO;
    *bom = 0;
    if (n >= 2 && ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff)))
        return ERR_BAD_ENCODING;
    if (n >= 3 && !memcmp(head, "\xef\xbb\xbf", 3)) {
        *bom = 3;
        *out = IMPORT_UTF8;
        return ERR_OK;
    }
    enum err e = vote(fd, IMPORT_UTF8, &good, &bad);
    if (e)
        return e;
    if (bad == 0 || good > bad) {
        *out = IMPORT_UTF8;
        return ERR_OK;
    }
    e = vote(fd, IMPORT_GB18030, &good, &bad);
    if (e)
        return e;
    if (bad > good)
        return ERR_BAD_ENCODING;
    *out = IMPORT_GB18030;
    *bom = n == 4 && !memcmp(head, "\x84\x31\x95\x33", 4) ? 4 : 0;
    return ERR_OK;
}

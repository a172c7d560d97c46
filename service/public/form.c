/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/form.h"
#include "base/text.h"
#include <string.h>
#include <strings.h>

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* One value; a carriage return is dropped, so that a line ends in a line feed. False: too long, or not of that form. */
static bool decode(const char *s, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)s[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int hi = i + 2 < len ? hex(s[i + 1]) : -1, lo = hi >= 0 ? hex(s[i + 2]) : -1;
            if (lo < 0)
                return false;
            c = hi << 4 | lo;
            i += 2;
        }
        if (c == '\r')
            continue;
        if (!c || n + 1 >= size)
            return false;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return text_is_utf8(out, n);
}

struct pair {
    const char *name, *value;
    size_t name_len, len;
};

static bool take(struct form *f, unsigned *seen, const struct pair *p)
{
    const struct {
        const char *name;
        char *out;
        size_t size;
    } known[] = {{"token", f->token, sizeof f->token}, {"kind", f->kind, sizeof f->kind},
        {"say", f->say, sizeof f->say}, {"text", f->text, sizeof f->text}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) != p->name_len || memcmp(known[i].name, p->name, p->name_len) != 0)
            continue;
        if (*seen & 1u << i)
            return false;
        *seen |= 1u << i;
        return decode(p->value, p->len, known[i].out, known[i].size);
    }
    return true;
}

bool form_parse(const char *s, size_t len, struct form *out)
{
    unsigned seen = 0;
    memset(out, 0, sizeof *out);
    while (len) {
        const char *end = memchr(s, '&', len);
        size_t n = end ? (size_t)(end - s) : len;
        const char *is = n ? memchr(s, '=', n) : NULL;
        if (is && !take(out, &seen, &(struct pair){s, is + 1, (size_t)(is - s), n - (size_t)(is - s) - 1}))
            return false;
        s += n + (end != NULL);
        len -= n + (end != NULL);
    }
    return true;
}

bool form_slip_path(const char *path, const char *after, char out[static SLIP_TEXT_LEN + 1])
{
    if (path[0] != '/' || (path[1] != 'S' && path[1] != 's') || path[2] != '/')
        return false;
    path += 3;
    size_t n = strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567");
    if (n != SLIP_TEXT_LEN || strcmp(path + n, after) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(path[i] >= 'a' ? path[i] - 'a' + 'A' : path[i]);
    out[n] = 0;
    return true;
}

bool form_wants_chinese(const char *lang, const char *accept)
{
    if (lang && !strcmp(lang, "en"))
        return false;
    if (lang || !accept)
        return true;
    const char *zh = strcasestr(accept, "zh"), *en = strcasestr(accept, "en");
    return zh ? !en || zh < en : !en;
}

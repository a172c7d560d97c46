/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of the public pages as any browser, or anybody, may send them. */
#include "base/text.h"
#include "service/public/form.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The other way: everything that is not a letter or a digit as %XX. */
static size_t encode(const char *name, const char *value, char *out)
{
    static const char digit[] = "0123456789ABCDEF";
    size_t n = strlen(name);
    memcpy(out, name, n);
    out[n++] = '=';
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (!plain) {
            out[n++] = '%';
            out[n++] = digit[*c >> 4];
        }
        out[n++] = plain ? (char)*c : digit[*c & 15];
    }
    out[n++] = '&';
    return n;
}

static void sound(const char *value, size_t size)
{
    size_t n = strnlen(value, size);
    assert(n < size && text_is_utf8(value, n) && !memchr(value, '\r', n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form *f = malloc(2 * sizeof *f), *again = f + 1;
    char *text = malloc(64 + 3 * sizeof *f);
    if (f && text && form_parse((const char *)data, size, f)) {
        sound(f->token, sizeof f->token);
        sound(f->kind, sizeof f->kind);
        sound(f->say, sizeof f->say);
        sound(f->text, sizeof f->text);
        size_t n = encode("text", f->text, text);
        n += encode("token", f->token, text + n);
        n += encode("say", f->say, text + n);
        n += encode("kind", f->kind, text + n);
        assert(form_parse(text, n, again) && !strcmp(f->text, again->text) && !strcmp(f->token, again->token) &&
               !strcmp(f->say, again->say) && !strcmp(f->kind, again->kind));
        assert(!form_parse(text, n + encode("kind", f->kind, text + n), again)); /* twice is none */
    }
    free(text);
    free(f);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config.h"
#include "base/file.h"
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_LEN = 4096, NAME_LEN = 49 }; /* NAME_LEN: inih cuts longer sections and keys without a word */

struct load {
    struct config *c;
    enum err e;
};

static const char *next_text(const char *s)
{
    return s + strlen(s) + 1;
}

/* 0 stops inih at this line. */
static int entry(void *ctx, const char *section, const char *key, const char *value)
{
    struct load *l = ctx;
    struct config *c = l->c;
    if (!key || !value || strlen(section) >= NAME_LEN || config_text(c, section, key, NULL))
        return 0;
    if (++c->cnt > CONFIG_ENTRIES)
        l->e = ERR_TOO_LARGE;
    const char *const parts[] = {section, key, value};
    for (size_t i = 0; i < 3 && !l->e; i++)
        l->e = buf_add(&c->text, parts[i], strlen(parts[i]) + 1);
    return !l->e;
}

/* inih would cut an overlong line in two; its number, 0 if there is none. */
static int overlong(const char *text)
{
    int line = 1;
    for (size_t n; *text; text += n + (text[n] == '\n'), line++) {
        n = strcspn(text, "\n");
        if (n > LINE_LEN)
            return line;
    }
    return 0;
}

enum err config_parse(struct config *c, const char *text)
{
    struct load l = {c, ERR_OK};
    *c = (struct config){0};
    buf_init(&c->text, CONFIG_MAX);
    int line = overlong(text);
    if (!line) {
        ini_use_stack = false; /* on the stack lines end at 200 bytes */
        ini_initial_alloc = ini_max_line = LINE_LEN + 8;
        ini_allow_multiline = false;
        line = ini_parse_string(text, entry, &l);
    }
    if (l.e)
        return l.e;
    c->bad_line = line > 0 ? line : 0;
    return line > 0 ? ERR_BAD_VALUE : line < 0 ? ERR_NOMEM : ERR_OK;
}

enum err config_load(struct config *c, const char *path)
{
    struct buf b;
    *c = (struct config){0};
    buf_init(&b, CONFIG_MAX);
    enum err e = file_read(path, &b);
    if (!e && memchr(buf_str(&b), 0, b.len))
        e = ERR_BAD_VALUE;
    if (!e)
        e = config_parse(c, buf_str(&b));
    buf_wipe(&b);
    return e;
}

void config_release(struct config *c)
{
    buf_wipe(&c->text);
    *c = (struct config){0};
}

const char *config_text(const struct config *c, const char *section, const char *key, const char *absent)
{
    const char *s = buf_str(&c->text), *end = s + c->text.len;
    while (s < end) {
        const char *k = next_text(s), *v = next_text(k);
        if (!strcmp(s, section) && !strcmp(k, key))
            return v;
        s = next_text(v);
    }
    return absent;
}

enum err config_int(const struct config *c, const char *section, const char *key, int64_t min, int64_t max,
    int64_t absent, int64_t *out)
{
    const char *s = config_text(c, section, key, NULL);
    char *end;
    if (!s) {
        *out = absent;
        return ERR_OK;
    }
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (errno || end == s || *end || (*s != '-' && (*s < '0' || *s > '9')) || v < min || v > max)
        return ERR_BAD_VALUE;
    *out = v;
    return ERR_OK;
}

enum err config_bool(const struct config *c, const char *section, const char *key, bool absent, bool *out)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    const char *s = config_text(c, section, key, NULL);
    if (!s) {
        *out = absent;
        return ERR_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(s, words[i])) {
            *out = i % 2;
            return ERR_OK;
        }
    return ERR_BAD_VALUE;
}

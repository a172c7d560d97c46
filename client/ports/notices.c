/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/notices.h"
#include "base/log.h"
#include <string.h>

void notices_init(struct notices *n, const char *shop_id)
{
    memset(n, 0, sizeof *n);
    strncpy(n->shop_id, shop_id, ULID_LEN);
}

void notices_release(struct notices *n)
{
    if (n->has_trust)
        notice_trust_release(&n->trust);
    if (n->has_shop)
        notice_shop_release(&n->shop);
    n->has_trust = n->has_shop = false;
}

static enum err use_trust(struct notices *n, const struct notice *in)
{
    struct notice_trust t = {0};
    enum err e = notice_trust_parse(in, &t);
    if (e)
        return e;
    if (n->has_trust)
        notice_trust_release(&n->trust);
    n->trust = t;
    n->has_trust = true;
    memcpy(n->trust_hash, in->hash, KEY_HASH);
    return ERR_OK;
}

static enum err parse_shop(const struct notices *n, const struct notice *in, struct notice_shop *out)
{
    enum err e = notice_shop_parse(in, out);
    if (!e && strcmp(out->shop_id, n->shop_id) != 0) {
        notice_shop_release(out);
        e = ERR_BAD_NOTICE;
    }
    return e;
}

static enum err use_shop(struct notices *n, const struct notice *in)
{
    struct notice_shop s = {0};
    enum err e = parse_shop(n, in, &s);
    if (e)
        return e;
    if (n->has_shop)
        notice_shop_release(&n->shop);
    n->shop = s;
    n->has_shop = true;
    memcpy(n->shop_hash, in->hash, KEY_HASH);
    return ERR_OK;
}

/* Signed by the root that it names itself: enough for what was checked before it came onto this disk. */
static enum err self_signed(const struct notice *n)
{
    EVP_PKEY *root = NULL;
    enum err e = n->kind == NOTICE_TRUST ? notice_root(n, &root) : ERR_BAD_NOTICE;
    if (!e)
        e = notice_verify_root(n, root);
    key_free(&root);
    return e;
}

static enum err load_file(const struct state *s, const char *name, enum notice_kind kind, struct notice *out)
{
    struct buf b;
    buf_init(&b, NOTICE_MAX + 1);
    enum err e = state_read(s, name, &b);
    if (!e)
        e = notice_open(buf_str(&b), b.len, out);
    buf_release(&b);
    if (!e && out->kind != kind) {
        notice_release(out);
        e = ERR_BAD_NOTICE;
    }
    return e;
}

/* A shop notice that is damaged is as good as none: nobody may sell by it, and the service will send another. */
static enum err load_shop(struct notices *n, const struct state *s)
{
    struct notice in = {0};
    enum err e = load_file(s, STATE_SHOP, NOTICE_SHOP, &in);
    if (!e)
        e = notice_verify(&in, &n->trust);
    if (!e)
        e = use_shop(n, &in);
    notice_release(&in);
    if (e == ERR_NOMEM || e == ERR_IO)
        return e;
    if (e && e != ERR_NOT_FOUND)
        log_warn("the shop notice on disk is not obeyed: %s", err_code(e));
    return ERR_OK;
}

enum err notices_load(struct notices *n, const struct state *s)
{
    struct notice in = {0};
    enum err e = load_file(s, STATE_TRUST, NOTICE_TRUST, &in);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STATE_MISSING : e;
    e = self_signed(&in);
    if (!e)
        e = use_trust(n, &in);
    notice_release(&in);
    if (e)
        return e;
    return load_shop(n, s);
}

enum err notices_pin(struct notices *n, const struct state *s, const char *text, size_t len)
{
    struct notice in = {0};
    enum err e = notice_open(text, len, &in);
    if (e)
        return e;
    e = self_signed(&in);
    if (!e)
        e = state_write(s, STATE_TRUST, text, len);
    if (!e)
        e = use_trust(n, &in);
    notice_release(&in);
    return e;
}

/* Everything that could still refuse it comes before the file is written. */
static enum err judge(const struct notices *n, const struct notice *in)
{
    struct notice_trust t = {0};
    struct notice_shop s = {0};
    bool trust = in->kind == NOTICE_TRUST;
    enum err e = notice_verify(in, n->has_trust ? &n->trust : NULL);
    if (!e && trust)
        e = notice_newer(in, n->has_trust ? n->trust.version : 0, n->trust_hash);
    if (!e && in->kind == NOTICE_SHOP)
        e = notice_newer(in, n->has_shop ? n->shop.version : 0, n->shop_hash);
    if (!e && trust && !(e = notice_trust_parse(in, &t)))
        notice_trust_release(&t);
    if (!e && in->kind == NOTICE_SHOP && !(e = parse_shop(n, in, &s)))
        notice_shop_release(&s);
    return e ? e : trust || in->kind == NOTICE_SHOP ? ERR_OK : ERR_BAD_NOTICE;
}

enum err notices_take(struct notices *n, const struct state *s, const json_t *envelope, struct notice *out)
{
    struct notice in = {0};
    struct buf text;
    buf_init(&text, NOTICE_MAX);
    enum err e = jsonx_write(envelope, &text);
    if (!e)
        e = notice_open(buf_str(&text), text.len, &in);
    bool opened = !e;
    if (!e)
        e = judge(n, &in);
    if (!e)
        e = state_write(s, in.kind == NOTICE_TRUST ? STATE_TRUST : STATE_SHOP, text.data, text.len);
    if (!e)
        e = in.kind == NOTICE_TRUST ? use_trust(n, &in) : use_shop(n, &in);
    buf_release(&text);
    if (e && opened)
        notice_release(&in);
    if (!e)
        *out = in;
    return e;
}

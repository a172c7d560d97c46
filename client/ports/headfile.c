/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/headfile.h"
#include "base/jsonw.h"
#include <string.h>

enum { HEAD_MAX = 1024 };

enum err headfile_save(const struct state *s, const struct body_results *r)
{
    struct buf b;
    buf_init(&b, HEAD_MAX);
    struct jsonw w = jsonw_begin(&b);
    jsonw_int(&w, "epoch", r->epoch);
    jsonw_int(&w, "seq", (int64_t)r->head_seq);
    jsonw_hex(&w, "hash", r->head_hash, KEY_HASH);
    jsonw_int(&w, "at_ms", r->at_utc_ms);
    jsonw_base64(&w, "sig", r->head_sig, KEY_SIG);
    jsonw_str(&w, "keyid", r->keyid);
    enum err e = jsonw_end(&w);
    if (!e)
        e = state_write(s, STATE_HEAD, b.data, b.len);
    buf_release(&b);
    return e;
}

static enum err parse(const json_t *root, struct headfile *h)
{
    int64_t epoch = 0, seq = 0;
    enum err e = jsonx_int(root, "epoch", 1, UINT32_MAX, &epoch);
    if (!e)
        e = jsonx_int(root, "seq", 1, JSONX_INT_MAX, &seq);
    if (!e)
        e = jsonx_hex(root, "hash", h->hash, KEY_HASH);
    if (!e)
        e = jsonx_int(root, "at_ms", 0, JSONX_INT_MAX, &h->at_utc_ms);
    if (!e)
        e = jsonx_base64(root, "sig", h->sig, KEY_SIG);
    if (!e)
        e = jsonx_copy(root, "keyid", KEY_ID_LEN, h->keyid, sizeof h->keyid);
    h->epoch = (uint32_t)epoch;
    h->seq = (uint64_t)seq;
    return e;
}

static enum err check(const struct state *s, const struct notice_trust *trust, const struct headfile *h)
{
    struct record_head at = {.epoch = h->epoch, .seq = h->seq};
    memcpy(at.terminal, s->info.terminal, ULID_SIZE);
    memcpy(at.hash, h->hash, KEY_HASH);
    for (size_t i = 0; i < trust->key_cnt; i++)
        if ((trust->keys[i].kinds & NOTICE_BIT_HEAD) && !strcmp(trust->keys[i].id, h->keyid))
            return record_countersign_verify(&at, h->at_utc_ms, trust->keys[i].key, h->sig);
    return ERR_UNKNOWN_KEY;
}

enum err headfile_load(const struct state *s, const struct notice_trust *trust, struct headfile *out)
{
    struct headfile h = {0};
    json_t *root = NULL;
    struct buf b;
    buf_init(&b, HEAD_MAX);
    enum err e = state_read(s, STATE_HEAD, &b);
    if (!e)
        e = jsonx_parse(buf_str(&b), b.len, &root);
    if (!e)
        e = parse(root, &h);
    if (!e && trust)
        e = check(s, trust, &h);
    if (!e)
        *out = h;
    json_decref(root);
    buf_release(&b);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/records: the batch and its answer. */
#include "base/jsonw.h"
#include "base/text.h"
#include "proto/body_parts.h"
#include <string.h>

static const char *const outcomes[] = {NULL, "counted", "known", "held", "contested"};
enum { OUTCOME_CNT = sizeof outcomes / sizeof *outcomes };

const char *body_outcome_name(enum body_outcome v)
{
    return (int)v > 0 && (int)v < OUTCOME_CNT ? outcomes[v] : NULL;
}

static bool batch_ok(const struct body_batch *v)
{
    if (!v->epoch || v->record_cnt > BODY_BATCH || v->head_seq > (uint64_t)JSONX_INT_MAX)
        return false;
    for (size_t i = 0; i < v->record_cnt; i++) {
        const struct body_record *r = &v->record[i];
        if (!record_kind_name(r->kind) || !r->seq || r->body_len > RECORD_BODY_MAX || r->blob_len > RECORD_BLOB_MAX)
            return false;
        if (r->seq != v->record[0].seq + i)
            return false;
    }
    return v->record_cnt ? !v->fork && v->head_seq == v->record[v->record_cnt - 1].seq : true;
}

enum err body_batch_encode(const struct body_batch *v, struct buf *out)
{
    if (!batch_ok(v))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_int(&w, "epoch", v->epoch);
    jsonw_open(&w, "records", '[');
    for (size_t i = 0; i < v->record_cnt; i++) {
        const struct body_record *r = &v->record[i];
        jsonw_open(&w, NULL, '{');
        jsonw_int(&w, "seq", (int64_t)r->seq);
        jsonw_str(&w, "kind", record_kind_name(r->kind));
        jsonw_strn(&w, "body", r->body, r->body_len);
        if (r->blob) {
            jsonw_hex(&w, "salt", r->salt, RECORD_SALT);
            jsonw_strn(&w, "blob", r->blob, r->blob_len);
        }
        jsonw_close(&w, '}');
    }
    jsonw_close(&w, ']');
    if (v->fork)
        jsonw_int(&w, "fork", v->fork);
    jsonw_open(&w, "head", '{');
    jsonw_int(&w, "seq", (int64_t)v->head_seq);
    jsonw_hex(&w, "hash", v->head_hash, KEY_HASH);
    jsonw_base64(&w, "sig", v->head_sig, KEY_SIG);
    jsonw_close(&w, '}');
    return jsonw_end(&w);
}

static enum err seq_of(const json_t *obj, int64_t min, uint64_t *out)
{
    int64_t v;
    enum err e = jsonx_int(obj, "seq", min, JSONX_INT_MAX, &v);
    if (!e)
        *out = (uint64_t)v;
    return e;
}

static enum err epoch_of(const json_t *obj, const char *key, uint32_t *out)
{
    int64_t v;
    enum err e = jsonx_int(obj, key, 1, UINT32_MAX, &v);
    if (!e)
        *out = (uint32_t)v;
    return e;
}

static enum err record_of(const json_t *obj, struct body_record *r)
{
    const char *kind;
    enum err e = seq_of(obj, 1, &r->seq);
    if (!e)
        e = jsonx_str(obj, "kind", 1, 32, &kind);
    if (!e && !(r->kind = record_kind_from_name(kind)))
        e = ERR_BAD_VALUE;
    if (!e)
        e = jsonx_str(obj, "body", 2, RECORD_BODY_MAX, &r->body);
    if (e)
        return e;
    r->body_len = strlen(r->body);
    if (jsonx_has(obj, "blob") != jsonx_has(obj, "salt"))
        return ERR_BAD_VALUE;
    if (!jsonx_has(obj, "blob"))
        return ERR_OK;
    e = jsonx_hex(obj, "salt", r->salt, RECORD_SALT);
    if (!e)
        e = jsonx_str(obj, "blob", 0, RECORD_BLOB_MAX, &r->blob);
    if (!e)
        r->blob_len = strlen(r->blob);
    return e;
}

static enum err head_of(const json_t *head, uint64_t *seq, uint8_t *hash, uint8_t *sig)
{
    enum err e = seq_of(head, 0, seq);
    if (!e)
        e = jsonx_hex(head, "hash", hash, KEY_HASH);
    if (!e)
        e = jsonx_base64(head, "sig", sig, KEY_SIG);
    return e;
}

static enum err batch_of(json_t *root, struct body_batch *v)
{
    json_t *list, *head, *item;
    size_t i;
    enum err e = epoch_of(root, "epoch", &v->epoch);
    if (!e)
        e = jsonx_arr(root, "records", BODY_BATCH, &list);
    if (e)
        return e;
    v->record_cnt = json_array_size(list);
    json_array_foreach (list, i, item)
        if ((e = record_of(item, &v->record[i])))
            return e;
    if (jsonx_has(root, "fork"))
        e = epoch_of(root, "fork", &v->fork);
    if (!e)
        e = jsonx_obj(root, "head", &head);
    if (!e)
        e = head_of(head, &v->head_seq, v->head_hash, v->head_sig);
    return e ? e : batch_ok(v) ? ERR_OK : ERR_BAD_VALUE;
}

enum err body_batch_decode(const char *json, size_t len, struct body_batch *out)
{
    struct body_batch v = {0};
    enum err e = body_object(json, len, &v.root);
    if (!e)
        e = batch_of(v.root, &v);
    if (e)
        body_batch_release(&v);
    else
        *out = v;
    return e;
}

void body_batch_release(struct body_batch *v)
{
    json_decref(v->root);
    *v = (struct body_batch){0};
}

static bool keyid_ok(const char *id)
{
    return strlen(id) == KEY_ID_LEN && strspn(id, "0123456789abcdef") == KEY_ID_LEN;
}

/* Without a word: a code alone means held, as it did before records could be contested. */
static enum body_outcome was_of(const struct body_result *r)
{
    if (r->was == BODY_COUNTED || r->was == BODY_HELD || r->was == BODY_CONTESTED)
        return r->was;
    return r->code ? BODY_HELD : BODY_COUNTED;
}

enum err body_results_encode(const struct body_results *v, struct buf *out)
{
    if (!v->epoch || v->result_cnt > BODY_BATCH || v->head_seq > (uint64_t)JSONX_INT_MAX || !keyid_ok(v->keyid))
        return ERR_BAD_VALUE;
    struct jsonw w = jsonw_begin(out);
    jsonw_open(&w, "results", '[');
    for (size_t i = 0; i < v->result_cnt; i++) {
        const struct body_result *r = &v->result[i];
        if ((int)r->outcome <= 0 || (int)r->outcome >= OUTCOME_CNT)
            w.err = ERR_BAD_VALUE;
        else {
            jsonw_open(&w, NULL, '{');
            jsonw_int(&w, "seq", (int64_t)r->seq);
            jsonw_str(&w, "outcome", outcomes[r->outcome]);
            if (r->code)
                jsonw_str(&w, "code", err_code(r->code));
            if (r->outcome == BODY_KNOWN && r->was)
                jsonw_str(&w, "was", outcomes[was_of(r)]);
            jsonw_close(&w, '}');
        }
    }
    jsonw_close(&w, ']');
    jsonw_open(&w, "head", '{');
    jsonw_int(&w, "epoch", v->epoch);
    jsonw_int(&w, "seq", (int64_t)v->head_seq);
    jsonw_hex(&w, "hash", v->head_hash, KEY_HASH);
    jsonw_int(&w, "at_ms", v->at_utc_ms);
    jsonw_base64(&w, "sig", v->head_sig, KEY_SIG);
    jsonw_str(&w, "keyid", v->keyid);
    jsonw_close(&w, '}');
    return jsonw_end(&w);
}

static enum err outcome_of(const json_t *obj, const char *key, enum body_outcome *out)
{
    const char *name;
    enum err e = jsonx_str(obj, key, 1, 32, &name);
    if (e)
        return e;
    for (int i = 1; i < OUTCOME_CNT; i++)
        if (!strcmp(outcomes[i], name)) {
            *out = (enum body_outcome)i;
            return ERR_OK;
        }
    return ERR_BAD_VALUE;
}

static enum err result_of(const json_t *obj, struct body_result *r)
{
    enum err e = seq_of(obj, 1, &r->seq);
    if (!e)
        e = outcome_of(obj, "outcome", &r->outcome);
    if (!e && jsonx_has(obj, "code"))
        e = body_reason(obj, "code", ERR_INTERNAL, &r->code);
    if (e || r->outcome != BODY_KNOWN)
        return e;
    if (jsonx_has(obj, "was"))
        e = outcome_of(obj, "was", &r->was);
    if (!e && r->was == BODY_KNOWN)
        e = ERR_BAD_VALUE;
    r->was = was_of(r);
    return e;
}

static enum err results_of(const json_t *root, struct body_results *v)
{
    json_t *list, *head, *item;
    const char *id;
    size_t i;
    enum err e = jsonx_arr(root, "results", BODY_BATCH, &list);
    if (e)
        return e;
    v->result_cnt = json_array_size(list);
    json_array_foreach (list, i, item)
        if ((e = result_of(item, &v->result[i])))
            return e;
    e = jsonx_obj(root, "head", &head);
    if (!e)
        e = epoch_of(head, "epoch", &v->epoch);
    if (!e)
        e = head_of(head, &v->head_seq, v->head_hash, v->head_sig);
    if (!e)
        e = jsonx_int(head, "at_ms", 0, BODY_TIME_MAX, &v->at_utc_ms);
    if (!e)
        e = jsonx_str(head, "keyid", KEY_ID_LEN, KEY_ID_LEN, &id);
    if (!e && !keyid_ok(id))
        e = ERR_BAD_VALUE;
    return e ? e : text_copy(v->keyid, sizeof v->keyid, id);
}

enum err body_results_decode(const char *json, size_t len, struct body_results *out)
{
    struct body_results v = {0};
    json_t *root;
    enum err e = body_object(json, len, &root);
    if (e)
        return e;
    e = results_of(root, &v);
    if (!e)
        *out = v;
    json_decref(root);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/dispute_notice.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "proto/notice.h"
#include "proto/ref.h"
#include "service/ep/dispute_record.h"
#include <string.h>

enum { AT_ONCE = 16, ROUNDS = 64 };

static json_t *payload(const struct store_dispute *d, int64_t version, const uint8_t terminal[static STORE_ID])
{
    const struct ref ref = {d->terminal, d->epoch, d->seq};
    char text[REF_LEN_MAX + 1], id[ULID_LEN + 1], record[ULID_LEN + 1];
    if (ref_format(&ref, text))
        return NULL;
    ulid_encode(terminal, id);
    /* The record that the reference names: its own, or the sale's. */
    ulid_encode(d->channel == STORE_DISPUTE_BY_TERMINAL ? d->dispute : d->sale, record);
    json_t *v = json_pack("{s:I, s:s, s:s, s:s, s:s}", "version", (json_int_t)version, "terminal_id", id, "ref", text,
        "record_id", record, "state", store_dispute_state_name(d->state));
    if (v && d->erased_utc_ms)
        json_object_set_new(v, "erased_ms", json_integer((json_int_t)d->erased_utc_ms));
    return v;
}

enum err dispute_notice(struct store_tx *tx, const struct service_keys *k, const struct store_dispute *d,
    const char *text, const char *by, int64_t at_utc_ms)
{
    uint8_t terminal[STORE_ID];
    int64_t version = 0;
    struct buf body, envelope;
    const struct keys_signer *signer = keys_signer(k, 1u << NOTICE_ANSWER, at_utc_ms);
    buf_init(&body, NOTICE_MAX);
    buf_init(&envelope, NOTICE_MAX);
    enum err e = store_dispute_terminal(tx, d->terminal, terminal);
    if (!e)
        e = store_answer_version(tx, d->terminal, &version);
    json_t *v = e ? NULL : payload(d, version + 1, terminal);
    if (!e &&
        (!v || json_object_set_new(v, "text", json_string(text)) ||
            json_object_set_new(v, "at_ms", json_integer(at_utc_ms)) || json_object_set_new(v, "by", json_string(by))))
        e = ERR_NOMEM;
    if (!e)
        e = jsonx_write(v, &body);
    if (!e)
        e = signer ? notice_seal(NOTICE_ANSWER, body.data, body.len, signer->key, &envelope) : ERR_UNKNOWN_KEY;
    if (!e)
        e = store_answer_put(tx, d->terminal, version + 1, buf_str(&envelope), envelope.len);
    json_decref(v);
    buf_release(&body);
    buf_release(&envelope);
    return e;
}

struct round {
    struct service *service;
    int64_t at_utc_ms, due_utc_ms;
    struct store_tx *tx;
    int cnt;
    char shop[AT_ONCE][ULID_LEN + 1];
};

static enum err one(void *ctx, const struct store_dispute *d)
{
    struct round *r = ctx;
    ulid_encode(d->shop, r->shop[r->cnt++]);
    return dispute_notice(r->tx, r->service->keys, d, "", d->org_name, r->at_utc_ms);
}

static enum err up(struct store_tx *tx, void *ctx)
{
    struct round *r = ctx;
    r->cnt = 0;
    r->tx = tx;
    return store_dispute_escalate(tx, r->at_utc_ms, r->due_utc_ms, AT_ONCE, one, r);
}

void dispute_escalate(struct service *s, int64_t at_utc_ms)
{
    struct round r = {.service = s, .at_utc_ms = at_utc_ms, .due_utc_ms = dispute_due_ms(s, at_utc_ms)};
    for (int i = 0; i < ROUNDS; i++) {
        enum err e = store_write(s->store, up, &r);
        if (e) {
            log_error("passing on overdue disputes failed: %s", err_text(e, ERR_LANG_EN));
            return;
        }
        for (int n = 0; n < r.cnt; n++)
            poll_wake(s->poll, r.shop[n]);
        if (r.cnt < AT_ONCE)
            return;
    }
}

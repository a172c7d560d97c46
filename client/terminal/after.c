/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/after.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

static enum err again(void *ctx, const char *id, enum err_lang lang, struct buf *text, bool *queued)
{
    const struct after_copy c = {lang, text, queued, id};
    enum err e = voids_again(ctx, &c);
    return e == ERR_NOT_FOUND ? disputes_again(ctx, &c) : e;
}

enum err after_new(struct till *t, struct after **out)
{
    struct after *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    a->till = t;
    a->ops = (struct counter_after){.complain = disputes_complain,
        .disputes = disputes_list,
        .dispute = disputes_get,
        .slip = disputes_slip,
        .take_back = voids_take_back,
        .voids = voids_each,
        .void_receipt = voids_receipt,
        .again = again,
        .day = days_sums,
        .ctx = a};
    enum err e = disputes_count(a);
    if (e)
        free(a);
    else
        *out = a;
    return e;
}

void after_free(struct after **a)
{
    free(*a);
    *a = NULL;
}

const struct counter_after *after_ops(struct after *a)
{
    return &a->ops;
}

const char *after_shop_name(const struct after *a)
{
    const struct notice_shop *shop = sync_shop(a->till->sync);
    return shop ? shop->name : "";
}

void after_print(struct after *a, const struct doc *d, const char *id)
{
    enum err e = paper_doc(a->till->paper, d, id);
    if (e && e != ERR_PRINTER_MISSING)
        log_warn("page %s not printed: %s", id, err_code(e));
}

enum err after_copy(struct after *a, const struct doc *shown, const struct doc *paper, const struct after_copy *c)
{
    struct doc text = *shown, page = *paper;
    text.copy = page.copy = true;
    enum err e = doc_text(&text, c->lang, RECEIPT_58MM, c->text);
    if (!e)
        e = paper_doc(a->till->paper, &page, c->id);
    *c->queued = !e;
    return e == ERR_PRINTER_MISSING ? ERR_OK : e;
}

bool after_url(struct after *a, const char *id, const struct journal_record *r, char out[static SLIP_URL_MAX + 1])
{
    struct till *t = a->till;
    struct record_head at = {.epoch = r->epoch, .seq = r->seq};
    memcpy(at.terminal, t->state->info.terminal, ULID_SIZE);
    memcpy(at.hash, r->hash, KEY_HASH);
    return !slips_url(&t->slips, sync_trust(t->sync), id, &at, out);
}

enum err after_append(struct after *a, const struct after_record *r)
{
    struct journal_entry entry = {.kind = r->kind,
        .at_utc_ms = r->at_utc_ms,
        .body = buf_str(r->body),
        .body_len = r->body->len,
        .blob = r->blob->data,
        .blob_len = r->blob->len,
        .salt = r->salt,
        .sale_id = r->nth,
        .checkout_id = r->id,
        .key = r->key,
        .request = r->request,
        .floor_utc_ms = floor_utc_ms(&a->till->floor)};
    enum err e = journal_append(a->till->journal, &entry, 1, NULL);
    if (!e)
        sync_kick(a->till->sync);
    return e;
}

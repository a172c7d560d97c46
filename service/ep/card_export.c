/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/cards/export?org=CODE&after=CURSOR&limit=N: last four digits and QR text, for the card printer. The first page of
 * an export is an act of its own in the audit log. */
#include "base/text.h"
#include "service/ep/cardtext.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <string.h>

enum { PAGE = 1000 };

struct job {
    struct http_request *rq;
    const char *code;
    const uint8_t *after;
    int64_t limit;
    struct store_tx *tx;
    size_t cnt;
};

static enum err add_card(void *ctx, const struct store_member *m)
{
    struct job *j = ctx;
    char text[CARD_QR_TEXT_MAX + 1];
    enum err e = cardtext(j->tx, j->rq->service->keys, m, text);
    if (e != ERR_OK)
        return e;
    return buf_printf(&j->rq->answer.body, "%s{\"card_last4\":\"%04u\",\"qr_text\":\"%s\"}", j->cnt++ ? "," : "",
        (unsigned)m->last4 % 10000, text);
}

static enum err list(struct job *j, struct store_member_page *page)
{
    struct buf *out = &j->rq->answer.body;
    char next[TEXT_BASE32_LEN(CARD_TOKEN) + 1];
    buf_reset(out); /* it may be run again */
    j->cnt = 0;
    enum err e = buf_adds(out, "{\"cards\":[");
    if (e == ERR_OK)
        e = store_member_list(j->tx, page, add_card, j);
    if (e != ERR_OK)
        return e;
    text_base32(page->next, CARD_TOKEN, next);
    return page->more ? buf_printf(out, "],\"next\":\"%s\"}", next) : buf_adds(out, "],\"next\":null}");
}

/* Writes, for what goes to the card printer must come out the same of `card print`. */
static enum err write_page(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct store_org org;
    const struct scope_act act = {"card export", j->code, NULL};
    enum err e = scope_org(tx, j->rq, j->code, &org);
    if (e == ERR_OK && !j->after)
        e = scope_log(tx, j->rq, org.org, &act);
    if (e != ERR_OK)
        return e;
    j->tx = tx;
    struct store_member_page page = {.scope = org.org, .after = j->after, .limit = (int)j->limit};
    return list(j, &page);
}

enum err ep_card_export(struct http_request *rq)
{
    const char *after = http_query(rq, "after");
    uint8_t cursor[CARD_TOKEN];
    int64_t limit;
    struct job j = {.rq = rq, .code = http_query(rq, "org")};
    enum err e = http_query_int(rq, "limit", 1, PAGE, PAGE, &limit);
    if (e != ERR_OK)
        return e;
    if (!j.code)
        return http_wrong(rq, ERR_BAD_VALUE, "org");
    if (after && text_unbase32(after, strlen(after), cursor, sizeof cursor) != ERR_OK)
        return http_wrong(rq, ERR_BAD_VALUE, "after");
    j.after = after ? cursor : NULL;
    j.limit = limit;
    return store_write(rq->service->store, write_page, &j);
}

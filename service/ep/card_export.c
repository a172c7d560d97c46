/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/cards/export?org=CODE&after=CURSOR&limit=N: last four digits and QR text, for the card printer. The first page of
 * an export is an act of its own in the audit log. */
#include "base/text.h"
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include <string.h>

enum { PAGE = 1000 };

struct job {
    struct http_request *rq;
    const char *code;
    struct store_org org;
};

static enum err begin(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    enum err e = scope_org(tx, j->rq, j->code, &j->org);
    const struct scope_act act = {"card export", j->code, NULL};
    return e == ERR_OK ? scope_log(tx, j->rq, j->org.org, &act) : e;
}

static enum err find_org(struct job *j, bool first)
{
    struct store_tx *tx = NULL;
    if (first)
        return store_write(j->rq->service->store, begin, j);
    enum err e = store_read_begin(j->rq->service->store, &tx);
    if (e == ERR_OK)
        e = scope_org(tx, j->rq, j->code, &j->org);
    store_read_end(&tx);
    return e;
}

struct page {
    struct http_request *rq;
    struct store_tx *tx;
    size_t cnt;
};

static enum err add_card(void *ctx, const struct store_member *m)
{
    struct page *p = ctx;
    char text[CARD_QR_TEXT_MAX + 1];
    enum err e = store_member_text(p->tx, m->token, text); /* what `card print` gave already */
    if (e == ERR_NOT_FOUND)
        e = keys_card_text(p->rq->service->keys, m->token, m->last4, m->expiry_day, text);
    if (e != ERR_OK)
        return e;
    return buf_printf(&p->rq->answer.body, "%s{\"card_last4\":\"%04u\",\"qr_text\":\"%s\"}", p->cnt++ ? "," : "",
        (unsigned)m->last4 % 10000, text);
}

static enum err list(struct http_request *rq, struct store_member_page *page)
{
    struct store_tx *tx = NULL;
    struct page p = {.rq = rq};
    char next[TEXT_BASE32_LEN(CARD_TOKEN) + 1];
    enum err e = store_read_begin(rq->service->store, &tx);
    if (e != ERR_OK)
        return e;
    p.tx = tx;
    e = buf_adds(&rq->answer.body, "{\"cards\":[");
    if (e == ERR_OK)
        e = store_member_list(tx, page, add_card, &p);
    store_read_end(&tx);
    if (e != ERR_OK)
        return e;
    text_base32(page->next, CARD_TOKEN, next);
    return page->more ? buf_printf(&rq->answer.body, "],\"next\":\"%s\"}", next)
                      : buf_adds(&rq->answer.body, "],\"next\":null}");
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
    e = find_org(&j, !after);
    if (e != ERR_OK)
        return e;
    struct store_member_page page = {.scope = j.org.org, .after = after ? cursor : NULL, .limit = (int)limit};
    return list(rq, &page);
}

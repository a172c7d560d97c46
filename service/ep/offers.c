/* SPDX-License-Identifier: Apache-2.0 */
/* GET, PUT /v1/shops/{shop}/offers: the whole list of a shop's registered discounts. An offer sent with the id that this
 * shop's offer has keeps it, and with it today's uses; all others get new ones. */
#include "service/ep/ep.h"
#include "service/ep/scope.h"
#include "service/http/service.h"
#include "service/sign/notices.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct offers {
    struct http_request *rq;
    uint8_t shop[STORE_ID];
    size_t cnt;
    int64_t version;
    struct offer offer[OFFER_PER_SHOP];
};

static enum err answer(struct offers *o)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < o->cnt; i++)
        if (json_array_append_new(list, offer_to_json(&o->offer[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list ? ep_answer(o->rq, 200, json_pack("{sI so}", "version", (json_int_t)o->version, "offers", list))
                : ERR_NOMEM;
}

static enum err get(struct store_tx *tx, struct offers *o)
{
    struct store_shop shop;
    enum err e = scope_shop(tx, o->rq, o->shop, &shop);
    if (e != ERR_OK)
        return e;
    o->version = shop.version;
    return store_offer_list(tx, o->shop, o->offer, &o->cnt);
}

enum err ep_offer_list(struct http_request *rq)
{
    struct store_tx *tx = NULL;
    struct offers *o = calloc(1, sizeof *o);
    if (!o)
        return ERR_NOMEM;
    o->rq = rq;
    enum err e = ep_param_id(rq, 0, o->shop);
    if (e == ERR_OK)
        e = store_read_begin(rq->service->store, &tx);
    if (e == ERR_OK)
        e = get(tx, o);
    store_read_end(&tx);
    if (e == ERR_OK)
        e = answer(o);
    free(o);
    return e;
}

/* An id is taken over only from this shop's own list. */
static enum err give_ids(struct store_tx *tx, struct offers *o)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < o->cnt && e == ERR_OK; i++) {
        uint8_t id[STORE_ID];
        struct offer known;
        bool current = false, twice = false;
        char *text = o->offer[i].id;
        for (size_t k = 0; k < i; k++)
            twice |= *text && !strcmp(o->offer[k].id, text);
        if (*text && !twice && ulid_decode(text, strlen(text), id) == ERR_OK) {
            e = store_offer_get(tx, o->shop, id, &known, &current);
            if (e == ERR_OK && current)
                continue;
            e = e == ERR_NOT_FOUND ? ERR_OK : e;
        }
        if (e == ERR_OK)
            e = ulid_new_text(o->rq->at_utc_ms, text);
    }
    return e;
}

static enum err set(struct store_tx *tx, void *ctx)
{
    struct offers *o = ctx;
    struct store_shop shop;
    char detail[32];
    enum err e = scope_shop(tx, o->rq, o->shop, &shop);
    if (e == ERR_OK)
        e = give_ids(tx, o);
    if (e == ERR_OK)
        e = store_offer_replace(tx, o->shop, o->offer, o->cnt);
    if (e == ERR_OK)
        e = notices_publish(tx, o->rq->service->keys, o->shop, o->rq->at_utc_ms);
    if (e == ERR_OK)
        e = store_shop_get(tx, o->shop, &shop);
    if (e != ERR_OK)
        return e;
    o->version = shop.version;
    snprintf(detail, sizeof detail, "%zu offers", o->cnt);
    const struct scope_act act = {"offer set", o->rq->param[0], detail};
    return scope_log(tx, o->rq, shop.org, &act);
}

static enum err read_list(struct http_request *rq, const json_t *list, struct offers *o)
{
    o->cnt = json_array_size(list);
    if (o->cnt > OFFER_PER_SHOP)
        return http_wrong(rq, ERR_TOO_LARGE, "at most 32 offers");
    for (size_t i = 0; i < o->cnt; i++) {
        char why[64] = "", detail[96];
        enum err e = offer_parse(json_array_get(list, i), &o->offer[i], why);
        if (e != ERR_OK) {
            snprintf(detail, sizeof detail, "offer %zu: %s", i + 1, why);
            return http_wrong(rq, e, detail);
        }
    }
    return ERR_OK;
}

/* A list, one offer, or what GET answered. */
static enum err read_body(struct http_request *rq, struct offers *o)
{
    json_t *in;
    enum err e = jsonx_parse(buf_str(&rq->body), rq->body.len, &in);
    if (e != ERR_OK)
        return e;
    json_t *list = json_is_array(in)                              ? json_incref(in)
                   : json_is_array(json_object_get(in, "offers")) ? json_incref(json_object_get(in, "offers"))
                                                                  : json_pack("[O]", in);
    e = list ? read_list(rq, list, o) : ERR_NOMEM;
    json_decref(list);
    json_decref(in);
    return e;
}

enum err ep_offer_set(struct http_request *rq)
{
    struct offers *o = calloc(1, sizeof *o);
    if (!o)
        return ERR_NOMEM;
    o->rq = rq;
    enum err e = ep_param_id(rq, 0, o->shop);
    if (e == ERR_OK)
        e = read_body(rq, o);
    if (e == ERR_OK)
        e = store_write(rq->service->store, set, o);
    if (e == ERR_OK) {
        poll_wake(rq->service->poll, rq->param[0]);
        e = answer(o);
    }
    free(o);
    return e;
}

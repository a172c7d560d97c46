/* SPDX-License-Identifier: Apache-2.0 */
/* The model of the service: short, and written from docs/protocol.md, not from service/. */
#include "tests/sim/whole/whole.h"
#include <stdlib.h>
#include <string.h>

int64_t service_now(const struct whole *w)
{
    return w->now + w->ahead_ms;
}

void service_note(struct whole *w)
{
    struct service *v = w->service;
    if (v->history_cnt == sizeof v->history / sizeof *v->history)
        abort();
    v->history[v->history_cnt++] = (struct history){service_now(w), v->standing, v->inactive};
}

const struct history *service_then(const struct service *v, int64_t at_utc_ms)
{
    size_t i = v->history_cnt - 1;
    while (i && v->history[i].at_utc_ms > at_utc_ms)
        i--;
    return &v->history[i];
}

void service_init(struct whole *w)
{
    struct service *v = w->service;
    memset(v, 0, sizeof *v);
    v->standing = STANDING_LISTED;
    v->inactive = pick(w, 1u << CARDS);
    v->inactive &= pick(w, 1u << CARDS); /* a quarter of them */
    v->notice_old = v->lease_old = -1;
    for (int i = 0; i < BOXES; i++)
        v->account[i].epoch = 1;
    service_note(w);
    notices_sign_trust(w, false);
    notices_sign_shop(w);
    notices_sign_revoked(w);
}

static int used(const struct whole *w, int card, int32_t day, const char *but_checkout)
{
    const struct service *v = w->service;
    int cnt = 0;
    for (size_t i = 0; i < v->use_cnt; i++) {
        const struct srv_use *u = &v->use[i];
        cnt += u->card == card && u->offer == 0 && u->day == day && !u->released &&
               strcmp(u->checkout_id, but_checkout) != 0 && (u->consumed || u->expires_utc_ms > service_now(w));
    }
    return cnt;
}

/* It knows nothing of signatures: a forged QR of a real token is that member's to it. */
static enum err verify(struct box *b, const struct asked *q, struct buf *out)
{
    struct whole *w = b->w;
    struct service *v = w->service;
    struct body_verify ask;
    enum err e = body_verify_decode(q->body, q->len, &ask);
    if (e)
        return e;
    int card = keys_card(&ask.card);
    bool number = ask.card.by == BODY_BY_NUMBER;
    struct body_verdict a = {.at_utc_ms = service_now(w), .reason = number ? ERR_NOT_CONFIRMED : ERR_CARD_LOST};
    struct visit *visit = people_visit(w, ask.checkout_id);
    if (!visit && w->visit_cnt) { /* begun, and not known by its id yet */
        visit = &w->visit[w->visit_cnt - 1];
        memcpy(visit->checkout_id, ask.checkout_id, sizeof visit->checkout_id);
    }
    if (v->standing != STANDING_LISTED)
        a.reason = v->standing == STANDING_DELISTED ? ERR_SHOP_DELISTED : ERR_SHOP_SUSPENDED;
    else if (card >= 0 && !(v->inactive & 1u << card)) {
        a.verdict = VERDICT_MEMBER;
        memcpy(a.card_last4, "0001", 5);
        a.use_cnt = 1;
        memcpy(a.uses[0].offer_id, "01JA0000000000000000000001", ULID_LEN + 1);
        a.uses[0].left = used(w, card, tm_day(service_now(w)), ask.checkout_id) == 0;
    }
    if (visit) {
        visit->asked = q->number;
        visit->said_card = a.verdict == VERDICT_MEMBER ? card + 1 : 0;
    }
    return body_verdict_encode(&a, out);
}

static struct srv_use *reserved(struct service *v, const char *checkout_id)
{
    for (size_t i = v->use_cnt; i-- > 0;)
        if (!strcmp(v->use[i].checkout_id, checkout_id) && !v->use[i].consumed)
            return &v->use[i];
    return NULL;
}

static struct srv_use *new_use(struct service *v)
{
    if (v->use_cnt == sizeof v->use / sizeof *v->use)
        abort();
    return &v->use[v->use_cnt++];
}

static enum err reserve(struct box *b, const struct asked *q, struct buf *out)
{
    struct whole *w = b->w;
    struct service *v = w->service;
    struct body_reserve ask;
    enum err e = body_reserve_decode(q->body, q->len, &ask);
    if (e)
        return e;
    int card = keys_card(&ask.card), offer = ask.offer_id[ULID_LEN - 1] - '1';
    int32_t day = tm_day(service_now(w));
    struct body_reserved a = {.reason = ERR_LIMIT_REACHED};
    if (card >= 0 && (offer || used(w, card, day, ask.checkout_id) < 1)) {
        struct srv_use *u = reserved(v, ask.checkout_id);
        u = u ? u : new_use(v);
        *u = (struct srv_use){
            .card = card, .offer = offer, .day = day, .expires_utc_ms = service_now(w) + 15 * MINUTE_MS};
        memcpy(u->checkout_id, ask.checkout_id, sizeof u->checkout_id);
        a = (struct body_reserved){.reserved = true, .expires_utc_ms = u->expires_utc_ms};
    }
    return body_reserved_encode(&a, out);
}

static void give_back(struct service *v, const char *checkout_id)
{
    struct srv_use *u = reserved(v, checkout_id);
    if (u)
        u->expires_utc_ms = 0;
}

bool service_holds(const struct whole *w, const char *checkout_id, int card)
{
    const struct service *v = w->service;
    for (size_t i = 0; i < v->use_cnt; i++) {
        const struct srv_use *u = &v->use[i];
        if (!strcmp(u->checkout_id, checkout_id) && u->card == card && u->offer == 0 &&
            (u->consumed || u->expires_utc_ms > service_now(w)))
            return true;
    }
    return false;
}

/* A sale that is counted uses its reservation, or what is left without one: that is for the caller to judge. */
void service_consume(struct whole *w, size_t sale, const char *checkout_id)
{
    struct service *v = w->service;
    struct srv_sale *s = &v->sale[sale];
    give_back(v, checkout_id);
    if (s->offer != 0)
        return;
    if (used(w, s->card, s->day, checkout_id) >= 1 && !s->code)
        s->code = ERR_LIMIT_REACHED;
    struct srv_use *u = new_use(v);
    *u = (struct srv_use){.card = s->card, .day = s->day, .consumed = true, .sale = sale};
    memcpy(u->checkout_id, checkout_id, sizeof u->checkout_id);
}

static struct srv_sale *find_sale(struct service *v, const char *id)
{
    for (size_t i = v->sale_cnt; i-- > 0;)
        if (!strcmp(v->sale[i].id, id))
            return &v->sale[i];
    return NULL;
}

static int64_t held(const struct whole *w, size_t sale)
{
    int64_t fen = 0;
    for (size_t i = 0; i < w->service->grant_cnt; i++) {
        const struct srv_grant *g = &w->service->grant[i];
        fen += g->sale == sale && !g->used && g->until_utc_ms > service_now(w) ? g->amount_fen : 0;
    }
    return fen;
}

static void grant(struct whole *w, const struct body_void_ask *ask, struct srv_sale *s, struct body_void_answer *a)
{
    struct service *v = w->service;
    size_t sale = (size_t)(s - v->sale);
    int64_t before = s->returned_fen + held(w, sale), left = s->total_fen - before;
    int64_t amount = ask->kind == BODY_VOID_ALL ? left : ask->amount_fen;
    a->reason = ERR_RETURN_OVER;
    if (left < 1 || amount > left)
        return;
    int64_t back = offer_discount_back(s->discount_fen, s->total_fen, before, 0);
    back = offer_discount_back(s->discount_fen, s->total_fen, before + amount, back);
    *a = (struct body_void_answer){.granted = true,
        .returned_fen = before + amount,
        .discount_back_fen = back,
        .refund_fen = amount - back,
        .total_fen = s->total_fen,
        .discount_fen = s->discount_fen,
        .terminal = s->box + 1};
    struct srv_grant *g = &v->grant[v->grant_cnt++];
    if (v->grant_cnt == SALES)
        abort();
    *g = (struct srv_grant){
        .sale = sale, .amount_fen = amount, .until_utc_ms = service_now(w) + 15 * MINUTE_MS, .answer = *a};
    memcpy(g->void_id, ask->void_id, sizeof g->void_id);
}

static enum err voids(struct box *b, const struct asked *q, struct buf *out)
{
    struct service *v = b->w->service;
    struct body_void_ask ask;
    struct body_void_answer a = {.reason = ERR_SALE_UNKNOWN};
    enum err e = body_void_ask_decode(q->body, q->len, &ask);
    if (e)
        return e;
    struct srv_sale *s = find_sale(v, ask.sale_id);
    const struct srv_grant *g = v->grant;
    while (g < v->grant + v->grant_cnt && strcmp(g->void_id, ask.void_id) != 0)
        g++;
    if (g < v->grant + v->grant_cnt)
        a = g->answer;
    else if (s)
        grant(b->w, &ask, s, &a);
    return body_void_answer_encode(&a, out);
}

static bool starts(const char *s, const char *with)
{
    return !strncmp(s, with, strlen(with));
}

int service_answer(struct box *b, const struct asked *q, struct buf *out, enum err *e)
{
    bool post = !strcmp(q->method, "POST");
    if (post && !strcmp(q->path, "/v1/verify"))
        *e = verify(b, q, out);
    else if (post && !strcmp(q->path, "/v1/reserve"))
        *e = reserve(b, q, out);
    else if (post && !strcmp(q->path, "/v1/voids"))
        *e = voids(b, q, out);
    else if (post && !strcmp(q->path, "/v1/records"))
        *e = service_records(b, q, out);
    else if (starts(q->path, "/v1/revoked/"))
        *e = notices_list(b->w, q->path, out);
    else if (starts(q->path, "/v1/reserve/"))
        give_back(b->w->service, q->path + strlen("/v1/reserve/"));
    else
        abort();
    if (*e != ERR_OK && *e != ERR_CHAIN_FORK && *e != ERR_CHAIN_GAP && *e != ERR_NOT_FOUND)
        whole_broken(b->w, "t%d: the service does not understand %s: %s", b->n, q->path, err_code(*e));
    return *e ? 409 : 200;
}

void service_resume(struct box *b)
{
    struct account *a = &b->w->service->account[b->n];
    if (!a->forked)
        return;
    a->forked = false;
    if (++a->epoch == EPOCHS)
        abort();
    b->w->tally.resumes++;
    whole_trace(b->w, "t%d resumed, epoch %u", b->n, a->epoch);
    world_wake(b->w);
}

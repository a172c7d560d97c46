/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/sandbox.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tm.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 60, SLOW_MS = 2000, REPLY_MAX = 8192 };

/* A question and its answer, until it is due. */
struct pending {
    link_done_fn *done; /* NULL: free */
    void *ctx;
    int64_t due_mono_ms;
    enum err err;
    bool lease; /* for this one there is one */
    char body[REPLY_MAX];
};

struct sandbox {
    struct till *till;
    EVP_PKEY *card_key;
    struct pending pending[SANDBOX_ASKS];
    struct notice_lease lease;
    enum sandbox_kind last; /* of the card in hand: what fails at the cashier's yes */
    char made[STATE_DIR_MAX + 1];
    enum err (*confirm)(void *ctx, const char *id, const struct checkout **out); /* the real one */
};

/* ---- the service's part ---- */

static const char *uses(const struct sandbox *s, const struct sandbox_card *c, struct buf *b)
{
    const struct notice_shop *shop = sync_shop(s->till->sync);
    const char *comma = "";
    for (size_t i = 0; shop && i < shop->offer_cnt; i++) {
        if (!shop->offers[i].per_card_day)
            continue;
        buf_printf(b, "%s{\"offer_id\":\"%s\",\"left\":%d}", comma, shop->offers[i].id,
            c->kind == SANDBOX_USED_UP ? 0 : (int)shop->offers[i].per_card_day);
        comma = ",";
    }
    return buf_str(b);
}

/* By number every "no" is the same, as the service's are. */
static enum err reason_of(const struct sandbox_card *c, bool by_number)
{
    bool any = !by_number || c->reason == ERR_NUMBERS_LOCKED || c->reason == ERR_SHOP_SUSPENDED ||
               c->reason == ERR_SHOP_DELISTED;
    return any ? c->reason : ERR_NOT_CONFIRMED;
}

static void refuse(struct pending *p, int64_t at_utc_ms, enum err reason)
{
    snprintf(p->body, sizeof p->body, "{\"verdict\":\"refused\",\"at_ms\":%lld,\"reason\":\"%s\"}",
        (long long)at_utc_ms, err_code(reason));
}

static void admit(const struct sandbox *s, const struct sandbox_card *c, bool by_number, struct pending *p)
{
    int64_t at = till_utc(s->till) + (c->kind == SANDBOX_CLOCK ? 3600000 : 0);
    struct buf list;
    buf_init(&list, REPLY_MAX / 2);
    snprintf(p->body, sizeof p->body,
        "{\"verdict\":\"member\",\"at_ms\":%lld,\"card_last4\":\"%s\"%s%s%s,\"uses\":[%s]}", (long long)at,
        c->number + strlen(c->number) - 4, by_number ? "" : ",\"name_masked\":\"", by_number ? "" : c->name_masked,
        by_number ? "" : "\"", uses(s, c, &list));
    buf_release(&list);
}

static void verify(struct sandbox *s, const json_t *body, int64_t deadline_mono_ms, struct pending *p)
{
    const char *number = json_string_value(json_object_get(body, "number"));
    uint8_t token[CARD_TOKEN];
    bool by_number = number != NULL;
    if (!by_number && jsonx_base32(body, "token", token, sizeof token))
        memset(token, 0, sizeof token);
    const struct sandbox_card *c = sandbox_card_find(number, by_number ? NULL : token);
    s->last = c ? c->kind : SANDBOX_MEMBER;
    if (c && c->kind == SANDBOX_OFFLINE) {
        p->err = c->reason;
        p->lease = true;
    } else if (!c || c->kind >= SANDBOX_FORGED) {
        refuse(p, till_utc(s->till), by_number ? ERR_NOT_CONFIRMED : ERR_CARD_UNKNOWN);
    } else if (c->kind == SANDBOX_REFUSED) {
        refuse(p, till_utc(s->till), reason_of(c, by_number));
    } else if (c->kind == SANDBOX_SILENT || c->kind == SANDBOX_FAILED) {
        p->err = c->kind == SANDBOX_SILENT ? ERR_NET_TIMEOUT : c->reason;
        p->due_mono_ms = c->kind == SANDBOX_SILENT ? deadline_mono_ms : p->due_mono_ms;
    } else {
        admit(s, c, by_number, p);
        p->due_mono_ms += c->kind == SANDBOX_SLOW ? SLOW_MS : 0;
    }
}

static void answer_later(struct sandbox *s, const struct link_request *r, struct pending *p)
{
    json_t *body = NULL;
    *p = (struct pending){.done = r->done, .ctx = r->ctx, .due_mono_ms = till_mono(s->till) + ANSWER_MS};
    if (r->len && jsonx_parse(r->body, r->len, &body))
        body = NULL;
    if (!strcmp(r->path, "/v1/verify"))
        verify(s, body, r->deadline_mono_ms, p);
    else if (!strcmp(r->path, "/v1/reserve"))
        snprintf(p->body, sizeof p->body, "{\"reserved\":true,\"expires_ms\":%" PRId64 "}",
            till_utc(s->till) + 15 * INT64_C(60000));
    else if (!strcmp(r->method, "POST")) /* a terminal takes its own sale back without the service */
        p->err = ERR_NET_REFUSED;
    json_decref(body);
}

/* Takes the place of link_request. */
static enum err ask(void *ctx, const struct link_request *r)
{
    struct sandbox *s = ctx;
    for (size_t i = 0; i < SANDBOX_ASKS; i++)
        if (!s->pending[i].done) {
            answer_later(s, r, &s->pending[i]);
            return ERR_OK;
        }
    return ERR_BUSY;
}

int sandbox_timeout_ms(const struct sandbox *s)
{
    int64_t due = INT64_MAX, now = s ? till_mono(s->till) : 0;
    for (size_t i = 0; s && i < SANDBOX_ASKS; i++)
        if (s->pending[i].done && s->pending[i].due_mono_ms < due)
            due = s->pending[i].due_mono_ms;
    return due == INT64_MAX ? -1 : due <= now ? 0 : (int)(due - now);
}

void sandbox_tick(struct sandbox *s)
{
    for (size_t i = 0; s && i < SANDBOX_ASKS; i++) {
        struct pending *p = &s->pending[i], now = *p;
        if (!p->done || p->due_mono_ms > till_mono(s->till))
            continue;
        p->done = NULL; /* the answer may ask again */
        s->till->offline.has_lease = now.lease;
        const struct link_answer a = {.err = now.err,
            .status = now.err ? 0 : 200,
            .type = "application/json",
            .body = now.body,
            .len = strlen(now.body)};
        now.done(now.ctx, &a);
    }
}

/* ---- what can fail here ---- */

static enum err printer_check(void *ctx)
{
    const struct till *t = ctx;
    return t->sandbox->last == SANDBOX_PRINTER ? ERR_PRINTER_PAPER_OUT : till_printer_check(ctx);
}

static enum err confirm(void *ctx, const char *id, const struct checkout **out)
{
    const struct till *t = ctx;
    return t->sandbox->last == SANDBOX_DISK ? ERR_DISK_FULL : t->sandbox->confirm(ctx, id, out);
}

/* The test cards, for the page and for whoever wants to scan them. */
static json_t *cards(void *ctx)
{
    const struct till *t = ctx;
    json_t *list = json_array();
    for (size_t i = 0; i < sandbox_card_cnt; i++) {
        const struct sandbox_card *c = &sandbox_cards[i];
        char text[CARD_QR_TEXT_MAX + 1];
        if (sandbox_card_text(i, t->sandbox->card_key, tm_day(till_utc(t)), text))
            continue;
        json_t *v = json_pack("{s:s, s:{s:s, s:s}}", "scan", text, "text", "zh", c->zh, "en", c->en);
        if (v && c->number && c->kind < SANDBOX_FORGED)
            json_object_set_new(v, "number", json_string(c->number));
        json_array_append_new(list, v);
    }
    return json_pack("{s:o}", "cards", list);
}

void sandbox_status(json_t *status)
{
    json_object_set_new(status, "sandbox", json_true());
    json_object_set_new(status, "online", json_true());
    json_object_set_new(status, "last_error", json_null());
    json_object_set_new(status, "cert_days", json_integer(365));
}

/* A lease for the one card that needs it; for the others there is none, so that each cause of a failure can be seen. */
static void make_lease(struct sandbox *s)
{
    static const uint8_t nobody[REVOKED_HEADER] = {0};
    struct offline *o = &s->till->offline;
    uint8_t key[OFFLINE_KEY], none[KEY_HASH] = {0};
    int64_t now = till_utc(s->till);
    s->lease = (struct notice_lease){.version = 1,
        .issued_utc_ms = now,
        .stop_at_utc_ms = now + 72 * 3600000,
        .epoch = o->epoch,
        .allowance = {.sales = 50, .amount_fen = 1000000, .starts = 100, .per_card_day = 50}};
    memcpy(s->lease.terminal_id, o->terminal_id, sizeof s->lease.terminal_id);
    memcpy(s->lease.shop_id, o->shop_id, sizeof s->lease.shop_id);
    offline_hold(o, NOTICE_REVOKED, 1, none);
    offline_revoked(o, &(struct revoked){.file = nobody, .len = sizeof nobody});
    if (!o->has_key && RAND_bytes(key, sizeof key) == 1)
        offline_today(o, tm_day(now), key);
    offline_lease(o, &s->lease);
    o->has_lease = false;
}

enum err sandbox_new(struct till *t, const char *made, struct sandbox **out)
{
    struct sandbox *s = calloc(1, sizeof *s);
    if (s)
        s->card_key = sandbox_card_key();
    if (!s || !s->card_key || text_copy(s->made, sizeof s->made, made ? made : "")) {
        sandbox_free(&s);
        return ERR_NOMEM;
    }
    s->till = t;
    t->sandbox = s;
    t->ask = ask;
    till_ops(t);
    s->confirm = t->ops.confirm;
    t->ops.confirm = confirm;
    t->ops.printer_check = printer_check;
    t->ops.sandbox = cards;
    make_lease(s);
    *out = s;
    return ERR_OK;
}

/* Files of a directory that we made, and it; nothing in it has subdirectories. */
static void remove_made(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *one; d && (one = readdir(d));)
        if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
            unlinkat(dirfd(d), one->d_name, 0);
    if (d)
        closedir(d);
    if (rmdir(dir))
        log_warn("%s: not removed", dir);
}

void sandbox_free(struct sandbox **sp)
{
    struct sandbox *s = *sp;
    if (!s)
        return;
    *sp = NULL;
    if (s->made[0])
        remove_made(s->made);
    key_free(&s->card_key);
    free(s);
}

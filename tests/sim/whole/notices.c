/* SPDX-License-Identifier: Apache-2.0 */
/* What the service's model signs, and what it answers to polls; among it what somebody on the way puts there. */
#include "base/jsonw.h"
#include "proto/revoked.h"
#include "tests/sim/whole/whole.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRUST_VALID_MS (12 * TM_DAY_MS)
enum { PAYLOAD_MAX = 16384, DELTAS = 3, RECOVER_BY = 1000 };

static struct sent *keep(struct whole *w, enum notice_kind kind, int64_t version, const struct buf *payload)
{
    w->sent = dice_grow(w->sent, &w->sent_cap, w->sent_cnt + 1, sizeof *w->sent);
    struct sent *s = &w->sent[w->sent_cnt++];
    *s = (struct sent){.kind = kind, .version = version};
    key_sha256(payload->data, payload->len, s->hash);
    return s;
}

static char *seal(enum notice_kind kind, const struct buf *payload, EVP_PKEY *key, EVP_PKEY *also)
{
    struct buf one, two;
    buf_init(&one, NOTICE_MAX);
    buf_init(&two, NOTICE_MAX);
    enum err e = notice_seal(kind, payload->data, payload->len, key, &one);
    if (!e && also)
        e = notice_cosign(buf_str(&one), one.len, also, &two);
    char *text = e ? NULL : strdup(buf_str(also ? &two : &one));
    if (!text)
        abort();
    buf_release(&one);
    buf_release(&two);
    return text;
}

static void spki(struct jsonw *j, EVP_PKEY *key)
{
    char text[TEXT_MAX * 2];
    keys_spki64(key, text);
    jsonw_str(j, "spki", text);
}

static void key(struct jsonw *j, EVP_PKEY *k, const char *const kinds[])
{
    char id[KEY_ID_LEN + 1];
    key_id(k, id);
    jsonw_open(j, NULL, '{');
    jsonw_str(j, "id", id);
    jsonw_str(j, "alg", "ecdsa-p256-sha256");
    spki(j, k);
    jsonw_open(j, "kinds", '[');
    for (size_t i = 0; kinds[i]; i++)
        jsonw_str(j, NULL, kinds[i]);
    jsonw_close(j, ']');
    jsonw_close(j, '}');
}

static void keys(struct jsonw *j, const struct service *v)
{
    static const char *const notice[] = {"shop", "revoked", "answer", NULL}, *const lease[] = {"lease", "head", NULL};
    jsonw_open(j, "keys", '[');
    key(j, whole_keys.notice[v->notice_key], notice);
    key(j, whole_keys.lease[v->lease_key], lease);
    if (v->notice_old >= 0)
        key(j, whole_keys.notice[v->notice_old], notice);
    if (v->lease_old >= 0)
        key(j, whole_keys.lease[v->lease_old], lease);
    jsonw_close(j, ']');
}

static void rest(struct jsonw *j, const struct whole *w, bool resets)
{
    jsonw_open(j, "card_keys", '[');
    jsonw_open(j, NULL, '{');
    jsonw_int(j, "number", 1);
    spki(j, whole_keys.card);
    jsonw_close(j, '}');
    jsonw_close(j, ']');
    jsonw_str(j, "sealing_cert", whole_keys.sealing);
    jsonw_open(j, "card_hosts", '[');
    jsonw_str(j, NULL, "localhost");
    jsonw_close(j, ']');
    jsonw_open(j, "legacy_prefixes", '[');
    jsonw_close(j, ']');
    jsonw_open(j, "offline", '{');
    jsonw_bool(j, "qr", true);
    jsonw_bool(j, "keyed", w->keyed);
    jsonw_close(j, '}');
    if (!resets)
        return;
    jsonw_open(j, "floor_reset", '{');
    jsonw_int(j, "floor_ms", service_now(w));
    jsonw_open(j, "versions", '[');
    jsonw_str(j, NULL, "lease");
    jsonw_close(j, ']');
    jsonw_close(j, '}');
}

static EVP_PKEY *root_of_newest(const struct whole *w)
{
    return whole_keys.root[w->sent_cnt ? w->sent[w->service->trust_sent].inactive : 0];
}

/* `inactive` of a trust notice is its root's generation. */
void notices_sign_trust(struct whole *w, bool resets)
{
    struct service *v = w->service;
    EVP_PKEY *root = whole_keys.root[v->root], *before = root_of_newest(w);
    struct buf b;
    buf_init(&b, PAYLOAD_MAX);
    struct jsonw j = jsonw_begin(&b);
    jsonw_int(&j, "version", ++v->trust_version);
    jsonw_int(&j, "issued_ms", service_now(w));
    jsonw_int(&j, "not_after_ms", service_now(w) + TRUST_VALID_MS);
    jsonw_open(&j, "root", '{');
    spki(&j, root);
    jsonw_close(&j, '}');
    keys(&j, v);
    rest(&j, w, resets);
    if (jsonw_end(&j))
        abort();
    struct sent *s = keep(w, NOTICE_TRUST, v->trust_version, &b);
    s->what = root != before ? SENT_ROOT : resets ? SENT_RESET : SENT_ANY;
    s->inactive = (unsigned)v->root;
    s->text = seal(NOTICE_TRUST, &b, before, root != before ? root : NULL);
    v->trust_sent = w->sent_cnt - 1;
    w->tally.floor_resets += resets;
    whole_trace(w, "trust %lld%s%s", (long long)s->version, s->what == SENT_ROOT ? ", another root" : "",
        resets ? ", floor reset" : "");
    buf_release(&b);
    world_wake(w);
}

void notices_sign_shop(struct whole *w)
{
    struct service *v = w->service;
    struct buf b;
    char id[ULID_LEN + 1];
    box_id('P', w->number, 0, id);
    buf_init(&b, PAYLOAD_MAX);
    struct jsonw j = jsonw_begin(&b);
    jsonw_int(&j, "version", ++v->shop_version);
    jsonw_str(&j, "shop_id", id);
    jsonw_str(&j, "name", "Shop");
    jsonw_str(&j, "category", "dining");
    jsonw_str(&j, "region", "410102");
    jsonw_str(&j, "org_name", "Org");
    jsonw_str(&j, "standing", standing_name(v->standing));
    jsonw_str(&j, "reason", "");
    jsonw_int(&j, "since_ms", service_now(w));
    jsonw_int(&j, "issued_ms", service_now(w));
    jsonw_raw(&j, "offers", whole_keys.offers, strlen(whole_keys.offers));
    if (jsonw_end(&j))
        abort();
    struct sent *s = keep(w, NOTICE_SHOP, v->shop_version, &b);
    s->standing = v->standing;
    s->text = seal(NOTICE_SHOP, &b, whole_keys.notice[v->notice_key], NULL);
    v->shop_sent = w->sent_cnt - 1;
    whole_trace(w, "shop %s, version %lld", standing_name(v->standing), (long long)s->version);
    buf_release(&b);
    world_wake(w);
}

static enum err collect(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

static void file_of(unsigned inactive, struct buf *out)
{
    uint64_t values[CARDS];
    size_t cnt = 0;
    for (int i = 0; i < CARDS; i++)
        if (inactive & 1u << i)
            values[cnt++] = whole_keys.value[i];
    buf_init(out, 4096);
    if (revoked_build(values, cnt, collect, out))
        abort();
}

static void delta_of(unsigned from, unsigned to, struct buf *out)
{
    struct buf a, b;
    struct revoked ra, rb;
    file_of(from, &a);
    file_of(to, &b);
    buf_init(out, 4096);
    if (revoked_open(a.data, a.len, &ra) || revoked_open(b.data, b.len, &rb) ||
        revoked_delta_build(&ra, &rb, collect, out))
        abort();
    buf_release(&a);
    buf_release(&b);
}

static void describe(struct jsonw *j, const struct buf *file)
{
    uint8_t hash[KEY_HASH];
    key_sha256(file->data, file->len, hash);
    jsonw_int(j, "len", (int64_t)file->len);
    jsonw_hex(j, "sha256", hash, KEY_HASH);
}

static void deltas(struct jsonw *j, const struct whole *w)
{
    struct buf b;
    int cnt = 0;
    jsonw_open(j, "deltas", '[');
    for (size_t i = w->sent_cnt; i-- > 0 && cnt < DELTAS;) {
        const struct sent *s = &w->sent[i];
        if (s->kind != NOTICE_REVOKED || s->lost)
            continue;
        delta_of(s->inactive, w->service->inactive, &b);
        jsonw_open(j, NULL, '{');
        jsonw_int(j, "from", s->version);
        describe(j, &b);
        jsonw_close(j, '}');
        buf_release(&b);
        cnt++;
    }
    jsonw_close(j, ']');
}

void notices_sign_revoked(struct whole *w)
{
    struct service *v = w->service;
    struct buf b, file;
    file_of(v->inactive, &file);
    buf_init(&b, PAYLOAD_MAX);
    struct jsonw j = jsonw_begin(&b);
    jsonw_int(&j, "version", ++v->revoked_version);
    jsonw_int(&j, "issued_ms", service_now(w));
    jsonw_int(&j, "count", (int64_t)((file.len - REVOKED_HEADER) / REVOKED_VALUE));
    describe(&j, &file);
    deltas(&j, w);
    if (jsonw_end(&j))
        abort();
    struct sent *s = keep(w, NOTICE_REVOKED, v->revoked_version, &b);
    s->inactive = v->inactive;
    s->text = seal(NOTICE_REVOKED, &b, whole_keys.notice[v->notice_key], NULL);
    v->revoked_sent = w->sent_cnt - 1;
    whole_trace(w, "cards not active %02x, version %lld", v->inactive, (long long)s->version);
    buf_release(&b);
    buf_release(&file);
    world_wake(w);
}

/* After a restore there may be two of one version: the newest is what the service serves. */
static const struct sent *list_of(const struct whole *w, long long version)
{
    for (size_t i = w->sent_cnt; i-- > 0;)
        if (w->sent[i].kind == NOTICE_REVOKED && w->sent[i].version == version && !w->sent[i].lost)
            return &w->sent[i];
    return NULL;
}

enum err notices_list(struct whole *w, const char *path, struct buf *out)
{
    long long version = 0, from = 0;
    int got = sscanf(path, "/v1/revoked/%lld/from/%lld", &version, &from);
    const struct sent *to = list_of(w, version), *base = list_of(w, from);
    buf_release(out);
    buf_init(out, 4096);
    if (!to || (got == 2 && !base))
        return ERR_NOT_FOUND;
    if (got == 2)
        delta_of(base->inactive, to->inactive, out);
    else
        file_of(to->inactive, out);
    return ERR_OK;
}

static void pin(struct jsonw *j, const char *name, const struct sent *s)
{
    jsonw_open(j, name, '{');
    jsonw_int(j, "version", s->version);
    jsonw_hex(j, "sha256", s->hash, KEY_HASH);
    jsonw_close(j, '}');
}

static void allowance(struct jsonw *j, const struct notice_allowance *a)
{
    jsonw_open(j, "allowance", '{');
    jsonw_int(j, "sales", a->sales);
    jsonw_int(j, "amount_fen", a->amount_fen);
    jsonw_int(j, "starts", a->starts);
    jsonw_int(j, "per_card_day", a->per_card_day);
    jsonw_int(j, "keyed_sales", a->keyed_sales);
    jsonw_int(j, "keyed_amount_fen", a->keyed_amount_fen);
    jsonw_close(j, '}');
}

static size_t sign_lease(struct box *b)
{
    struct whole *w = b->w;
    struct service *v = w->service;
    struct account *a = &v->account[b->n];
    int64_t last = a->lease_cnt ? a->lease[a->lease_cnt - 1].version : 0, now = service_now(w);
    if (a->lease_cnt == LEASES)
        abort();
    struct srv_lease *l = &a->lease[a->lease_cnt++];
    *l = (struct srv_lease){.version = (last > a->lease_base ? last : a->lease_base) + 1,
        .issued_utc_ms = now,
        .stop_at_utc_ms = now + w->lease_hours * (int64_t)HOUR_MS,
        .trust = v->trust_version,
        .shop = v->shop_version,
        .revoked = v->revoked_version,
        .epoch = a->epoch};
    struct buf p;
    buf_init(&p, PAYLOAD_MAX);
    struct jsonw j = jsonw_begin(&p);
    jsonw_int(&j, "version", l->version);
    jsonw_str(&j, "terminal_id", b->state.info.terminal_id);
    jsonw_str(&j, "shop_id", b->state.info.shop_id);
    jsonw_int(&j, "epoch", l->epoch);
    jsonw_int(&j, "issued_ms", l->issued_utc_ms);
    jsonw_int(&j, "stop_at_ms", l->stop_at_utc_ms);
    allowance(&j, &w->policy);
    pin(&j, "trust", &w->sent[v->trust_sent]);
    pin(&j, "shop", &w->sent[v->shop_sent]);
    pin(&j, "revoked", &w->sent[v->revoked_sent]);
    if (jsonw_end(&j))
        abort();
    struct sent *s = keep(w, NOTICE_LEASE, l->version, &p);
    s->box = b->n;
    s->text = seal(NOTICE_LEASE, &p, whole_keys.lease[v->lease_key], NULL);
    buf_release(&p);
    l->sent = w->sent_cnt - 1;
    return l->sent;
}

struct poll {
    long long trust, shop, revoked, lease;
};

/* In `sent`, from 1; 0: none is due. *next_ms: when one will be. */
static size_t lease_due(struct box *b, const struct poll *p, int64_t *next_ms)
{
    struct whole *w = b->w;
    const struct service *v = w->service;
    const struct account *a = &v->account[b->n];
    const struct srv_lease *l = a->lease_cnt ? &a->lease[a->lease_cnt - 1] : NULL;
    int64_t renew_ms = w->lease_hours * (int64_t)HOUR_MS / 3;
    if (a->forked || p->trust != v->trust_version || p->shop != v->shop_version || p->revoked != v->revoked_version)
        return 0;
    bool good = l && l->trust == v->trust_version && l->shop == v->shop_version && l->revoked == v->revoked_version &&
                l->epoch == a->epoch && service_now(w) - l->issued_utc_ms < renew_ms &&
                l->issued_utc_ms <= service_now(w);
    if (good && p->lease == l->version) {
        *next_ms = l->issued_utc_ms - w->ahead_ms + renew_ms;
        return 0;
    }
    return sign_lease(b) + 1;
}

static void put(struct jsonw *j, const struct sent *s, bool *any)
{
    jsonw_raw(j, NULL, s->text, strlen(s->text));
    *any = true;
}

static void put_trust(struct jsonw *j, const struct whole *w, const struct poll *p, bool *any)
{
    const struct sent *newest = &w->sent[w->service->trust_sent];
    for (size_t i = 0; i < w->sent_cnt; i++) {
        const struct sent *s = &w->sent[i];
        if (s->kind == NOTICE_TRUST && s->what != SENT_ANY && s->version > p->trust && s != newest)
            put(j, s, any);
    }
    if (newest->version > p->trust)
        put(j, newest, any);
}

/* What the notice says, signed anew by a key that nobody named. */
static void put_forged(struct jsonw *j, struct whole *w, const struct sent *s)
{
    struct notice n;
    if (notice_open(s->text, strlen(s->text), &n))
        abort();
    json_object_set_new(n.body, "version", json_integer((json_int_t)s->version + 1 + (json_int_t)pick(w, 5)));
    char *payload = json_dumps(n.body, JSON_COMPACT);
    struct buf b;
    buf_init(&b, NOTICE_MAX);
    if (!payload || notice_seal(s->kind, payload, strlen(payload), whole_keys.foreign, &b))
        abort();
    jsonw_raw(j, NULL, buf_str(&b), b.len);
    free(payload);
    buf_release(&b);
    notice_release(&n);
}

/* Somebody puts in what was signed once, and what he signed himself. */
static void put_old(struct jsonw *j, struct whole *w, bool *any)
{
    for (int i = 0; i < 3; i++)
        put(j, &w->sent[pick(w, (uint32_t)w->sent_cnt)], any);
    put_forged(j, w, &w->sent[pick(w, (uint32_t)w->sent_cnt)]);
    w->tally.notices_refused++;
}

static void missed(struct whole *w, const struct poll *p)
{
    int roots = 0;
    for (size_t i = 0; i < w->sent_cnt; i++)
        roots += w->sent[i].kind == NOTICE_TRUST && w->sent[i].what == SENT_ROOT && w->sent[i].version > p->trust;
    w->tally.roots_missed += roots > 1;
    w->tally.keys_missed += p->trust && w->service->trust_version - p->trust > 3;
}

/* The version of a kind that a poll names; -1: it does not ask for that kind. */
static long long named_in(const char *path, const char *kind)
{
    char key[16];
    snprintf(key, sizeof key, "%s=", kind);
    const char *at = strstr(path, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

bool notices_answer_poll(struct box *b, const char *path, struct buf *out, int64_t *next_ms)
{
    struct whole *w = b->w;
    struct account *a = &w->service->account[b->n];
    const struct poll p = {
        named_in(path, "trust"), named_in(path, "shop"), named_in(path, "revoked"), named_in(path, "lease")};
    bool any = false;
    const long long named[NOTICE_KINDS] = {
        [NOTICE_TRUST] = p.trust, [NOTICE_SHOP] = p.shop, [NOTICE_REVOKED] = p.revoked, [NOTICE_LEASE] = p.lease};
    for (int i = 0; i < NOTICE_KINDS; i++)
        if (named[i] > a->seen[i])
            a->seen[i] = named[i];
    struct jsonw j = jsonw_begin(out);
    jsonw_open(&j, "notices", '[');
    missed(w, &p);
    put_trust(&j, w, &p, &any);
    if (w->service->shop_version > p.shop)
        put(&j, &w->sent[w->service->shop_sent], &any);
    if (p.revoked >= 0 && w->service->revoked_version > p.revoked)
        put(&j, &w->sent[w->service->revoked_sent], &any);
    size_t lease = any || p.lease < 0 ? 0 : lease_due(b, &p, next_ms);
    if (lease)
        put(&j, &w->sent[lease - 1], &any);
    if (any && !w->quiet && !pick(w, 8))
        put_old(&j, w, &any);
    jsonw_close(&j, ']');
    if (jsonw_end(&j))
        abort();
    if (!any)
        buf_reset(out);
    return any;
}

/* huika-service recover: above all that terminals said they hold. */
void notices_recover(struct whole *w)
{
    struct service *v = w->service;
    for (int i = 0; i < BOXES; i++) {
        struct account *a = &v->account[i];
        int64_t last = a->lease_cnt ? a->lease[a->lease_cnt - 1].version : 0;
        a->lease_base = (a->seen[NOTICE_LEASE] > last ? a->seen[NOTICE_LEASE] : last) + RECOVER_BY;
        if (a->seen[NOTICE_SHOP] > v->shop_version)
            v->shop_version = a->seen[NOTICE_SHOP];
        if (a->seen[NOTICE_REVOKED] > v->revoked_version)
            v->revoked_version = a->seen[NOTICE_REVOKED];
    }
    v->shop_version += RECOVER_BY;
    v->revoked_version += RECOVER_BY;
    w->tally.recovers++;
    notices_sign_shop(w);
    notices_sign_revoked(w);
}

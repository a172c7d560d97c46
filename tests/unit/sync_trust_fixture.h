/* SPDX-License-Identifier: Apache-2.0 */
/* A sync that trusts: it holds a trust notice, and leases, lists and shops can be made that fit it, or do not. set, unset: of each test. */
#ifndef HUIKA_SYNC_TRUST_FIXTURE_H
#define HUIKA_SYNC_TRUST_FIXTURE_H
#pragma GCC diagnostic ignored "-Wunused-function"
#include "client/ports/sync_parts.h"
#include "sync_fixture.h"
#include <unistd.h>

#define TERMINAL_ID "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define DAY_MS      INT64_C(86400000)

static struct offline off;
static struct floor clock_floor;
static EVP_PKEY *root2;
static struct buf files[4]; /* of the list: version i + 1 */

static json_t *kinds_of_key(EVP_PKEY *key, json_t *kinds)
{
    json_t *k = trusted(key, "shop");
    json_object_set_new(k, "kinds", kinds);
    return k;
}

static json_t *trust_body(int version, EVP_PKEY *named)
{
    json_t *p = json_pack("{s:i,s:I,s:I,s:{s:o},s:[o,o],s:[{s:i,s:o}],s:o,s:[s],s:[],s:{s:b,s:b}}", "version", version,
        "issued_ms", (json_int_t)NOON, "not_after_ms", (json_int_t)(NOON + 400 * DAY_MS), "root", "spki", spki(named),
        "keys", kinds_of_key(notice_key, json_pack("[s,s,s]", "shop", "revoked", "answer")),
        kinds_of_key(lease_key, json_pack("[s,s]", "lease", "head")), "card_keys", "number", 1, "spki",
        spki(notice_key), "sealing_cert", sealing_cert(), "card_hosts", "localhost", "legacy_prefixes", "offline", "qr",
        1, "keyed", 0);
    assert_non_null(p);
    return p;
}

static void begin(void)
{
    struct sync_config c = {.journal = journal,
        .state = &st,
        .clock = floor_clock(&clock_floor),
        .device = device,
        .floor = &clock_floor,
        .offline = &off,
        .notice = obey};
    assert_int_equal(sync_new(&c, &s), ERR_OK);
    sync_start(s);
}

/* As a power cut: what is in memory is gone, and not even the floor is written. */
static void restart(void)
{
    struct keep k;
    struct buf ini;
    buf_init(&ini, 8192);
    bool had = state_read(&st, KEEP_INI, &ini) == ERR_OK;
    sync_free(&s);
    offline_release(&off);
    if (had)
        assert_int_equal(state_write(&st, KEEP_INI, ini.data, ini.len), ERR_OK);
    buf_release(&ini);
    keep_load(&st, &k);
    floor_init(&clock_floor, &fake_clock, k.floor_utc_ms);
    begin();
}

static enum err add_piece(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

static int set(void **state)
{
    setup(state);
    sync_free(&s);
    root2 = key_generate();
    strcpy(st.info.terminal_id, TERMINAL_ID);
    st.info.epoch = 1;
    json_t *trust = sealed(NOTICE_TRUST, trust_body(4, root), root);
    char *text = json_dumps(trust, JSON_COMPACT);
    assert_int_equal(state_write(&st, STATE_TRUST, text, strlen(text)), ERR_OK);
    free(text);
    json_decref(trust);
    for (uint64_t v = 0; v < 4; v++) {
        uint64_t values[] = {1, 2 + v, 100 + 7 * v};
        buf_init(&files[v], 4096);
        assert_int_equal(revoked_build(values, 3, add_piece, &files[v]), ERR_OK);
    }
    floor_init(&clock_floor, &fake_clock, 0);
    begin();
    return 0;
}

static int unset(void **state)
{
    for (size_t i = 0; i < 4; i++)
        buf_release(&files[i]);
    key_free(&root2);
    int r = teardown(state);
    offline_release(&off);
    return r;
}

static json_t *pin(enum notice_kind kind, const json_t *envelope)
{
    char hex[2 * KEY_HASH + 1] = "";
    struct notice n = {0};
    struct buf text;
    int64_t version = 1;
    (void)kind;
    if (envelope) {
        assert_int_equal(notices_open(envelope, &n, &text), ERR_OK);
        text_hex(n.hash, KEY_HASH, hex);
        version = n.version;
        notice_release(&n);
        buf_release(&text);
    }
    return json_pack("{s:I,s:s}", "version", (json_int_t)version, "sha256", hex);
}

static void hex_of(const void *p, size_t len, char out[static 2 * KEY_HASH + 1])
{
    uint8_t hash[KEY_HASH];
    key_sha256(p, len, hash);
    text_hex(hash, KEY_HASH, out);
}

/* Version v of the list; with a delta from the one before (files[v - 2]). */
static json_t *list_notice(int v, EVP_PKEY *signer, struct buf *delta)
{
    char hex[2 * KEY_HASH + 1], delta_hex[2 * KEY_HASH + 1];
    struct revoked from, to;
    json_t *deltas = json_array();
    hex_of(files[v - 1].data, files[v - 1].len, hex);
    if (delta) {
        assert_int_equal(revoked_open(files[v - 2].data, files[v - 2].len, &from), ERR_OK);
        assert_int_equal(revoked_open(files[v - 1].data, files[v - 1].len, &to), ERR_OK);
        buf_init(delta, 4096);
        assert_int_equal(revoked_delta_build(&from, &to, add_piece, delta), ERR_OK);
        hex_of(delta->data, delta->len, delta_hex);
        json_array_append_new(
            deltas, json_pack("{s:i,s:I,s:s}", "from", v - 1, "len", (json_int_t)delta->len, "sha256", delta_hex));
    }
    return sealed(NOTICE_REVOKED,
        json_pack("{s:i,s:I,s:i,s:I,s:s,s:o}", "version", v, "issued_ms", (json_int_t)NOON, "count", 3, "len",
            (json_int_t)files[v - 1].len, "sha256", hex, "deltas", deltas),
        signer);
}

struct lease_like {
    const char *terminal;
    int version, epoch;
    int64_t issued_ms;
    EVP_PKEY *signer;
    int sales;
};

static json_t *lease(const struct lease_like *l, const json_t *shop, const json_t *list)
{
    json_t *trust = sealed(NOTICE_TRUST, trust_body(4, root), root);
    struct buf b;
    struct notice n;
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(state_read(&st, STATE_TRUST, &b), ERR_OK);
    assert_int_equal(notice_open(buf_str(&b), b.len, &n), ERR_OK);
    char hex[2 * KEY_HASH + 1];
    text_hex(n.hash, KEY_HASH, hex);
    json_t *p =
        json_pack("{s:i,s:s,s:s,s:i,s:I,s:I,s:{s:i,s:i,s:i,s:i,s:i,s:i},s:{s:I,s:s},s:o,s:o}", "version", l->version,
            "terminal_id", l->terminal, "shop_id", SHOP_ID, "epoch", l->epoch, "issued_ms", (json_int_t)l->issued_ms,
            "stop_at_ms", (json_int_t)(l->issued_ms + 3 * DAY_MS), "allowance", "sales", l->sales, "amount_fen", 100000,
            "starts", 5, "per_card_day", 2, "keyed_sales", 0, "keyed_amount_fen", 0, "trust", "version",
            (json_int_t)n.version, "sha256", hex, "shop", pin(NOTICE_SHOP, shop), "revoked", pin(NOTICE_REVOKED, list));
    assert_non_null(p);
    notice_release(&n);
    buf_release(&b);
    json_decref(trust);
    return sealed(NOTICE_LEASE, p, l->signer);
}

static void poll_again(void)
{
    pass(60000);
    assert_in_range(find("/v1/notices"), 0, 3);
}

static void file_comes(const char *where, const struct buf *b)
{
    size_t i = find(where);
    assert_in_range(i, 0, 3);
    assert_string_equal(asked[i].path, where);
    link_done_fn *done = asked[i].done;
    void *ctx = asked[i].ctx;
    forget(i);
    struct link_answer a = {.status = 200, .type = "application/octet-stream", .body = buf_str(b), .len = b->len};
    done(ctx, &a);
}

static enum err possible(void)
{
    return offline_possible(&off, sync_trust(s), sync_utc(s));
}

static json_t *shop, *list;

/* Everything that offline sales need, in one answer and one file. */
static void all_comes(void)
{
    shop = shop_notice(3, SHOP_ID, "listed", notice_key);
    list = list_notice(1, notice_key, NULL);
    const struct lease_like l = {TERMINAL_ID, 7, 1, NOON, lease_key, 9};
    json_t *all = json_pack("{s:[o,O,O]}", "notices", lease(&l, shop, list), list, shop);
    char *text = json_dumps(all, JSON_COMPACT);
    answer("/v1/notices", ERR_OK, 200, text);
    free(text);
    json_decref(all);
    assert_int_equal(possible(), ERR_LEASE_MISSING); /* it waits for its list */
    pass(0);
    file_comes("/v1/revoked/1", &files[0]);
    assert_int_equal(possible(), ERR_OK);
}

static void drop_all(void)
{
    json_decref(shop);
    json_decref(list);
}

static void refused(json_t *notice, enum notice_kind kind, enum err why)
{
    int64_t was = off.lease.version;
    offer_notices(notice, NULL);
    assert_string_equal(err_code(sync_status(s)->refused[kind].why), err_code(why));
    assert_int_equal(off.lease.version, was);
    poll_again();
}
#endif

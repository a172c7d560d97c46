/* SPDX-License-Identifier: Apache-2.0 */
/* Leases, the list of revoked cards, answers, and trust notices that change everything: what is taken, what is refused, and what a power
 * cut between any two steps leaves behind. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "client/ports/sync_parts.h"
#include "proto/ref.h"
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

static void a_lease_is_in_force_when_all_that_it_names_is(void **state)
{
    (void)state;
    all_comes();
    assert_int_equal(off.lease.version, 7);
    assert_int_equal(obeyed, 2); /* nobody records a lease */
    poll_again();
    assert_string_equal(
        asked[find("/v1/notices")].path, "/v1/notices?trust=4&shop=3&revoked=1&lease=7&answer=0&wait=50");
    restart();
    assert_int_equal(possible(), ERR_OK);
    assert_int_equal(off.lease.version, 7);
    drop_all();
}

static void refused(json_t *notice, enum notice_kind kind, enum err why)
{
    int64_t was = off.lease.version;
    offer_notices(notice, NULL);
    assert_string_equal(err_code(sync_status(s)->refused[kind].why), err_code(why));
    assert_int_equal(off.lease.version, was);
    poll_again();
}

static void leases_that_are_not_ours_or_not_newer_change_nothing(void **state)
{
    const struct lease_like wrong[] = {{"01BX5ZZKBKACTAV9WEVGEMMVS0", 9, 1, NOON, lease_key, 9},
        {TERMINAL_ID, 9, 2, NOON, lease_key, 9}, {TERMINAL_ID, 9, 1, NOON, notice_key, 9},
        {TERMINAL_ID, 9, 1, NOON, stranger, 9}, {TERMINAL_ID, 6, 1, NOON, lease_key, 9},
        {TERMINAL_ID, 7, 1, NOON, lease_key, 999}, {TERMINAL_ID, 9, 1, NOON + 401 * DAY_MS, lease_key, 9}};
    const enum err why[] = {ERR_BAD_NOTICE, ERR_BAD_NOTICE, ERR_UNKNOWN_KEY, ERR_UNKNOWN_KEY, ERR_NOTICE_OLDER,
        ERR_NOTICE_EQUIVOCATION, ERR_NOTICE_EXPIRED};
    (void)state;
    all_comes();
    poll_again();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(lease(&wrong[i], shop, list), NOTICE_LEASE, why[i]);
    assert_int_equal(possible(), ERR_OK);
    assert_true(
        floor_utc_ms(&clock_floor) < NOON + 2 * DAY_MS); /* a lease from beyond the trust notice raises nothing */
    restart();
    assert_int_equal(off.lease.version, 7);
    drop_all();
}

/* Each lease is made and signed anew: one that is refused again and again must not cost the service that each second. */
static void a_refused_lease_is_not_asked_for_again_at_once(void **state)
{
    const struct lease_like wrong = {TERMINAL_ID, 9, 1, NOON, stranger, 9},
                            good = {TERMINAL_ID, 8, 1, NOON, lease_key, 9};
    (void)state;
    all_comes();
    poll_again();
    offer_notices(lease(&wrong, shop, list), NULL);
    pass(1000);
    assert_string_equal(asked[find("/v1/notices")].path, "/v1/notices?trust=4&shop=3&revoked=1&answer=0&wait=20");
    now_ms += 20000;
    answer("/v1/notices", ERR_OK, 200, "{\"notices\":[]}");
    pass(0);
    assert_string_equal(
        asked[find("/v1/notices")].path, "/v1/notices?trust=4&shop=3&revoked=1&lease=7&answer=0&wait=50");
    offer_notices(lease(&good, shop, list), NULL);
    assert_int_equal(off.lease.version, 8);
    drop_all();
}

static void a_lease_says_what_time_it_is(void **state)
{
    const struct lease_like later = {TERMINAL_ID, 8, 1, NOON + 20 * DAY_MS, lease_key, 9};
    (void)state;
    all_comes();
    poll_again();
    offer_notices(lease(&later, shop, list), NULL);
    assert_true(sync_utc(s) >= NOON + 20 * DAY_MS);
    restart();
    assert_true(sync_utc(s) >= NOON + 20 * DAY_MS);
    drop_all();
}

static void the_list_comes_as_a_delta_and_a_bad_one_as_a_whole(void **state)
{
    struct buf delta = {0}, delta3 = {0};
    (void)state;
    all_comes();
    poll_again();
    offer_notices(list_notice(2, notice_key, &delta), NULL);
    pass(0);
    file_comes("/v1/revoked/2/from/1", &delta);
    assert_int_equal(off.revoked.version, 2);
    assert_int_equal(off.list.len, files[1].len);
    assert_memory_equal(off.list.file, files[1].data, files[1].len);
    poll_again();
    offer_notices(list_notice(3, notice_key, &delta3), NULL);
    pass(0);
    delta3.data[40] ^= 1;
    file_comes("/v1/revoked/3/from/2", &delta3);
    assert_int_equal(off.revoked.version, 2);
    pass(0);
    delta.data[0] ^= 1;
    file_comes("/v1/revoked/3", &files[3]); /* another file of the right length */
    assert_int_equal(off.revoked.version, 2);
    assert_int_equal(possible(), ERR_OK); /* by the list that is held */
    restart();
    assert_int_equal(off.revoked.version, 2);
    assert_int_equal(possible(), ERR_OK);
    offer_notices(list_notice(3, notice_key, NULL), NULL);
    pass(0);
    file_comes("/v1/revoked/3", &files[2]);
    assert_memory_equal(off.list.file, files[2].data, files[2].len);
    buf_release(&delta);
    buf_release(&delta3);
    drop_all();
}

/* The new file is there, its notice is not: what is in force is the old one, and the next try goes through. */
static void a_power_cut_between_file_and_notice_leaves_the_old_list(void **state)
{
    char at[STATE_PATH_MAX];
    (void)state;
    all_comes();
    assert_int_equal(state_write(&st, "revoked-2.bin", files[1].data, files[1].len), ERR_OK);
    assert_int_equal(state_write(&st, "revoked.new", "half", 4), ERR_OK);
    restart();
    assert_int_equal(off.revoked.version, 1);
    assert_int_equal(possible(), ERR_OK);
    offer_notices(list_notice(2, notice_key, NULL), NULL);
    pass(0);
    file_comes("/v1/revoked/2", &files[1]);
    assert_int_equal(off.revoked.version, 2);
    state_path(&st, "revoked-1.bin", at);
    assert_int_not_equal(access(at, F_OK), 0);
    /* The other way round: the notice without its file is as good as none. */
    state_path(&st, "revoked-2.bin", at);
    assert_int_equal(unlink(at), 0);
    restart();
    assert_int_equal(possible(), ERR_OFFLINE_STALE);
    assert_string_equal(
        asked[find("/v1/notices")].path, "/v1/notices?trust=4&shop=3&revoked=0&lease=0&answer=0&wait=50");
    offer_notices(list_notice(2, notice_key, NULL), NULL);
    pass(0);
    file_comes("/v1/revoked/2", &files[1]);
    assert_int_equal(possible(), ERR_OK);
    drop_all();
}

static json_t *cosigned(json_t *envelope, EVP_PKEY *key)
{
    char *text = json_dumps(envelope, JSON_COMPACT);
    struct buf b;
    json_t *out = NULL;
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(notice_cosign(text, strlen(text), key, &b), ERR_OK);
    assert_int_equal(jsonx_parse(buf_str(&b), b.len, &out), ERR_OK);
    free(text);
    json_decref(envelope);
    buf_release(&b);
    return out;
}

static void a_new_root_needs_both_signatures_and_missed_ones_come_in_order(void **state)
{
    (void)state;
    refused(sealed(NOTICE_TRUST, trust_body(5, root2), root2), NOTICE_TRUST, ERR_UNKNOWN_KEY);
    refused(sealed(NOTICE_TRUST, trust_body(5, root2), root), NOTICE_TRUST, ERR_UNKNOWN_KEY);
    assert_int_equal(sync_trust(s)->version, 4);
    offer_notices(cosigned(sealed(NOTICE_TRUST, trust_body(6, root2), root), root2),
        sealed(NOTICE_TRUST, trust_body(9, root2), root2));
    assert_int_equal(sync_trust(s)->version, 9);
    poll_again();
    refused(sealed(NOTICE_TRUST, trust_body(10, root), root), NOTICE_TRUST, ERR_UNKNOWN_KEY);
    restart();
    assert_int_equal(sync_trust(s)->version, 9);
}

static void a_reset_lowers_the_floor_and_forgets_versions_once(void **state)
{
    json_t *p = trust_body(5, root);
    (void)state;
    all_comes();
    poll_again();
    floor_raise(&clock_floor, NOON + 300 * DAY_MS);
    refused(shop_notice(2, SHOP_ID, "listed", notice_key), NOTICE_SHOP, ERR_NOTICE_OLDER);
    json_object_set_new(
        p, "floor_reset", json_pack("{s:I,s:[s]}", "floor_ms", (json_int_t)(NOON + DAY_MS), "versions", "shop"));
    offer_notices(sealed(NOTICE_TRUST, p, root), NULL);
    assert_true(floor_utc_ms(&clock_floor) < NOON + 2 * DAY_MS);
    assert_null(sync_shop(s)); /* nobody sells by it until the service has said what is so */
    poll_again();
    offer_notices(shop_notice(2, SHOP_ID, "delisted", notice_key), NULL);
    assert_int_equal(sync_shop(s)->standing, STANDING_DELISTED);
    floor_raise(&clock_floor, NOON + 300 * DAY_MS);
    assert_int_equal(sync_keep(s), ERR_OK);
    restart(); /* the same trust notice again: it was done */
    assert_true(floor_utc_ms(&clock_floor) >= NOON + 300 * DAY_MS);
    assert_int_equal(sync_shop(s)->version, 2);
    drop_all();
}

/* Else all days until it comes would count as one for a card. */
static void a_reset_ends_a_day_that_has_not_come(void **state)
{
    json_t *p = trust_body(5, root);
    uint8_t key[OFFLINE_KEY];
    int32_t day = 0;
    (void)state;
    all_comes();
    poll_again();
    floor_raise(&clock_floor, NOON + 9 * DAY_MS);
    assert_int_equal(keep_day_key(&st, tm_day(NOON + 9 * DAY_MS), &day, key), ERR_OK);
    offline_today(&off, day, key);
    json_object_set_new(p, "floor_reset", json_pack("{s:I}", "floor_ms", (json_int_t)NOON));
    offer_notices(sealed(NOTICE_TRUST, p, root), NULL);
    assert_int_equal(keep_day_key(&st, tm_day(NOON), &day, key), ERR_OK);
    assert_true(day <= tm_day(NOON + DAY_MS) && (!off.has_key || off.day <= tm_day(NOON + DAY_MS)));
    drop_all();
}

static json_t *word(int version, const char *terminal_id, const char *record, const char *text)
{
    char ref[REF_LEN_MAX + 1];
    assert_int_equal(ref_format(&(struct ref){7, 1, 3}, ref), ERR_OK);
    return sealed(NOTICE_ANSWER,
        json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "version", version, "terminal_id", terminal_id, "ref", ref,
            "record_id", record, "state", "answered", "text", text, "at_ms", (json_int_t)NOON, "by", "Org"),
        notice_key);
}

static void answers_are_kept_by_record(void **state)
{
    struct notice_answer *a = calloc(1, sizeof *a);
    (void)state;
    assert_int_equal(sync_answer(s, SHOP_ID, a), ERR_NOT_FOUND);
    offer_notices(word(1, TERMINAL_ID, SHOP_ID, "first"), word(2, TERMINAL_ID, SHOP_ID, "second"));
    assert_int_equal(sync_answer(s, SHOP_ID, a), ERR_OK);
    assert_string_equal(a->text, "second");
    poll_again();
    refused(word(1, TERMINAL_ID, SHOP_ID, "again"), NOTICE_ANSWER, ERR_NOTICE_OLDER);
    refused(word(9, "01BX5ZZKBKACTAV9WEVGEMMVS0", SHOP_ID, "not ours"), NOTICE_ANSWER, ERR_BAD_NOTICE);
    restart();
    assert_int_equal(sync_answer(s, SHOP_ID, a), ERR_OK);
    assert_string_equal(a->text, "second");
    assert_string_equal(
        asked[find("/v1/notices")].path, "/v1/notices?trust=4&shop=0&revoked=0&lease=0&answer=2&wait=50");
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lease_is_in_force_when_all_that_it_names_is, set, unset),
        cmocka_unit_test_setup_teardown(leases_that_are_not_ours_or_not_newer_change_nothing, set, unset),
        cmocka_unit_test_setup_teardown(a_refused_lease_is_not_asked_for_again_at_once, set, unset),
        cmocka_unit_test_setup_teardown(a_lease_says_what_time_it_is, set, unset),
        cmocka_unit_test_setup_teardown(the_list_comes_as_a_delta_and_a_bad_one_as_a_whole, set, unset),
        cmocka_unit_test_setup_teardown(a_power_cut_between_file_and_notice_leaves_the_old_list, set, unset),
        cmocka_unit_test_setup_teardown(a_new_root_needs_both_signatures_and_missed_ones_come_in_order, set, unset),
        cmocka_unit_test_setup_teardown(a_reset_lowers_the_floor_and_forgets_versions_once, set, unset),
        cmocka_unit_test_setup_teardown(a_reset_ends_a_day_that_has_not_come, set, unset),
        cmocka_unit_test_setup_teardown(answers_are_kept_by_record, set, unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

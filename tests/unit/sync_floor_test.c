/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks that ran ahead: what is left of them after a reset, and of a day that they began. */
#include "client/core/offline.h"
#include "sync_trust_fixture.h"

static json_t *reset_to(int version, int64_t floor_ms)
{
    json_t *p = trust_body(version, root);
    json_object_set_new(p, "floor_reset", json_pack("{s:I}", "floor_ms", (json_int_t)floor_ms));
    return sealed(NOTICE_TRUST, p, root);
}

/* Held, or played again by somebody who kept it: it would put the floor back to where it was. */
static void a_lease_from_before_a_reset_raises_nothing(void **state)
{
    const struct lease_like ahead = {TERMINAL_ID, 8, 1, NOON + 20 * DAY_MS, lease_key, 9},
                            kept = {TERMINAL_ID, 9, 1, NOON + 20 * DAY_MS, lease_key, 9},
                            fresh = {TERMINAL_ID, 10, 1, NOON + DAY_MS, lease_key, 9};
    (void)state;
    all_comes();
    poll_again();
    offer_notices(lease(&ahead, shop, list), NULL);
    assert_true(sync_utc(s) >= NOON + 20 * DAY_MS);
    json_t *replay = lease(&kept, shop, list);
    poll_again();
    offer_notices(reset_to(5, NOON), NULL);
    assert_int_equal(
        possible(), ERR_LEASE_MISSING); /* until the service says what may be sold by a clock that is right */
    restart();
    assert_int_equal(possible(), ERR_LEASE_MISSING);
    assert_true(sync_utc(s) < NOON + DAY_MS);
    refused(replay, NOTICE_LEASE, ERR_NOTICE_OLDER);
    assert_true(sync_utc(s) < NOON + DAY_MS);
    offer_notices(lease(&fresh, shop, list), NULL);
    assert_int_equal(possible(), ERR_OK);
    drop_all();
}

static struct journal_entry *record_at(struct sale *made, int64_t at_ms)
{
    static struct journal_entry e;
    e = *make_sale(made, 1, at_ms);
    e.floor_utc_ms = at_ms;
    return &e;
}

/* A start takes the floor of the newest record: as long as none was written since, the reset is not done. */
static void a_reset_is_done_when_the_journal_has_it(void **state)
{
    struct sale made;
    (void)state;
    all_comes();
    poll_again();
    floor_raise(&clock_floor, NOON + 20 * DAY_MS);
    assert_int_equal(journal_append(journal, record_at(&made, NOON + 20 * DAY_MS), 1, NULL), ERR_OK);
    int64_t before = s->keep.reset_version;
    offer_notices(reset_to(5, NOON), NULL); /* nobody records here that it is obeyed, as if the disk were full */
    assert_true(sync_utc(s) < NOON + DAY_MS);
    assert_int_equal(s->keep.reset_version, before);
    floor_raise(&clock_floor, journal_floor_ms(journal));
    sync_free(&s);
    offline_release(&off);
    begin(); /* as a start does */
    assert_true(sync_utc(s) < NOON + DAY_MS);
    drop_all();
}

/* Sold today, before the lease in force came, under a key that a reset ended, while the day's key is of a day that has not come. */
static void a_days_cards_count_under_a_key_that_runs_ahead(void **state)
{
    struct body_card card = {.by = BODY_BY_QR, .token = {1}};
    struct body_blob blob = {.by = BODY_BY_QR, .token = {1}, .has_tag = true};
    struct body_sale sale = {.at_utc_ms = NOON,
        .total_fen = 100,
        .discount_fen = 10,
        .pay_fen = 90,
        .own_price = true,
        .shop_version = 3,
        .verdict = VERDICT_PROVISIONAL,
        .lease = 6,
        .by = BODY_BY_QR,
        .input = BODY_INPUT_READER,
        .card_last4 = "0001"};
    uint8_t key[OFFLINE_KEY];
    struct buf body, erasable;
    struct sale made;
    int32_t day = 0;
    (void)state;
    assert_int_equal(keep_day_key(&st, tm_day(NOON + 2 * DAY_MS), &day, key), ERR_OK);
    struct journal_entry e = *make_sale(&made, 1, NOON);
    memcpy(sale.sale_id, made.sale_id, sizeof sale.sale_id);
    memcpy(sale.checkout_id, made.checkout_id, sizeof sale.checkout_id);
    memset(blob.tag, 7, sizeof blob.tag);
    buf_init(&body, 4096);
    buf_init(&erasable, 4096);
    assert_int_equal(body_blob_encode(&blob, &erasable), ERR_OK);
    record_blob_hash(made.salt, buf_str(&erasable), erasable.len, sale.blob);
    assert_int_equal(body_sale_encode(&sale, &body), ERR_OK);
    e.body = buf_str(&body), e.body_len = body.len;
    e.blob = buf_str(&erasable), e.blob_len = erasable.len;
    assert_int_equal(journal_append(journal, &e, 1, NULL), ERR_OK);
    all_comes();
    restart();
    assert_int_equal(off.day, day);
    assert_int_equal(off.today_cnt, 1);
    uint8_t tag[BODY_TAG];
    assert_true(offline_tag(&off, &card, tag));
    assert_memory_equal(off.today[0].tag, tag, BODY_TAG);
    buf_release(&body);
    buf_release(&erasable);
    drop_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lease_from_before_a_reset_raises_nothing, set, unset),
        cmocka_unit_test_setup_teardown(a_reset_is_done_when_the_journal_has_it, set, unset),
        cmocka_unit_test_setup_teardown(a_days_cards_count_under_a_key_that_runs_ahead, set, unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

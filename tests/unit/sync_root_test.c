/* SPDX-License-Identifier: Apache-2.0 */
/* Trust notices that change everything, and answers: what is taken, what is refused, and what is left after a restart. */
#include "proto/ref.h"
#include "sync_trust_fixture.h"

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
        cmocka_unit_test_setup_teardown(a_new_root_needs_both_signatures_and_missed_ones_come_in_order, set, unset),
        cmocka_unit_test_setup_teardown(a_reset_lowers_the_floor_and_forgets_versions_once, set, unset),
        cmocka_unit_test_setup_teardown(a_reset_ends_a_day_that_has_not_come, set, unset),
        cmocka_unit_test_setup_teardown(answers_are_kept_by_record, set, unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Leases and the list of revoked cards: what is taken, what is refused, and what a power cut between any two steps leaves behind. */
#include "sync_trust_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lease_is_in_force_when_all_that_it_names_is, set, unset),
        cmocka_unit_test_setup_teardown(leases_that_are_not_ours_or_not_newer_change_nothing, set, unset),
        cmocka_unit_test_setup_teardown(a_refused_lease_is_not_asked_for_again_at_once, set, unset),
        cmocka_unit_test_setup_teardown(a_lease_says_what_time_it_is, set, unset),
        cmocka_unit_test_setup_teardown(the_list_comes_as_a_delta_and_a_bad_one_as_a_whole, set, unset),
        cmocka_unit_test_setup_teardown(a_power_cut_between_file_and_notice_leaves_the_old_list, set, unset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

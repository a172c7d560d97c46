/* SPDX-License-Identifier: Apache-2.0 */
#include "sync_fixture.h"

static void records_go_up_in_batches_until_none_is_left(void **state)
{
    (void)state;
    assert_int_equal(find("/v1/records"), 4);
    add_sales(journal, 0, 230);
    sync_kick(s);
    assert_int_equal(sync_timeout_ms(s), 0);
    sync_tick(s);
    assert_int_equal(countersign(lease_key), 1);
    assert_int_equal(journal_sent_seq(journal), 100);
    assert_int_equal(sync_status(s)->skew_ms, 5000);
    pass(0);
    assert_int_equal(countersign(lease_key), 101);
    pass(0);
    assert_int_equal(countersign(lease_key), 201);
    assert_int_equal(journal_unsent_cnt(journal), 0);
    assert_int_equal(sync_timeout_ms(s), -1);
    assert_int_equal(sync_status(s)->upload_error, ERR_OK);
}

static void a_failed_upload_is_repeated_with_the_same_records(void **state)
{
    (void)state;
    char *first;
    add_sales(journal, 0, 3);
    sync_kick(s);
    sync_tick(s);
    first = strdup(buf_str(&asked[find("/v1/records")].body));
    *strstr(first, "\"sig\"") = 0; /* ECDSA is random */
    answer("/v1/records", ERR_NET_CUT, 0, "");
    assert_int_equal(sync_status(s)->upload_error, ERR_NET_CUT);
    sync_tick(s);
    assert_int_equal(find("/v1/records"), 4); /* not at once */
    sync_kick(s);
    sync_tick(s);
    assert_int_equal(find("/v1/records"), 4); /* nor because of the next sale */
    assert_in_range(sync_timeout_ms(s), 500, 1000);
    pass(1000);
    assert_memory_equal(buf_str(&asked[find("/v1/records")].body), first, strlen(first));
    free(first);
    countersign(lease_key);
    assert_int_equal(sync_status(s)->upload_error, ERR_OK);
    assert_int_equal(journal_unsent_cnt(journal), 0);
}

static void waits_grow_and_end_when_the_link_comes_back(void **state)
{
    (void)state;
    add_sales(journal, 0, 1);
    sync_kick(s);
    sync_tick(s);
    for (int i = 0; i < 9; i++) {
        online.online = false;
        answer("/v1/records", ERR_NET_REFUSED, 0, "");
        sync_tick(s);
        assert_int_equal(find("/v1/records"), 4);
        int64_t most = 1000 << i > 60000 ? 60000 : 1000 << i;
        assert_in_range(sync_timeout_ms(s), most / 2, most);
        if (i < 8)
            pass(most);
    }
    online.online = true;
    pass(0);
    countersign(lease_key);
    assert_int_equal(journal_unsent_cnt(journal), 0);
}

/* Half-open: the poll that was under way would wait a minute for an answer that cannot come. One that began since is well. */
static void a_link_that_comes_back_polls_anew(void **state)
{
    (void)state;
    uint64_t id = asked[find("/v1/notices")].id;
    pass(1000);
    online.online = false;
    pass(0);
    assert_int_equal(asked[find("/v1/notices")].id, id);
    pass(1000);
    online.online = true;
    pass(0);
    assert_int_not_equal(asked[find("/v1/notices")].id, id);
    id = asked[find("/v1/notices")].id;
    pass(1000);
    assert_int_equal(asked[find("/v1/notices")].id, id);
    online.online = false;
    answer("/v1/notices", ERR_NET_CUT, 0, "");
    pass(60000);
    id = asked[find("/v1/notices")].id;
    online.online = true;
    pass(1);
    assert_int_equal(asked[find("/v1/notices")].id, id);
}

static void only_the_services_key_countersigns(void **state)
{
    (void)state;
    EVP_PKEY *wrong[] = {stranger, notice_key};
    add_sales(journal, 0, 2);
    sync_kick(s);
    sync_tick(s);
    for (size_t i = 0; i < 2; i++) {
        countersign(wrong[i]);
        assert_int_equal(sync_status(s)->upload_error, ERR_UNKNOWN_KEY);
        assert_int_equal(journal_sent_seq(journal), 0);
        pass(60000);
    }
    size_t at = find("/v1/records");
    assert_in_range(at, 0, 3);
    answer("/v1/records", ERR_OK, 200, "{\"results\":[],\"head\":{}}");
    assert_true(sync_status(s)->upload_error != ERR_OK);
    assert_int_equal(journal_sent_seq(journal), 0);
    pass(60000);
    countersign(lease_key);
    assert_int_equal(journal_sent_seq(journal), 2);
}

static void a_service_restored_from_a_backup_gets_what_it_lost(void **state)
{
    (void)state;
    add_sales(journal, 0, 5);
    sync_kick(s);
    sync_tick(s);
    countersign(lease_key);
    add_sales(journal, 5, 1);
    sync_kick(s);
    sync_tick(s);
    answer("/v1/records", ERR_CHAIN_GAP, 409, "{\"code\":\"chain_gap\",\"expected\":3}");
    pass(60000);
    assert_int_equal(countersign(lease_key), 3);
    assert_int_equal(journal_sent_seq(journal), 6);
    assert_int_equal(sync_timeout_ms(s), -1);
}

static void a_fork_is_not_hammered(void **state)
{
    (void)state;
    add_sales(journal, 0, 2);
    sync_kick(s);
    sync_tick(s);
    answer("/v1/records", ERR_CHAIN_FORK, 409, "{}");
    assert_int_equal(sync_status(s)->upload_error, ERR_CHAIN_FORK);
    online.online = false;
    pass(0);
    online.online = true;
    pass(60000);
    assert_int_equal(find("/v1/records"), 4);
    pass(600000);
    assert_in_range(find("/v1/records"), 0, 3);
}

static uint32_t kept_fork(void)
{
    struct keep k;
    assert_int_equal(keep_load(&st, &k), ERR_OK);
    return k.forked_epoch;
}

/* Restored from a backup that knew an earlier epoch it refuses this one; a resume makes it begin this one, too. */
static void a_journal_that_the_service_countersigns_to_its_end_is_no_fork(void **state)
{
    (void)state;
    add_sales(journal, 0, 2);
    sync_kick(s);
    sync_tick(s);
    answer("/v1/records", ERR_CHAIN_FORK, 409, "{}");
    assert_int_equal(kept_fork(), 1);
    pass(600000);
    add_sales(journal, 2, 1); /* is not in the batch under way */
    countersign(lease_key);
    assert_int_equal(journal_sent_seq(journal), 2);
    assert_int_equal(kept_fork(), 1);
    pass(60000);
    countersign(lease_key);
    assert_int_equal(journal_sent_seq(journal), 3);
    assert_int_equal(kept_fork(), 0);
}

static void a_service_that_does_not_get_further_is_not_hammered(void **state)
{
    (void)state;
    add_sales(journal, 0, 2);
    sync_kick(s);
    sync_tick(s);
    countersign(lease_key);
    add_sales(journal, 2, 2);
    sync_kick(s);
    sync_tick(s);
    countersign_at(lease_key, 2);
    assert_int_equal(sync_status(s)->upload_error, ERR_NET_PROTOCOL);
    assert_int_not_equal(sync_timeout_ms(s), 0);
}

static void notices_are_verified_kept_and_obeyed(void **state)
{
    (void)state;
    assert_string_equal(
        asked[find("/v1/notices")].path, "/v1/notices?trust=3&shop=0&revoked=0&lease=0&answer=0&wait=50");
    assert_null(sync_shop(s));
    offer_notices(shop_notice(4, SHOP_ID, "listed", notice_key), NULL);
    assert_int_equal(obeyed, 1);
    assert_int_equal(sync_shop(s)->standing, STANDING_LISTED);
    pass(250);
    assert_string_equal(
        asked[find("/v1/notices")].path, "/v1/notices?trust=3&shop=4&revoked=0&lease=0&answer=0&wait=50");
    now_ms += 30000;
    offer_notices(shop_notice(5, SHOP_ID, "delisted", notice_key), NULL);
    assert_int_equal(sync_shop(s)->standing, STANDING_DELISTED);
    assert_int_equal(sync_timeout_ms(s), 0); /* and asks again without a pause */
    sync_free(&s);
    begin_sync();
    assert_int_equal(sync_shop(s)->standing, STANDING_DELISTED);
    assert_int_equal(obeyed, 2);
}

static void what_is_not_signed_or_not_newer_is_refused(void **state)
{
    (void)state;
    offer_notices(shop_notice(5, SHOP_ID, "delisted", notice_key), NULL);
    const struct {
        json_t *notice;
        enum err err;
    } wrong[] = {{shop_notice(6, SHOP_ID, "listed", stranger), ERR_UNKNOWN_KEY},
        {shop_notice(6, SHOP_ID, "listed", lease_key), ERR_UNKNOWN_KEY},
        {shop_notice(6, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "listed", notice_key), ERR_BAD_NOTICE},
        {shop_notice(4, SHOP_ID, "listed", notice_key), ERR_NOTICE_OLDER},
        {shop_notice(5, SHOP_ID, "listed", notice_key), ERR_NOTICE_EQUIVOCATION},
        {trust_notice(4, notice_key), ERR_UNKNOWN_KEY}, {trust_notice(2, root), ERR_NOTICE_OLDER},
        {shop_notice(6, SHOP_ID, "nonsense", notice_key), ERR_BAD_NOTICE}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pass(60000);
        offer_notices(wrong[i].notice, NULL);
        assert_int_equal(sync_status(s)->notice_error, wrong[i].err);
        assert_int_equal(obeyed, 1);
        assert_int_equal(sync_shop(s)->standing, STANDING_DELISTED);
        assert_int_not_equal(sync_timeout_ms(s), 0); /* a bad notice is not asked for in a circle */
    }
    sync_free(&s);
    begin_sync();
    assert_int_equal(sync_shop(s)->version, 5);
}

static void id_of(const json_t *envelope, char id[static NOTICE_ENVELOPE_ID + 1])
{
    assert_int_equal(notice_envelope_id(envelope, id), ERR_OK);
}

/* Whoever can put in bad notices must not delay the good one behind them by that. */
static void a_refused_notice_does_not_delay_the_next(void **state)
{
    (void)state;
    char id[NOTICE_ENVELOPE_ID + 1], want[160], many[512];
    for (int i = 0; i < 20; i++) {
        json_t *bad = shop_notice(6 + i, SHOP_ID, "listed", stranger);
        id_of(bad, id);
        offer_notices(bad, NULL);
        assert_int_equal(sync_status(s)->notice_error, ERR_UNKNOWN_KEY);
        assert_int_equal(sync_status(s)->refused[NOTICE_SHOP].version, 6 + i);
        assert_in_range(sync_timeout_ms(s), 1, 1000); /* soon, and not in a circle */
        pass(1000);
    }
    snprintf(many, sizeof many, "%s", asked[find("/v1/notices")].path);
    assert_non_null(strstr(many, id));
    assert_int_equal(strlen(strstr(many, "&refused=")), 9 + 8 * (NOTICE_ENVELOPE_ID + 1) - 1); /* the last eight */
    offer_notices(shop_notice(5, SHOP_ID, "delisted", notice_key), NULL);
    assert_int_equal(sync_shop(s)->standing, STANDING_DELISTED);
    pass(250);
    snprintf(want, sizeof want, "/v1/notices?trust=3&shop=5&revoked=0&lease=0&answer=0&wait=50");
    assert_string_equal(asked[find("/v1/notices")].path, want);
}

/* Named, so that the service holds its answer; judged again when that poll is over; the same once only. */
static void what_was_refused_is_judged_again_after_a_while(void **state)
{
    (void)state;
    char id[NOTICE_ENVELOPE_ID + 1], want[160];
    json_t *bad = shop_notice(6, SHOP_ID, "listed", stranger);
    id_of(bad, id);
    for (int i = 0; i < 3; i++) {
        offer_notices(json_incref(bad), NULL);
        pass(1000);
        snprintf(want, sizeof want, "/v1/notices?trust=3&shop=0&revoked=0&lease=0&answer=0&wait=20&refused=%s", id);
        assert_string_equal(asked[find("/v1/notices")].path, want);
    }
    now_ms += 20000;
    answer("/v1/notices", ERR_OK, 200, "{\"notices\":[]}");
    assert_int_equal(sync_status(s)->notice_error, ERR_UNKNOWN_KEY); /* it was not offered: nothing is better */
    pass(0);
    assert_null(strstr(asked[find("/v1/notices")].path, "refused"));
    now_ms += 50000;
    answer("/v1/notices", ERR_OK, 200, "{\"notices\":[]}");
    assert_int_equal(sync_status(s)->notice_error, ERR_OK);
    json_decref(bad);
}

/* An answer that is no answer counts as refused, too; a service that cannot be reached does not. */
static void only_who_does_not_answer_makes_the_wait_grow(void **state)
{
    static const char *const body[] = {"", "[]", "{\"notices\":1}", "{\"notices\":[{}]}", "{\"notices\":[1,{\"a\":"};
    (void)state;
    for (int i = 0; i < 10; i++) {
        answer("/v1/notices", ERR_OK, 200, body[i % 5]);
        assert_int_not_equal(sync_status(s)->notice_error, ERR_OK);
        assert_int_not_equal(sync_status(s)->refused[NOTICE_NONE].why, ERR_OK);
        assert_in_range(sync_timeout_ms(s), 1, 1000);
        pass(1000);
    }
    for (int i = 0; i < 6; i++) {
        answer("/v1/notices", ERR_NET_PROTOCOL, 502, "");
        pass(60000);
    }
    answer("/v1/notices", ERR_NET_PROTOCOL, 502, "");
    assert_in_range(sync_timeout_ms(s), 30000, 60000);
    pass(60000);
    offer_notices(shop_notice(6, SHOP_ID, "listed", stranger), NULL);
    assert_in_range(sync_timeout_ms(s), 1, 1000);
}

/* What was refused for want of a key is asked for again as soon as a new trust notice is there. */
static void a_new_trust_notice_forgets_what_was_refused(void **state)
{
    (void)state;
    offer_notices(shop_notice(9, SHOP_ID, "listed", stranger), NULL);
    pass(1000);
    assert_non_null(strstr(asked[find("/v1/notices")].path, "&refused="));
    offer_notices(shop_notice(8, SHOP_ID, "listed", stranger), trust_notice(4, root));
    pass(1000);
    const char *at = strstr(asked[find("/v1/notices")].path, "&refused=");
    assert_non_null(at); /* judged by the new one, for it comes first */
    assert_int_equal(strlen(at), 9 + NOTICE_ENVELOPE_ID);
    offer_notices(trust_notice(5, root), NULL);
    pass(250);
    assert_null(strstr(asked[find("/v1/notices")].path, "&refused="));
}

/* The trust notice brings the key that signed the shop's, whatever their order in the answer. */
static void a_new_key_arrives_with_the_notice_it_signs(void **state)
{
    (void)state;
    EVP_PKEY *was = notice_key;
    notice_key = stranger;
    offer_notices(shop_notice(9, SHOP_ID, "listed", notice_key), trust_notice(4, root));
    notice_key = was;
    assert_int_equal(obeyed, 2);
    assert_int_equal(sync_trust(s)->version, 4);
    assert_int_equal(sync_shop(s)->version, 9);
}

static void a_damaged_trust_notice_is_not_started_with(void **state)
{
    (void)state;
    struct buf b;
    struct sync *other = NULL;
    struct sync_config c = {.journal = journal, .state = &st, .clock = &fake_clock, .device = device, .notice = obey};
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(state_read(&st, STATE_TRUST, &b), ERR_OK);
    char *at = strstr((char *)b.data, "\"payload\":") + 60;
    *at = *at == 'A' ? 'B' : 'A';
    assert_int_equal(state_write(&st, STATE_TRUST, b.data, b.len), ERR_OK);
    assert_int_not_equal(sync_new(&c, &other), ERR_OK);
    assert_null(other);
    char gone[STATE_PATH_MAX];
    state_path(&st, STATE_TRUST, gone);
    assert_int_equal(unlink(gone), 0);
    assert_int_equal(sync_new(&c, &other), ERR_STATE_MISSING);
    buf_release(&b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(records_go_up_in_batches_until_none_is_left),
        T(a_failed_upload_is_repeated_with_the_same_records),
        T(waits_grow_and_end_when_the_link_comes_back),
        T(a_link_that_comes_back_polls_anew),
        T(only_the_services_key_countersigns),
        T(a_service_restored_from_a_backup_gets_what_it_lost),
        T(a_fork_is_not_hammered),
        T(a_journal_that_the_service_countersigns_to_its_end_is_no_fork),
        T(a_service_that_does_not_get_further_is_not_hammered),
        T(notices_are_verified_kept_and_obeyed),
        T(what_is_not_signed_or_not_newer_is_refused),
        T(a_refused_notice_does_not_delay_the_next),
        T(what_was_refused_is_judged_again_after_a_while),
        T(only_who_does_not_answer_makes_the_wait_grow),
        T(a_new_trust_notice_forgets_what_was_refused),
        T(a_new_key_arrives_with_the_notice_it_signs),
        T(a_damaged_trust_notice_is_not_started_with),
    };
    return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}

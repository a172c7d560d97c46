/* SPDX-License-Identifier: Apache-2.0 */
/* Who may speak: invitations, enrolment, certificates, states; and the audit log. */
#include "base/tm.h"
#include "service/store/db.h"
#include "service/store/store_audit.h"
#include "store_fixture.h"

static struct store_tx *begin(struct fixture *f)
{
    struct store_tx *tx;
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    return tx;
}

static struct store_identity identity(struct fixture *f, const void *cert, size_t len, enum err want)
{
    struct store_identity id = {.role = STORE_ROLE_NONE};
    uint8_t hash[KEY_HASH];
    key_sha256(cert, len, hash);
    struct store_tx *tx = begin(f);
    assert_int_equal(store_identity_get(tx, hash, &id), want);
    store_read_end(&tx);
    return id;
}

/* An invitation of its own, and a device that uses it. */
struct device {
    struct store_enrol n;
    uint8_t secret[16], shop[STORE_ID];
    char cert[32];
    int64_t expires;
};

static void device_init(struct device *d, const struct fixture *f, uint8_t secret, const char *key, const char *cert)
{
    memset(d, 0, sizeof *d);
    d->secret[0] = secret;
    d->expires = FIXTURE_NOW + TM_DAY_MS;
    memcpy(d->shop, f->shop_a, STORE_ID);
    store_invite_hash(d->secret, d->n.hash);
    snprintf(d->cert, sizeof d->cert, "%s", cert);
    d->n.spki = (const uint8_t *)key;
    d->n.spki_len = strlen(key);
    d->n.cert = (const uint8_t *)d->cert;
    d->n.cert_len = strlen(cert);
    d->n.at_utc_ms = FIXTURE_NOW;
    d->n.not_after_utc_ms = FIXTURE_NOW + 1000;
    ulid_new(FIXTURE_NOW, d->n.terminal);
}

static enum err run_invite(struct store_tx *tx, void *ctx)
{
    struct device *d = ctx;
    return store_invite_add(tx, d->n.hash, d->shop, NULL, FIXTURE_NOW, d->expires);
}

static enum err run_enrol(struct store_tx *tx, void *ctx)
{
    return store_terminal_enrol(tx, &((struct device *)ctx)->n);
}

static void test_the_same_key_gets_the_same_certificate_again(void **state)
{
    struct fixture *f = *state;
    struct device a, again;
    device_init(&a, f, 50, "key A", "cert one");
    device_init(&again, f, 50, "key A", "cert two");
    assert_int_equal(store_write(f->s, run_invite, &a), ERR_OK);
    assert_int_equal(store_write(f->s, run_invite, &a), ERR_EXISTS);
    assert_int_equal(store_write(f->s, run_enrol, &a), ERR_OK);
    assert_int_equal(a.n.outcome, STORE_ENROL_NEW);
    again.n.at_utc_ms += 10 * TM_DAY_MS; /* long after it ran out: it was used in time */
    assert_int_equal(store_write(f->s, run_enrol, &again), ERR_OK);
    assert_int_equal(again.n.outcome, STORE_ENROL_AGAIN);
    assert_int_equal(again.n.cert_out_len, strlen("cert one"));
    assert_memory_equal(again.n.cert_out, "cert one", strlen("cert one"));
    assert_memory_equal(again.n.terminal_out, a.n.terminal, STORE_ID);
    struct store_identity id = identity(f, "cert one", 8, ERR_OK);
    assert_int_equal(id.role, STORE_ROLE_TERMINAL);
    assert_int_equal(id.state, STORE_STATE_ACTIVE);
    assert_int_equal(id.number, 3);
    assert_int_equal(id.epoch, 1);
    assert_int_equal(id.org, f->city_a);
    assert_int_equal(id.standing, STANDING_LISTED);
    assert_memory_equal(id.shop, f->shop_a, STORE_ID);
    identity(f, "cert two", 8, ERR_NOT_FOUND);
}

struct state_act {
    const uint8_t *terminal;
    enum store_state state;
};

static enum err run_state(struct store_tx *tx, void *ctx)
{
    const struct state_act *a = ctx;
    return store_terminal_set_state(tx, a->terminal, a->state);
}

static void test_another_key_suspends_and_spends_the_code(void **state)
{
    struct fixture *f = *state;
    struct device a, thief, again;
    device_init(&a, f, 51, "key A", "cert A");
    device_init(&thief, f, 51, "key B", "cert B");
    assert_int_equal(store_write(f->s, run_invite, &a), ERR_OK);
    assert_int_equal(store_write(f->s, run_enrol, &a), ERR_OK);
    assert_int_equal(store_write(f->s, run_enrol, &thief), ERR_OK);
    assert_int_equal(thief.n.outcome, STORE_ENROL_CLASH);
    assert_memory_equal(thief.n.terminal_out, a.n.terminal, STORE_ID);
    assert_memory_equal(thief.n.shop_out, f->shop_a, STORE_ID);
    assert_int_equal(thief.n.cert_out_len, 0);
    assert_int_equal(identity(f, "cert A", 6, ERR_OK).state, STORE_STATE_SUSPENDED);
    identity(f, "cert B", 6, ERR_NOT_FOUND);
    device_init(&again, f, 51, "key A", "cert C");
    assert_int_equal(store_write(f->s, run_enrol, &again), ERR_INVITE_USED);
    assert_int_equal(store_write(f->s, run_enrol, &thief), ERR_INVITE_USED);
    /* Also after the administrator has let the terminal in again. */
    struct state_act active = {a.n.terminal, STORE_STATE_ACTIVE};
    assert_int_equal(store_write(f->s, run_state, &active), ERR_OK);
    assert_int_equal(store_write(f->s, run_enrol, &again), ERR_INVITE_USED);
}

static void test_codes_run_out(void **state)
{
    uint8_t bound[STORE_ID];
    struct fixture *f = *state;
    struct device late, wrong;
    device_init(&late, f, 52, "key", "cert");
    device_init(&wrong, f, 53, "key", "cert");
    assert_int_equal(store_write(f->s, run_enrol, &wrong), ERR_INVITE_UNKNOWN);
    assert_int_equal(store_write(f->s, run_invite, &late), ERR_OK);
    struct store_tx *tx = begin(f);
    assert_int_equal(store_invite_check(tx, late.n.hash, late.expires - 1, bound), ERR_OK);
    assert_int_equal(store_invite_check(tx, late.n.hash, late.expires, bound), ERR_INVITE_UNKNOWN);
    assert_int_equal(store_invite_check(tx, wrong.n.hash, FIXTURE_NOW, bound), ERR_INVITE_UNKNOWN);
    store_read_end(&tx);
    late.n.at_utc_ms = late.expires;
    assert_int_equal(store_write(f->s, run_enrol, &late), ERR_INVITE_UNKNOWN);
    identity(f, "cert", 4, ERR_NOT_FOUND);
    late.n.at_utc_ms = late.expires - 1;
    assert_int_equal(store_write(f->s, run_enrol, &late), ERR_OK);
    late.shop[0] ^= 0xff;
    late.n.hash[0] ^= 0xff;
    assert_int_equal(store_write(f->s, run_invite, &late), ERR_NOT_FOUND);
}

static void test_revoked_is_for_ever(void **state)
{
    struct fixture *f = *state;
    struct state_act a = {f->terminal_a, STORE_STATE_SUSPENDED};
    assert_int_equal(store_write(f->s, run_state, &a), ERR_OK);
    assert_int_equal(identity(f, f->terminal_a, STORE_ID, ERR_OK).state, STORE_STATE_SUSPENDED);
    a.state = STORE_STATE_ACTIVE;
    assert_int_equal(store_write(f->s, run_state, &a), ERR_OK);
    a.state = STORE_STATE_REVOKED;
    assert_int_equal(store_write(f->s, run_state, &a), ERR_OK);
    assert_int_equal(identity(f, f->terminal_a, STORE_ID, ERR_OK).state, STORE_STATE_REVOKED);
    a.state = STORE_STATE_ACTIVE;
    assert_int_equal(store_write(f->s, run_state, &a), ERR_WRONG_STATE);
    a.state = STORE_STATE_NONE;
    assert_int_equal(store_write(f->s, run_state, &a), ERR_BAD_VALUE);
    assert_int_equal(identity(f, f->terminal_b, STORE_ID, ERR_OK).state, STORE_STATE_ACTIVE);
}

static enum err run_admin(struct store_tx *tx, void *ctx)
{
    struct fixture *f = ctx;
    struct store_admin a = {
        .admin = {5}, .org = f->city_b, .name = "管理员", .cert = (const uint8_t *)"admin cert", .cert_len = 10};
    return store_admin_add(tx, &a, FIXTURE_NOW);
}

static void test_an_administrator_has_a_scope_and_no_shop(void **state)
{
    struct fixture *f = *state;
    static const uint8_t none[STORE_ID];
    assert_int_equal(store_write(f->s, run_admin, f), ERR_OK);
    struct store_identity id = identity(f, "admin cert", 10, ERR_OK);
    assert_int_equal(id.role, STORE_ROLE_ADMIN);
    assert_int_equal(id.state, STORE_STATE_ACTIVE);
    assert_int_equal(id.org, f->city_b);
    assert_int_equal(id.number, 0);
    assert_memory_equal(id.shop, none, STORE_ID);
    assert_string_equal(id.name, "管理员");
}

static enum err run_orphan(struct store_tx *tx, void *ctx)
{
    (void)ctx;
    return db_run(tx, "UPDATE cert SET holder = x'00112233445566778899aabbccddeeff'", DB_NO_ARGS);
}

/* The zero state lets nobody in: a certificate whose holder is gone has it. */
static void test_a_certificate_without_a_holder_has_no_state(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_write(f->s, run_orphan, NULL), ERR_OK);
    assert_int_equal(identity(f, f->terminal_a, STORE_ID, ERR_OK).state, STORE_STATE_NONE);
}

static enum err count_terminal(void *ctx, const struct store_terminal *t)
{
    (void)t;
    ++*(int *)ctx;
    return ERR_OK;
}

static enum err terminals(struct store_tx *tx, int64_t scope, const uint8_t *shop, const int64_t span[2], int *cnt)
{
    const struct store_terminal_page page = {.scope = scope, .shop = shop, .after = span[0], .limit = span[1]};
    return store_terminal_list(tx, &page, count_terminal, cnt);
}

static enum err sum_numbers(void *ctx, const struct store_terminal *t)
{
    *(int64_t *)ctx = *(int64_t *)ctx * 100 + t->number;
    return ERR_OK;
}

static void test_terminal_lists_go_on_after_a_number(void **state)
{
    struct fixture *f = *state;
    int64_t first = 0, second = 0, none = 0;
    struct store_tx *tx = begin(f);
    struct store_terminal_page page = {.scope = f->province, .limit = 1};
    assert_int_equal(store_terminal_list(tx, &page, sum_numbers, &first), ERR_OK);
    page.after = first;
    assert_int_equal(store_terminal_list(tx, &page, sum_numbers, &second), ERR_OK);
    page.after = second;
    assert_int_equal(store_terminal_list(tx, &page, sum_numbers, &none), ERR_OK);
    store_read_end(&tx);
    assert_true(first > 0 && second > first && second < 100);
    assert_int_equal(none, 0);
}

static void test_terminal_lists_keep_to_the_scope(void **state)
{
    struct fixture *f = *state;
    static const int64_t whole[2] = {0, 100};
    int all = 0, a = 0, shop = 0, foreign = 0;
    struct store_tx *tx = begin(f);
    assert_int_equal(terminals(tx, f->province, NULL, whole, &all), ERR_OK);
    assert_int_equal(terminals(tx, f->city_a, NULL, whole, &a), ERR_OK);
    assert_int_equal(terminals(tx, f->province, f->shop_b, whole, &shop), ERR_OK);
    assert_int_equal(terminals(tx, f->city_a, f->shop_b, whole, &foreign), ERR_OK);
    store_read_end(&tx);
    assert_int_equal(all, 2);
    assert_int_equal(a, 1);
    assert_int_equal(shop, 1);
    assert_int_equal(foreign, 0);
}

static enum err run_audit(struct store_tx *tx, void *ctx)
{
    struct fixture *f = ctx;
    struct store_audit a = {.at_utc_ms = FIXTURE_NOW,
        .org = f->city_a,
        .admin = "01ARZ3NDEKTSV4RRFFQ69G5FA0",
        .act = "shop delist",
        .target = "X",
        .detail = "不履约"};
    enum err e = store_audit_add(tx, &a);
    a.org = f->city_b;
    a.act = "member status";
    return e ? e : store_audit_add(tx, &a);
}

static enum err run_sql(struct store_tx *tx, void *ctx)
{
    return db_err(sqlite3_exec(tx->db, ctx, NULL, NULL, NULL));
}

static int64_t broken_at(struct fixture *f)
{
    struct store_audit_state s;
    struct store_tx *tx = begin(f);
    enum err e = store_audit_verify(tx, &s);
    store_read_end(&tx);
    assert_int_equal(e, s.broken ? ERR_CHAIN_BROKEN : ERR_OK);
    return s.broken;
}

static enum err see_audit(void *ctx, const struct store_audit *a)
{
    struct store_audit *last = ctx;
    assert_string_equal(a->detail, "不履约");
    last->n = a->n;
    last->org++;
    return ERR_OK;
}

static void test_the_audit_log_shows_what_was_done_to_it(void **state)
{
    struct fixture *f = *state;
    struct store_audit seen = {.n = 0};
    assert_int_equal(broken_at(f), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_write(f->s, run_audit, f), ERR_OK);
    assert_int_equal(broken_at(f), 0);
    struct store_tx *tx = begin(f);
    assert_int_equal(store_audit_list(tx, f->city_b, 2, 100, see_audit, &seen), ERR_OK);
    assert_int_equal(seen.org, 2); /* 4 and 6: behind 2, of its scope */
    assert_int_equal(seen.n, 6);
    store_read_end(&tx);
    static const struct {
        const char *sql;
        int64_t at;
    } tampering[] = {{"UPDATE audit SET detail = 'all well' WHERE n = 4", 4}, {"DELETE FROM audit WHERE n = 5", 5},
        {"UPDATE audit SET at_ms = at_ms + 1 WHERE n = 1", 1}, {"DELETE FROM audit WHERE n = 1", 1}};
    for (size_t i = 0; i < sizeof tampering / sizeof *tampering; i++) {
        assert_int_equal(store_write(f->s, run_sql, (void *)"CREATE TABLE copy AS SELECT * FROM audit"), ERR_OK);
        assert_int_equal(store_write(f->s, run_sql, (void *)tampering[i].sql), ERR_OK);
        assert_int_equal(broken_at(f), tampering[i].at);
        assert_int_equal(store_write(f->s, run_sql,
                             (void *)"DELETE FROM audit; INSERT INTO audit SELECT * FROM copy; DROP TABLE copy"),
            ERR_OK);
        assert_int_equal(broken_at(f), 0);
    }
}

static void test_audit_texts_are_cut_at_a_character(void **state)
{
    struct fixture *f = *state;
    (void)f;
    char text[900];
    uint8_t prev[KEY_HASH] = {0}, a[KEY_HASH], b[KEY_HASH];
    for (size_t i = 0; i < 897; i += 3)
        memcpy(text + i, "工", 3);
    text[897] = 0;
    struct store_audit e = {.n = 1, .admin = "", .act = "", .target = "", .detail = text};
    store_audit_hash(prev, &e, a);
    text[498] = 0; /* 166 characters: what fits into 500 bytes */
    store_audit_hash(prev, &e, b);
    assert_memory_equal(a, b, KEY_HASH);
    text[495] = 0;
    store_audit_hash(prev, &e, b);
    assert_memory_not_equal(a, b, KEY_HASH);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)
    const struct CMUnitTest tests[] = {
        CASE(test_the_same_key_gets_the_same_certificate_again),
        CASE(test_another_key_suspends_and_spends_the_code),
        CASE(test_codes_run_out),
        CASE(test_revoked_is_for_ever),
        CASE(test_an_administrator_has_a_scope_and_no_shop),
        CASE(test_a_certificate_without_a_holder_has_no_state),
        CASE(test_terminal_lists_go_on_after_a_number),
        CASE(test_terminal_lists_keep_to_the_scope),
        CASE(test_the_audit_log_shows_what_was_done_to_it),
        CASE(test_audit_texts_are_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Setting a service up, loading what was made, and what it signs. */
#include "base/file.h"
#include "base/tm.h"
#include "proto/invite.h"
#include "service/init.h"
#include "service/settings.h"
#include "service/sign/ca.h"
#include "service/sign/notices.h"
#include "store_fixture.h"
#include <ftw.h>
#include <openssl/x509.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place {
    char top[64], dir[80];
};

static int place_up(void **state)
{
    static struct place p;
    const char *tmp = getenv("TMPDIR");
    snprintf(p.top, sizeof p.top, "%.40s/huika-init-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(p.top));
    snprintf(p.dir, sizeof p.dir, "%s/service", p.top);
    *state = &p;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int place_down(void **state)
{
    const struct place *p = *state;
    return nftw(p->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static enum err make(const struct place *p, const char *hosts)
{
    char why[64];
    struct init_options o = {.dir = p->dir, .hosts = hosts, .port = 9443, .public_port = 9444};
    return init_make(&o, tm_wall_utc_ms(), why);
}

static struct service_keys *load(const struct place *p)
{
    char what[64] = "";
    struct service_keys *k = NULL;
    assert_int_equal(keys_load(p->dir, tm_wall_utc_ms(), &k, what), ERR_OK);
    return k;
}

static size_t seen_files, seen_dirs;
static uint64_t seen_sum;

static int check_mode(const char *path, const struct stat *st, int type, struct FTW *at)
{
    struct buf b;
    uint8_t hash[KEY_HASH];
    if (type == FTW_D) {
        seen_dirs++;
        if (at->level)
            assert_int_equal(st->st_mode & 07777, 0700);
        return 0;
    }
    assert_int_equal(type, FTW_F);
    assert_int_equal(st->st_mode & 07777, 0600);
    seen_files++;
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read(path, &b), ERR_OK);
    key_sha256(b.data, b.len, hash);
    for (size_t i = 0; i < 8; i++)
        seen_sum += (uint64_t)hash[i] << 8 * i;
    buf_release(&b);
    return 0;
}

static uint64_t look(const struct place *p)
{
    seen_files = seen_dirs = 0;
    seen_sum = 0;
    assert_int_equal(nftw(p->top, check_mode, 16, FTW_PHYS), 0);
    return seen_sum;
}

static void test_init_makes_everything_private_and_only_once(void **state)
{
    const struct place *p = *state;
    umask(0); /* modes are set, not left to the caller */
    assert_int_equal(make(p, "localhost"), ERR_OK);
    uint64_t sum = look(p);
    assert_int_equal(seen_dirs, 5);
    assert_int_equal(seen_files, 27);
    assert_int_equal(make(p, "localhost"), ERR_EXISTS);
    assert_int_equal(look(p), sum);
    assert_int_equal(seen_files, 27);
}

static void test_what_was_made_fits_together(void **state)
{
    const struct place *p = *state;
    struct settings s;
    char why[64], path[200];
    uint8_t pin[16];
    EVP_PKEY *root = NULL;
    assert_int_equal(make(p, "Service.Example,127.0.0.1"), ERR_OK);
    struct service_keys *k = load(p);
    assert_true(k->offline_here);
    assert_string_equal(k->trust_notice.card_hosts[0], "service.example");
    assert_null(k->trust_notice.card_hosts[1]);
    assert_int_equal(k->trust_notice.version, 1);
    snprintf(path, sizeof path, "%s/offline/root.key", p->dir);
    assert_int_equal(key_load_pem(path, &root), ERR_OK);
    assert_int_equal(invite_fingerprint(X509_get0_pubkey(k->server_ca), root, pin), ERR_OK);
    assert_memory_equal(pin, k->fingerprint, sizeof pin);
    assert_int_equal(settings_load(p->dir, &s, why), ERR_OK);
    assert_string_equal(s.host, "service.example");
    assert_int_equal(s.port, 9443);
    assert_int_equal(s.public_port, 9444);
    assert_int_equal(s.number_miss_limit, 10);
    key_free(&root);
    keys_free(&k);
    keys_free(&k);
}

static void test_the_first_administrator_is_the_provinces(void **state)
{
    const struct place *p = *state;
    char path[200];
    X509 *cert = NULL;
    struct buf der;
    struct store *s = NULL;
    struct store_tx *tx;
    struct store_identity id;
    struct store_org o;
    uint8_t hash[KEY_HASH];
    assert_int_equal(make(p, "localhost"), ERR_OK);
    snprintf(path, sizeof path, "%s/admin/admin.crt", p->dir);
    assert_int_equal(ca_cert_load(path, &cert), ERR_OK);
    buf_init(&der, CA_CERT_MAX);
    assert_int_equal(ca_cert_der(cert, &der), ERR_OK);
    key_sha256(der.data, der.len, hash);
    snprintf(path, sizeof path, "%s/service.db", p->dir);
    assert_int_equal(store_open(path, &s), ERR_OK);
    assert_int_equal(store_read_begin(s, &tx), ERR_OK);
    assert_int_equal(store_identity_get(tx, hash, &id), ERR_OK);
    assert_int_equal(id.role, STORE_ROLE_ADMIN);
    assert_int_equal(id.state, STORE_STATE_ACTIVE);
    assert_int_equal(store_org_get(tx, id.org, &o), ERR_OK);
    assert_string_equal(o.code, "410000");
    assert_string_equal(o.name, "河南省总工会");
    store_read_end(&tx);
    store_close(&s);
    X509_free(cert);
    buf_release(&der);
}

static void test_wrong_options_leave_nothing_behind(void **state)
{
    const struct place *p = *state;
    static const struct init_options bad[] = {{.hosts = "", .port = 1, .public_port = 1},
        {.hosts = "a,,b", .port = 1, .public_port = 1}, {.hosts = "a b", .port = 1, .public_port = 1},
        {.hosts = "localhost", .port = 0, .public_port = 1}, {.hosts = "localhost", .port = 65536, .public_port = 1},
        {.hosts = "::1", .port = 1, .public_port = 1},
        {.hosts = "localhost",
            .port = 1,
            .public_port = 1,
            .public_host = "a-host-name.much-too-long-for-a-card.example"},
        {.hosts = "localhost", .port = 1, .public_port = 1, .public_cert = "/nowhere/c", .public_key = "/nowhere/k"}};
    char why[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct init_options o = bad[i];
        o.dir = p->dir;
        assert_int_equal(init_make(&o, tm_wall_utc_ms(), why), ERR_BAD_VALUE);
        assert_string_not_equal(why, "");
    }
    look(p);
    assert_int_equal(seen_dirs, 1);
}

static void test_a_file_or_a_full_directory_is_in_the_way_an_empty_one_is_not(void **state)
{
    const struct place *p = *state;
    FILE *f = fopen(p->dir, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(make(p, "localhost"), ERR_EXISTS);
    assert_int_equal(unlink(p->dir), 0);
    assert_int_equal(mkdir(p->dir, 0755), 0);
    assert_int_equal(make(p, "localhost"), ERR_OK);
    look(p);
    assert_int_equal(seen_files, 27);
}

/* RLIMIT_FSIZE stands in for a full disk. */
static void test_a_full_disk_leaves_nothing_behind(void **state)
{
    const struct place *p = *state;
    struct rlimit old, small;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    for (rlim_t max = 100; max <= 60000; max *= 4) {
        small = (struct rlimit){max, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        enum err e = make(p, "localhost");
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_not_equal(e, ERR_OK);
        look(p);
        assert_int_equal(seen_dirs, 1);
    }
}

static size_t entries(const char *top)
{
    size_t n = 0;
    DIR *d = opendir(top);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[400];
        if (e->d_name[0] == '.')
            continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", top, e->d_name);
        n += entries(path);
    }
    if (d)
        closedir(d);
    return n;
}

/* Killed at any moment: DIR is not there, or it is whole. */
static void test_killed_half_way_there_is_all_or_nothing(void **state)
{
    const struct place *p = *state;
    size_t whole = 0;
    for (size_t when = 1; when < 26 && !whole; when += 3) {
        size_t before = entries(p->top);
        pid_t pid = fork();
        if (!pid)
            _exit(make(p, "localhost") ? 1 : 0);
        int64_t deadline = tm_mono_ms() + 20000;
        while (entries(p->top) < before + when && tm_mono_ms() < deadline && !waitpid(pid, NULL, WNOHANG))
            sched_yield();
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) > 0)
            ;
        struct service_keys *k = NULL;
        char what[64];
        enum err e = keys_load(p->dir, tm_wall_utc_ms(), &k, what);
        assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
        whole = e == ERR_OK;
        keys_free(&k);
        if (!whole)
            assert_int_not_equal(access(p->dir, F_OK), 0);
    }
}

static void test_a_missing_or_foreign_file_is_named(void **state)
{
    const struct place *p = *state;
    static const char *const file[] = {"server-ca.crt", "terminal-ca.key", "admin-ca.crt", "trust.json",
        "keys/notice.key", "keys/lease.key", "keys/card-1.key", "keys/sealing.crt", "keys/number.hmac"};
    char path[200], away[200], what[64];
    struct service_keys *k = NULL;
    assert_int_equal(make(p, "localhost"), ERR_OK);
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        snprintf(path, sizeof path, "%s/%s", p->dir, file[i]);
        snprintf(away, sizeof away, "%s/away", p->top);
        assert_int_equal(rename(path, away), 0);
        assert_int_equal(keys_load(p->dir, tm_wall_utc_ms(), &k, what), ERR_NOT_FOUND);
        assert_string_equal(what, file[i]);
        assert_int_equal(rename(away, path), 0);
    }
    /* A good key that the trust notice does not name. */
    EVP_PKEY *other = key_generate();
    static const char *const key[] = {"keys/notice.key", "keys/lease.key", "keys/card-1.key"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", p->dir, key[i]);
        assert_int_equal(rename(path, away), 0);
        assert_int_equal(key_save_pem(path, other), ERR_OK);
        assert_int_equal(keys_load(p->dir, tm_wall_utc_ms(), &k, what), ERR_UNKNOWN_KEY);
        assert_int_equal(rename(away, path), 0);
    }
    snprintf(path, sizeof path, "%s/admin-ca.key", p->dir);
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(key_save_pem(path, other), ERR_OK);
    assert_int_equal(keys_load(p->dir, tm_wall_utc_ms(), &k, what), ERR_BAD_VALUE);
    assert_int_equal(rename(away, path), 0);
    assert_int_equal(keys_load(p->dir, tm_wall_utc_ms() + 10 * CA_YEAR_MS, &k, what), ERR_NOTICE_EXPIRED);
    assert_null(k);
    key_free(&other);
}

static void test_a_card_text_is_one_that_terminals_believe(void **state)
{
    const struct place *p = *state;
    char text[CARD_QR_TEXT_MAX + 1];
    struct card_qr qr;
    const uint8_t token[CARD_TOKEN] = {1, 2, 3};
    assert_int_equal(make(p, "localhost"), ERR_OK);
    struct service_keys *k = load(p);
    int32_t day = tm_day(tm_wall_utc_ms());
    assert_int_equal(keys_card_text(k, token, 42, day + 10, text), ERR_OK);
    assert_int_equal(card_decode(text, strlen(text), &qr), ERR_OK);
    const struct notice_trust *t = &k->trust_notice;
    assert_int_equal(card_check(&qr, (const char *const *)t->card_hosts, t->card_keys, t->card_key_cnt, day), ERR_OK);
    assert_memory_equal(qr.token, token, sizeof token);
    assert_int_equal(qr.last4, 42);
    assert_int_equal(card_expiry_to_day(qr.expiry_day), day + 10);
    keys_free(&k);
}

struct publish {
    const struct service_keys *k;
    const uint8_t *shop;
    struct offer offer;
};

static enum err run_publish(struct store_tx *tx, void *ctx)
{
    const struct publish *p = ctx;
    enum err e = store_offer_replace(tx, p->shop, &p->offer, 1);
    return e ? e : notices_publish(tx, p->k, p->shop, FIXTURE_NOW);
}

static void test_a_shop_notice_is_signed_as_the_trust_notice_says(void **state)
{
    const struct place *p = *state;
    struct fixture *f;
    struct buf b;
    struct notice n;
    struct notice_shop s;
    struct store_tx *tx;
    assert_int_equal(make(p, "localhost"), ERR_OK);
    struct service_keys *k = load(p);
    fixture_up((void **)&f);
    struct publish pub = {.k = k,
        .shop = f->shop_a,
        .offer = {.id = "01ARZ3NDEKTSV4RRFFQ69G5FA0",
            .title = "八八折",
            .kind = OFFER_PERCENT,
            .rate_bp = 1200,
            .from_day = INT32_MIN,
            .to_day = INT32_MAX,
            .weekdays = 0x7f,
            .round = OFFER_ROUND_FEN}};
    assert_int_equal(store_write(f->s, run_publish, &pub), ERR_OK);
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(store_read_begin(f->s, &tx), ERR_OK);
    assert_int_equal(store_notice_newer(tx, f->shop_a, 1, &b), ERR_OK);
    store_read_end(&tx);
    assert_int_equal(notice_open(buf_str(&b), b.len, &n), ERR_OK);
    assert_int_equal(notice_verify(&n, &k->trust_notice), ERR_OK);
    assert_int_equal(notice_shop_parse(&n, &s), ERR_OK);
    assert_int_equal(s.version, 2);
    assert_int_equal(s.standing, STANDING_LISTED);
    assert_string_equal(s.name, "示例饭店");
    assert_string_equal(s.org_name, "郑州市总工会");
    assert_int_equal(s.offer_cnt, 1);
    assert_int_equal(s.offers[0].rate_bp, 1200);
    notice_shop_release(&s);
    notice_release(&n);
    buf_release(&b);
    keys_free(&k);
    fixture_down((void **)&f);
}

static void test_a_countersignature_is_the_lease_keys(void **state)
{
    const struct place *p = *state;
    struct record_head h = {.epoch = 1, .seq = 5, .hash = {9}};
    struct notices_countersigned c;
    assert_int_equal(make(p, "localhost"), ERR_OK);
    struct service_keys *k = load(p);
    EVP_PKEY *lease = keys_signer(k, 1u << NOTICE_LEASE, FIXTURE_NOW)->key;
    EVP_PKEY *notice = keys_signer(k, 1u << NOTICE_SHOP, FIXTURE_NOW)->key;
    assert_int_equal(notices_countersign(k, &h, FIXTURE_NOW, &c), ERR_OK);
    assert_int_equal(record_countersign_verify(&h, FIXTURE_NOW, lease, c.sig), ERR_OK);
    assert_int_equal(record_countersign_verify(&h, FIXTURE_NOW + 1, lease, c.sig), ERR_BAD_SIGNATURE);
    assert_int_equal(record_countersign_verify(&h, FIXTURE_NOW, notice, c.sig), ERR_BAD_SIGNATURE);
    keys_free(&k);
}

static void test_settings_say_which_key_is_wrong(void **state)
{
    const struct place *p = *state;
    static const struct {
        const char *text, *why;
    } bad[] = {{"[service]\nport = 8443\n", "service.ini [service] hosts"},
        {"[service]\nhosts = a\nport = 0\n", "service.ini [service] port"},
        {"[service]\nhosts = a\nport = 70000\n", "service.ini [service] port"},
        {"[service]\nhosts = a\n[limits]\nnumber_miss_limit = ten\n", "service.ini [limits] number_miss_limit"},
        {"[service]\nhosts = a\nhosts = b\n", "service.ini line 3"}};
    struct settings s;
    char path[200], why[64];
    assert_int_equal(settings_load(p->dir, &s, why), ERR_NOT_FOUND);
    assert_int_equal(mkdir(p->dir, 0700), 0);
    snprintf(path, sizeof path, "%s/service.ini", p->dir);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(file_write(path, bad[i].text, strlen(bad[i].text), 0600), ERR_OK);
        assert_int_equal(settings_load(p->dir, &s, why), ERR_BAD_VALUE);
        assert_string_equal(why, bad[i].why);
    }
    assert_int_equal(file_write(path, "[service]\nhosts = a, b\n", 23, 0600), ERR_OK);
    assert_int_equal(settings_load(p->dir, &s, why), ERR_OK);
    assert_string_equal(s.host, "a");
    assert_int_equal(s.port, 8443);
    assert_int_equal(s.connections, 4096);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, place_up, place_down)
    const struct CMUnitTest tests[] = {
        CASE(test_init_makes_everything_private_and_only_once),
        CASE(test_what_was_made_fits_together),
        CASE(test_the_first_administrator_is_the_provinces),
        CASE(test_wrong_options_leave_nothing_behind),
        CASE(test_a_file_or_a_full_directory_is_in_the_way_an_empty_one_is_not),
        CASE(test_a_full_disk_leaves_nothing_behind),
        CASE(test_killed_half_way_there_is_all_or_nothing),
        CASE(test_a_missing_or_foreign_file_is_named),
        CASE(test_a_card_text_is_one_that_terminals_believe),
        CASE(test_a_shop_notice_is_signed_as_the_trust_notice_says),
        CASE(test_a_countersignature_is_the_lease_keys),
        CASE(test_settings_say_which_key_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

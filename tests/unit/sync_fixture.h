/* SPDX-License-Identifier: Apache-2.0 */
/* A sync whose link is a fake one: it keeps what was asked, and the test answers as the service would, or not at all. */
#ifndef HUIKA_SYNC_FIXTURE_H
#define HUIKA_SYNC_FIXTURE_H
#include "base/file.h"
#include "client/ports/keep.h"
#include "client/ports/sync.h"
#include "journal_fixture.h"
#include <openssl/x509.h>

#define SHOP_ID "01BX5ZZKBKACTAV9WEVGEMMVRZ"

static struct {
    bool used;
    uint64_t id;
    char method[8], path[512];
    struct buf body;
    link_done_fn *done;
    void *ctx;
} asked[4];
static uint64_t next_id;
static struct link_status online;
static int64_t now_ms;

enum err link_request(struct link *l, const struct link_request *r, uint64_t *id)
{
    (void)l;
    for (size_t i = 0; i < 4; i++)
        if (!asked[i].used) {
            asked[i].used = true;
            *id = asked[i].id = ++next_id;
            snprintf(asked[i].method, sizeof asked[i].method, "%s", r->method);
            snprintf(asked[i].path, sizeof asked[i].path, "%s", r->path);
            buf_init(&asked[i].body, BODY_MAX);
            assert_int_equal(buf_add(&asked[i].body, r->body, r->len), ERR_OK);
            asked[i].done = r->done;
            asked[i].ctx = r->ctx;
            assert_true(r->deadline_mono_ms > now_ms);
            return ERR_OK;
        }
    return ERR_BUSY;
}

int64_t link_cert_from_ms(const struct link *l)
{
    (void)l;
    return 0;
}

int64_t link_cert_until_ms(const struct link *l)
{
    (void)l;
    return 0;
}

enum err link_use_cert(struct link *l, const char *cert_path, const char *key_path)
{
    (void)l, (void)cert_path, (void)key_path;
    return ERR_OK;
}

static void forget(size_t i)
{
    asked[i].used = false;
    buf_release(&asked[i].body);
}

void link_cancel(struct link *l, uint64_t id)
{
    (void)l;
    for (size_t i = 0; i < 4; i++)
        if (asked[i].used && asked[i].id == id)
            forget(i);
}

const struct link_status *link_status(const struct link *l)
{
    (void)l;
    return &online;
}

static int64_t fake_ms(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static const struct clock fake_clock = {fake_ms, fake_ms, fake_ms, NULL};
static struct state st;
static struct journal *journal;
static struct sync *s;
static EVP_PKEY *root, *notice_key, *lease_key, *device, *stranger;
static int obeyed;
static int64_t obeyed_version;

static void obey(void *ctx, const struct notice *n)
{
    struct buf b;
    (void)ctx;
    obeyed++;
    obeyed_version = n->version;
    static const char *const on_disk[NOTICE_KINDS] = {
        [NOTICE_TRUST] = STATE_TRUST, [NOTICE_SHOP] = STATE_SHOP, [NOTICE_REVOKED] = STATE_REVOKED};
    if (n->kind == NOTICE_ANSWER)
        return;
    /* It is on disk before anybody obeys it. */
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(state_read(&st, on_disk[n->kind], &b), ERR_OK);
    struct notice kept;
    assert_int_equal(notice_open(buf_str(&b), b.len, &kept), ERR_OK);
    assert_memory_equal(kept.hash, n->hash, KEY_HASH);
    notice_release(&kept);
    buf_release(&b);
}

static json_t *spki(EVP_PKEY *key)
{
    struct buf b;
    char text[TEXT_BASE64_LEN(KEY_SPKI_MAX) + 1];
    buf_init(&b, KEY_SPKI_MAX);
    assert_int_equal(key_spki(key, &b), ERR_OK);
    text_base64(b.data, b.len, text);
    buf_release(&b);
    return json_string(text);
}

static json_t *trusted(EVP_PKEY *key, const char *kind)
{
    char id[KEY_ID_LEN + 1];
    assert_int_equal(key_id(key, id), ERR_OK);
    return json_pack("{s:s,s:s,s:o,s:[s]}", "id", id, "alg", "ecdsa-p256-sha256", "spki", spki(key), "kinds", kind);
}

static json_t *sealing_cert(void)
{
    unsigned char *der = NULL;
    char text[2048];
    X509 *x = X509_new();
    X509_set_pubkey(x, root);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    assert_true(X509_sign(x, root, EVP_sha256()) > 0);
    int n = i2d_X509(x, &der);
    assert_in_range(n, 100, 1400);
    text_base64(der, (size_t)n, text);
    OPENSSL_free(der);
    X509_free(x);
    return json_string(text);
}

static json_t *sealed(enum notice_kind kind, json_t *payload, EVP_PKEY *key)
{
    struct buf b;
    json_t *out = NULL;
    char *text = json_dumps(payload, JSON_COMPACT);
    buf_init(&b, NOTICE_MAX);
    assert_int_equal(notice_seal(kind, text, strlen(text), key, &b), ERR_OK);
    assert_int_equal(jsonx_parse(buf_str(&b), b.len, &out), ERR_OK);
    free(text);
    json_decref(payload);
    buf_release(&b);
    return out;
}

static json_t *trust_notice(int version, EVP_PKEY *signer)
{
    json_t *p = json_pack("{s:i,s:I,s:I,s:{s:o},s:[o,o],s:[{s:i,s:o}],s:o,s:[s],s:[]}", "version", version, "issued_ms",
        (json_int_t)NOON, "not_after_ms", (json_int_t)NOON * 2, "root", "spki", spki(root), "keys",
        trusted(notice_key, "shop"), trusted(lease_key, "head"), "card_keys", "number", 1, "spki", spki(notice_key),
        "sealing_cert", sealing_cert(), "card_hosts", "localhost", "legacy_prefixes");
    assert_non_null(p);
    return sealed(NOTICE_TRUST, p, signer);
}

static inline json_t *shop_notice(int version, const char *shop, const char *standing, EVP_PKEY *signer)
{
    json_t *p = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:[]}", "version", version, "shop_id", shop, "name",
        "Shop", "category", "dining", "region", "410102", "org_name", "Org", "standing", standing, "reason", "",
        "since_ms", (json_int_t)NOON, "issued_ms", (json_int_t)NOON, "offers");
    assert_non_null(p);
    return sealed(NOTICE_SHOP, p, signer);
}

static void begin_sync(void)
{
    struct sync_config c = {.journal = journal, .state = &st, .clock = &fake_clock, .device = device, .notice = obey};
    assert_int_equal(sync_new(&c, &s), ERR_OK);
    sync_start(s);
}

static int setup(void **state)
{
    make_dir(state);
    root = key_generate();
    notice_key = key_generate();
    lease_key = key_generate();
    device = key_generate();
    stranger = key_generate();
    now_ms = NOON;
    online = (struct link_status){.online = true};
    obeyed = 0;
    memset(&st, 0, sizeof st);
    st.lock_fd = -1;
    strcpy(st.dir, dir);
    strcpy(st.info.shop_id, SHOP_ID);
    memcpy(st.info.terminal, terminal, ULID_SIZE);
    journal = open_journal();
    json_t *trust = trust_notice(3, root);
    char *text = json_dumps(trust, JSON_COMPACT);
    assert_int_equal(state_write(&st, STATE_TRUST, text, strlen(text)), ERR_OK);
    free(text);
    json_decref(trust);
    begin_sync();
    return 0;
}

static int teardown(void **state)
{
    sync_free(&s);
    for (size_t i = 0; i < 4; i++)
        assert_false(asked[i].used);
    journal_close(&journal);
    key_free(&root);
    key_free(&notice_key);
    key_free(&lease_key);
    key_free(&device);
    key_free(&stranger);
    return remove_dir(state);
}

/* The request under way on that path; 4: none. */
static size_t find(const char *path_start)
{
    for (size_t i = 0; i < 4; i++)
        if (asked[i].used && strncmp(asked[i].path, path_start, strlen(path_start)) == 0)
            return i;
    return 4;
}

static void answer(const char *path_start, enum err e, int status, const char *text)
{
    size_t i = find(path_start);
    assert_in_range(i, 0, 3);
    link_done_fn *done = asked[i].done;
    void *ctx = asked[i].ctx;
    forget(i);
    struct link_answer a = {.err = e, .status = status, .type = "application/json", .body = text, .len = strlen(text)};
    done(ctx, &a);
}

static inline void offer_notices(json_t *first, json_t *second)
{
    json_t *all = json_pack("{s:[o]}", "notices", first);
    if (second)
        json_array_append_new(json_object_get(all, "notices"), second);
    char *text = json_dumps(all, JSON_COMPACT);
    answer("/v1/notices", ERR_OK, 200, text);
    free(text);
    json_decref(all);
}

static enum err take_hash(void *ctx, const struct journal_record *r)
{
    memcpy(ctx, r->hash, KEY_HASH);
    return ERR_OK;
}

/* Stands in for the service: reads the batch under way, checks the head's signature, countersigns up to `upto` (0: all of it). */
static uint64_t countersign_at(EVP_PKEY *key, uint64_t upto)
{
    struct body_batch *b = calloc(1, sizeof *b);
    struct body_results *r = calloc(1, sizeof *r);
    struct buf text;
    size_t i = find("/v1/records");
    assert_in_range(i, 0, 3);
    assert_int_equal(body_batch_decode(buf_str(&asked[i].body), asked[i].body.len, b), ERR_OK);
    struct record_head h = {.epoch = 1, .seq = b->head_seq};
    memcpy(h.terminal, terminal, ULID_SIZE);
    memcpy(h.hash, b->head_hash, KEY_HASH);
    assert_int_equal(record_head_verify(&h, device, b->head_sig), ERR_OK);
    assert_int_equal(b->head_seq, b->record[b->record_cnt - 1].seq);
    uint64_t first = b->record[0].seq;
    r->epoch = 1;
    r->at_utc_ms = now_ms + 5000;
    r->head_seq = h.seq;
    memcpy(r->head_hash, h.hash, KEY_HASH);
    if (upto) {
        r->head_seq = h.seq = upto;
        assert_int_equal(journal_after(journal, upto - 1, 1, 1, take_hash, h.hash), ERR_OK);
        memcpy(r->head_hash, h.hash, KEY_HASH);
    }
    assert_int_equal(key_id(key, r->keyid), ERR_OK);
    assert_int_equal(record_countersign(&h, r->at_utc_ms, key, r->head_sig), ERR_OK);
    for (; r->result_cnt < b->record_cnt; r->result_cnt++)
        r->result[r->result_cnt] = (struct body_result){.seq = first + r->result_cnt, .outcome = BODY_COUNTED};
    buf_init(&text, BODY_MAX);
    assert_int_equal(body_results_encode(r, &text), ERR_OK);
    answer("/v1/records", ERR_OK, 200, buf_str(&text));
    buf_release(&text);
    body_batch_release(b);
    free(b);
    free(r);
    return first;
}

static uint64_t countersign(EVP_PKEY *key)
{
    return countersign_at(key, 0);
}

static void pass(int64_t ms)
{
    now_ms += ms;
    if (sync_timeout_ms(s) == 0)
        sync_tick(s);
}
#endif

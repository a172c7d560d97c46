/* SPDX-License-Identifier: Apache-2.0 */
/* proto/vectors through the C; tests/unit/test_vectors.py takes them through a second codec. Run from the repository's root. */
#include "base/text.h"
#include "base/tm.h"
#include "proto/invite.h"
#include "proto/notice.h"
#include "proto/record.h"
#include "proto/scan.h"
#include "proto/seal.h"
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vectors.h"

/* The context of card.json. */
struct cards {
    json_t *root, *cases;
    const char *hosts[8];
    struct card_key keys[8];
    size_t key_cnt;
    int32_t day;
};

static void load_cards(const char *path, struct cards *c)
{
    json_t *v;
    size_t i;
    memset(c, 0, sizeof *c);
    c->root = load(path);
    c->cases = json_object_get(c->root, "cases");
    json_array_foreach (json_object_get(c->root, "hosts"), i, v)
        c->hosts[i] = json_string_value(v);
    json_array_foreach (json_object_get(c->root, "keys"), i, v)
        c->keys[c->key_cnt++] = (struct card_key){.number = (uint8_t)num(v, "number"), .key = public_key(v, "spki")};
    assert_true(tm_day_parse(str(c->root, "day"), &c->day));
    assert_true(json_array_size(c->cases) > 4);
}

static void release_cards(struct cards *c)
{
    for (size_t i = 0; i < c->key_cnt; i++)
        key_free(&c->keys[i].key);
    json_decref(c->root);
}

static void cards_valid(void **state)
{
    struct cards c;
    json_t *v;
    size_t i;
    (void)state;
    load_cards("proto/vectors/valid/card.json", &c);
    json_array_foreach (c.cases, i, v) {
        struct card_qr qr;
        char token[CARD_TOKEN_LEN + 1], day[TM_DAY_LEN + 1];
        same_err(v, card_decode(str(v, "text"), strlen(str(v, "text")), &qr), ERR_OK);
        same_err(v, card_check(&qr, c.hosts, c.keys, c.key_cnt, c.day), ERR_OK);
        text_base32(qr.token, CARD_TOKEN, token);
        tm_day_format(card_expiry_to_day(qr.expiry_day), day);
        assert_string_equal(token, str(v, "token"));
        assert_string_equal(day, str(v, "expiry"));
        assert_string_equal(qr.host, str(v, "host"));
        assert_int_equal(qr.last4, num(v, "last4"));
        assert_int_equal(qr.key_number, num(v, "key_number"));
    }
    release_cards(&c);
}

static void cards_invalid(void **state)
{
    struct cards c;
    json_t *v;
    size_t i;
    (void)state;
    load_cards("proto/vectors/invalid/card.json", &c);
    json_array_foreach (c.cases, i, v) {
        struct card_qr qr;
        enum err e = card_decode(str(v, "text"), strlen(str(v, "text")), &qr);
        same_err(v, e ? e : card_check(&qr, c.hosts, c.keys, c.key_cnt, c.day), err_from_code(str(v, "error")));
    }
    release_cards(&c);
}

static void numbers(void **state)
{
    json_t *good = load("proto/vectors/valid/number.json"), *bad = load("proto/vectors/invalid/number.json"), *v;
    size_t i;
    (void)state;
    json_array_foreach (good, i, v) {
        const char *s = str(v, "text");
        same_err(v, card_number_check(s, strlen(s)), ERR_OK);
        assert_int_equal(card_number_luhn(s, strlen(s)), json_is_true(json_object_get(v, "luhn")));
    }
    json_array_foreach (bad, i, v)
        same_err(v, card_number_check(str(v, "text"), strlen(str(v, "text"))), err_from_code(str(v, "error")));
    json_decref(good);
    json_decref(bad);
}

static void tracks(void **state)
{
    json_t *good = load("proto/vectors/valid/track2.json"), *bad = load("proto/vectors/invalid/track2.json"), *v;
    char pan[CARD_NUMBER_MAX + 1];
    size_t i;
    (void)state;
    json_array_foreach (good, i, v) {
        same_err(v, card_track2(str(v, "track"), strlen(str(v, "track")), pan), ERR_OK);
        assert_string_equal(pan, str(v, "number"));
    }
    text_copy(pan, sizeof pan, "untouched");
    json_array_foreach (bad, i, v) {
        same_err(v, card_track2(str(v, "track"), strlen(str(v, "track")), pan), err_from_code(str(v, "error")));
        assert_string_equal(pan, "untouched");
    }
    json_decref(good);
    json_decref(bad);
}

static void scans(void **state)
{
    static const char *const kinds[] = {[SCAN_UNKNOWN] = "unknown",
        [SCAN_CARD] = "card",
        [SCAN_CARD_DAMAGED] = "card_damaged",
        [SCAN_LEGACY] = "legacy",
        [SCAN_ENROL] = "enrol",
        [SCAN_PAYMENT] = "payment",
        [SCAN_NUMBER] = "number"};
    json_t *root = load("proto/vectors/valid/scan.json"), *v;
    const char *legacy[8] = {0};
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(root, "legacy"), i, v)
        legacy[i] = json_string_value(v);
    json_array_foreach (json_object_get(root, "cases"), i, v) {
        struct scan s = scan_classify(str(v, "text"), strlen(str(v, "text")), legacy);
        if (strcmp(kinds[s.kind], str(v, "kind")))
            fail_msg("%s: %s, not %s", str(v, "name"), kinds[s.kind], str(v, "kind"));
    }
    assert_true(i > 30);
    json_decref(root);
}

static struct notice opened(const char *text)
{
    struct notice n;
    assert_int_equal(notice_open(text, strlen(text), &n), ERR_OK);
    return n;
}

static struct notice_trust trust_in_force(const json_t *root)
{
    struct notice n = opened(str(root, "trust"));
    struct notice_trust t;
    EVP_PKEY *pinned = public_key(root, "root");
    assert_int_equal(notice_verify_root(&n, pinned), ERR_OK);
    assert_int_equal(notice_trust_parse(&n, &t), ERR_OK);
    key_free(&pinned);
    notice_release(&n);
    return t;
}

static void check_shop(const json_t *v, const struct notice *n)
{
    struct notice_shop shop;
    same_err(v, notice_shop_parse(n, &shop), ERR_OK);
    assert_string_equal(standing_name(shop.standing), str(v, "standing"));
    assert_int_equal(shop.offer_cnt, num(v, "offers"));
    assert_int_equal(shop.version, n->version);
    notice_shop_release(&shop);
}

static enum err payload_fits(const struct notice *n)
{
    static struct notice_answer answer;
    struct notice_trust trust;
    struct notice_shop shop;
    struct notice_lease lease;
    struct notice_revoked revoked;
    enum err e = ERR_INTERNAL;
    if (n->kind == NOTICE_TRUST && !(e = notice_trust_parse(n, &trust)))
        notice_trust_release(&trust);
    if (n->kind == NOTICE_SHOP && !(e = notice_shop_parse(n, &shop)))
        notice_shop_release(&shop);
    if (n->kind == NOTICE_LEASE)
        e = notice_lease_parse(n, &lease);
    if (n->kind == NOTICE_REVOKED)
        e = notice_revoked_parse(n, &revoked);
    if (n->kind == NOTICE_ANSWER)
        e = notice_answer_parse(n, &answer);
    return e;
}

static void notices_valid(void **state)
{
    json_t *root = load("proto/vectors/valid/notice.json"), *v;
    struct notice_trust t = trust_in_force(root);
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(root, "cases"), i, v) {
        char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
        struct notice n = opened(str(v, "envelope"));
        same_err(v, notice_verify(&n, &t), ERR_OK);
        text_hex(n.hash, KEY_HASH, hash);
        assert_string_equal(hash, str(v, "hash"));
        assert_int_equal(n.version, num(v, "version"));
        assert_string_equal(notice_kind_name(n.kind), str(v, "kind"));
        if (n.kind == NOTICE_SHOP)
            check_shop(v, &n);
        else
            same_err(v, payload_fits(&n), ERR_OK);
        notice_release(&n);
    }
    notice_trust_release(&t);
    json_decref(root);
}

static void trust_says_what_it_says(void **state)
{
    json_t *root = load("proto/vectors/valid/notice.json");
    struct notice_trust t = trust_in_force(root);
    (void)state;
    assert_int_equal(t.version, 1);
    assert_int_equal(t.key_cnt, 2); /* the third is of an algorithm that is not known */
    assert_int_equal(t.keys[0].kinds, 1u << NOTICE_SHOP | 1u << NOTICE_REVOKED | 1u << NOTICE_ANSWER);
    assert_int_equal(t.keys[1].kinds, NOTICE_BIT_HEAD | 1u << NOTICE_LEASE);
    assert_int_equal(t.card_key_cnt, 1);
    assert_int_equal(t.card_keys[0].number, 1);
    assert_string_equal(t.card_hosts[1], "localhost");
    assert_null(t.card_hosts[2]);
    assert_string_equal(t.legacy[0], "https://old.example.org/m?");
    assert_null(t.legacy[1]);
    assert_true(t.sealing_cert.len > 200);
    notice_trust_release(&t);
    json_decref(root);
}

static void notices_invalid(void **state)
{
    json_t *root = load("proto/vectors/invalid/notice.json"), *v;
    struct notice_trust t = trust_in_force(root);
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(root, "cases"), i, v) {
        struct notice n;
        enum err e = notice_open(str(v, "envelope"), strlen(str(v, "envelope")), &n);
        if (!e) {
            e = notice_verify(&n, &t);
            notice_release(&n);
        }
        same_err(v, e, err_from_code(str(v, "error")));
    }
    assert_true(i > 30);
    notice_trust_release(&t);
    json_decref(root);
}

/* Signed as they should be, and still not to be obeyed. */
static void notices_unfit(void **state)
{
    json_t *root = load("proto/vectors/invalid/notice.json"), *v;
    struct notice_trust t = trust_in_force(root);
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(root, "unfit"), i, v) {
        struct notice n = opened(str(v, "envelope"));
        same_err(v, notice_verify(&n, &t), ERR_OK);
        same_err(v, payload_fits(&n), ERR_BAD_NOTICE);
        notice_release(&n);
    }
    assert_true(i > 20);
    notice_trust_release(&t);
    json_decref(root);
}

static void records_chain(void **state)
{
    json_t *root = load("proto/vectors/valid/record.json"), *v;
    struct record_head head = {.epoch = (uint32_t)num(root, "epoch")};
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    size_t i;
    (void)state;
    assert_int_equal(ulid_decode(str(root, "terminal"), ULID_LEN, head.terminal), ERR_OK);
    json_array_foreach (json_object_get(root, "records"), i, v) {
        const char *body = str(v, "body");
        enum record_kind kind = record_kind_from_name(str(v, "kind"));
        assert_string_equal(record_kind_name(kind), str(v, "kind"));
        assert_int_equal(record_extend(&head, kind, body, strlen(body), &head), ERR_OK);
        text_hex(head.hash, KEY_HASH, hash);
        assert_string_equal(hash, str(v, "hash"));
    }
    assert_int_equal(head.seq, i);
    json_array_foreach (json_object_get(root, "blobs"), i, v) {
        uint8_t salt[RECORD_SALT], out[KEY_HASH];
        assert_int_equal(text_unhex(str(v, "salt"), 32, salt, sizeof salt), ERR_OK);
        record_blob_hash(salt, str(v, "blob"), strlen(str(v, "blob")), out);
        text_hex(out, KEY_HASH, hash);
        assert_string_equal(hash, str(v, "hash"));
    }
    json_decref(root);
}

static void check_head(const json_t *v, bool own, bool counter)
{
    struct record_head h = {.epoch = (uint32_t)num(v, "epoch"), .seq = (uint64_t)num(v, "seq")};
    EVP_PKEY *device = public_key(v, "device"), *lease = public_key(v, "lease");
    struct buf sig, countersig;
    bytes(v, "sig", &sig);
    bytes(v, "countersig", &countersig);
    assert_int_equal(sig.len + countersig.len, 2 * KEY_SIG);
    assert_int_equal(ulid_decode(str(v, "terminal"), ULID_LEN, h.terminal), ERR_OK);
    assert_int_equal(text_unhex(str(v, "hash"), 64, h.hash, KEY_HASH), ERR_OK);
    assert_int_equal(record_head_verify(&h, device, sig.data), own ? ERR_OK : ERR_BAD_SIGNATURE);
    assert_int_equal(
        record_countersign_verify(&h, num(v, "at_ms"), lease, countersig.data), counter ? ERR_OK : ERR_BAD_SIGNATURE);
    key_free(&device);
    key_free(&lease);
    buf_release(&sig);
    buf_release(&countersig);
}

static void heads(void **state)
{
    json_t *good = load("proto/vectors/valid/record.json"), *bad = load("proto/vectors/invalid/record.json"), *v;
    size_t i;
    (void)state;
    check_head(json_object_get(good, "head"), true, true);
    json_array_foreach (bad, i, v)
        check_head(json_object_get(v, "head"), !strcmp(str(v, "wrong"), "counter"), false);
    assert_true(i > 5);
    json_decref(good);
    json_decref(bad);
}

static void invites(void **state)
{
    json_t *good = load("proto/vectors/valid/invite.json"), *bad = load("proto/vectors/invalid/invite.json"), *v;
    char hex[33], text[INVITE_TEXT_MAX + 1];
    struct invite got, again;
    size_t i;
    (void)state;
    json_array_foreach (good, i, v) {
        same_err(v, invite_decode(str(v, "text"), strlen(str(v, "text")), &got), ERR_OK);
        assert_string_equal(got.host, str(v, "host"));
        assert_int_equal(got.port, num(v, "port"));
        text_hex(got.fingerprint, sizeof got.fingerprint, hex);
        assert_string_equal(hex, str(v, "fingerprint"));
        text_hex(got.secret, sizeof got.secret, hex);
        assert_string_equal(hex, str(v, "secret"));
        same_err(v, invite_encode(&got, text), ERR_OK);
        memset(&again, 0, sizeof again);
        same_err(v, invite_decode(text, strlen(text), &again), ERR_OK);
        assert_memory_equal(&again, &got, sizeof got);
    }
    assert_string_equal(str(json_array_get(good, 0), "text"),
        (invite_decode(str(json_array_get(good, 0), "text"), strlen(str(json_array_get(good, 0), "text")), &got),
            invite_encode(&got, text), text));
    json_array_foreach (bad, i, v)
        same_err(v, invite_decode(str(v, "text"), strlen(str(v, "text")), &got), ERR_INVITE_UNKNOWN);
    json_decref(good);
    json_decref(bad);
}

static EVP_PKEY *private_key(const json_t *v)
{
    struct buf der;
    bytes(v, "key", &der);
    const unsigned char *p = der.data;
    EVP_PKEY *k = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
    assert_non_null(k);
    buf_release(&der);
    return k;
}

static void check_seals(const char *path, bool good)
{
    json_t *root = load(path), *v;
    uint8_t terminal[ULID_SIZE], sale[ULID_SIZE];
    EVP_PKEY *key = private_key(root);
    struct buf cert, cms;
    size_t i;
    bytes(root, "cert", &cert);
    assert_int_equal(ulid_decode(str(root, "terminal"), ULID_LEN, terminal), ERR_OK);
    assert_int_equal(ulid_decode(str(root, "sale"), ULID_LEN, sale), ERR_OK);
    json_array_foreach (json_object_get(root, "cases"), i, v) {
        char number[CARD_NUMBER_MAX + 1] = "untouched";
        bytes(v, "cms", &cms);
        enum err e = seal_open(cms.data, cms.len, &cert, key, terminal, sale, number);
        if (e != (good ? ERR_OK : ERR_BAD_VALUE))
            fail_msg("%s: %s", str(v, good ? "number" : "name"), err_code(e));
        assert_string_equal(number, good ? str(v, "number") : "untouched");
        buf_release(&cms);
    }
    assert_true(i > 3);
    key_free(&key);
    buf_release(&cert);
    json_decref(root);
}

static void seals(void **state)
{
    (void)state;
    check_seals("proto/vectors/valid/seal.json", true);
    check_seals("proto/vectors/invalid/seal.json", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cards_valid), cmocka_unit_test(cards_invalid),
        cmocka_unit_test(numbers), cmocka_unit_test(tracks), cmocka_unit_test(scans), cmocka_unit_test(notices_valid),
        cmocka_unit_test(trust_says_what_it_says), cmocka_unit_test(notices_invalid), cmocka_unit_test(notices_unfit),
        cmocka_unit_test(records_chain), cmocka_unit_test(heads), cmocka_unit_test(invites), cmocka_unit_test(seals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

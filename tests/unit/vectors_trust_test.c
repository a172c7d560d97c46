/* SPDX-License-Identifier: Apache-2.0 */
/* References, slips, revocation files and record bodies of proto/vectors through the C; tests/unit/test_vectors.py takes them
 * through a second codec. Run from the repository's root. */
#include "proto/body.h"
#include "proto/ref.h"
#include "proto/revoked.h"
#include "proto/slip.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/vectors.h"

static void refs(void **state)
{
    json_t *good = load("proto/vectors/valid/ref.json"), *bad = load("proto/vectors/invalid/ref.json"), *v;
    char text[REF_LEN_MAX + 1];
    struct ref r;
    size_t i;
    (void)state;
    json_array_foreach (good, i, v) {
        same_err(v, ref_parse(str(v, "text"), strlen(str(v, "text")), &r), ERR_OK);
        assert_int_equal(r.number, num(v, "number"));
        assert_int_equal(r.epoch, num(v, "epoch"));
        assert_int_equal(r.seq, num(v, "seq"));
        assert_int_equal(ref_format(&r, text), ERR_OK);
        assert_int_equal(strlen(text), strlen(str(v, "text")));
    }
    assert_true(i > 5);
    json_array_foreach (bad, i, v)
        same_err(v, ref_parse(str(v, "text"), strlen(str(v, "text")), &r), ERR_BAD_VALUE);
    assert_true(i > 40);
    json_decref(good);
    json_decref(bad);
}

static void hex_is(const json_t *v, const char *key, const uint8_t *p, size_t n)
{
    char text[2 * KEY_HASH + 1];
    text_hex(p, n, text);
    assert_string_equal(text, str(v, key));
}

static void check_slip(const json_t *root, const json_t *v)
{
    uint8_t key[SLIP_KEY], id[ULID_SIZE], secret[SLIP_SECRET], hash[KEY_HASH];
    char terminal[ULID_LEN + 1], url[SLIP_URL_MAX + 1];
    const char *code = strrchr(str(v, "text"), '/') + 1;
    EVP_PKEY *device = public_key(root, "device");
    struct slip s;
    same_err(v, slip_decode(code, strlen(code), &s), ERR_OK);
    same_err(v, slip_verify(&s, device), ERR_OK);
    ulid_encode(s.terminal, terminal);
    assert_string_equal(terminal, str(v, "terminal"));
    assert_int_equal(s.epoch, num(v, "epoch"));
    assert_int_equal(s.seq, num(v, "seq"));
    hex_is(v, "hash", s.hash, sizeof s.hash);
    hex_is(v, "secret", s.secret, sizeof s.secret);
    assert_int_equal(text_unhex(str(root, "key"), 2 * SLIP_KEY, key, sizeof key), ERR_OK);
    assert_int_equal(ulid_decode(str(v, "id"), ULID_LEN, id), ERR_OK);
    assert_int_equal(slip_secret(key, id, secret), ERR_OK);
    assert_memory_equal(secret, s.secret, sizeof secret);
    slip_secret_hash(secret, hash);
    hex_is(v, "secret_hash", hash, sizeof hash);
    assert_int_equal(slip_url(&s, str(v, "url"), url), ERR_OK);
    assert_string_equal(url, str(v, "text"));
    key_free(&device);
}

static void slips(void **state)
{
    json_t *good = load("proto/vectors/valid/slip.json"), *bad = load("proto/vectors/invalid/slip.json"), *v;
    EVP_PKEY *device = public_key(bad, "device");
    struct slip s;
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(good, "cases"), i, v)
        check_slip(good, v);
    assert_true(i > 2);
    json_array_foreach (json_object_get(bad, "cases"), i, v) {
        enum err e = slip_decode(str(v, "code"), strlen(str(v, "code")), &s);
        same_err(v, e ? e : slip_verify(&s, device), err_from_code(str(v, "error")));
    }
    assert_true(i > 12);
    key_free(&device);
    json_decref(good);
    json_decref(bad);
}

static enum err collect(void *ctx, const void *p, size_t n)
{
    return buf_add(ctx, p, n);
}

static const json_t *named(const json_t *list, const char *name)
{
    json_t *v;
    size_t i;
    json_array_foreach (list, i, v)
        if (!strcmp(str(v, "name"), name))
            return v;
    fail_msg("no %s", name);
    return NULL;
}

static void check_file(const json_t *v)
{
    json_t *value;
    struct buf file;
    struct revoked r;
    size_t i;
    bytes(v, "file", &file);
    same_err(v, revoked_open(file.data, file.len, &r), ERR_OK);
    json_array_foreach (json_object_get(v, "values"), i, value) {
        uint64_t x = strtoull(json_string_value(value), NULL, 16);
        assert_true(revoked_has(&r, x));
        assert_int_equal(revoked_has(&r, x + 1), x + 1 == 0 || x == 0);
    }
    assert_true(r.count == i);
    buf_release(&file);
}

/* Applied it gives the other file; built anew it is the same bytes. */
static void check_delta(const json_t *files, const json_t *v)
{
    struct buf from, to, delta, got;
    struct revoked a, b;
    struct revoked_delta d;
    bytes(named(files, str(v, "from")), "file", &from);
    bytes(named(files, str(v, "to")), "file", &to);
    bytes(v, "delta", &delta);
    buf_init(&got, 1 << 20);
    same_err(v, revoked_open(from.data, from.len, &a), ERR_OK);
    same_err(v, revoked_open(to.data, to.len, &b), ERR_OK);
    same_err(v, revoked_delta_open(delta.data, delta.len, &d), ERR_OK);
    same_err(v, revoked_apply(&a, &d, collect, &got), ERR_OK);
    assert_int_equal(got.len, to.len);
    assert_memory_equal(got.data, to.data, to.len);
    buf_reset(&got);
    same_err(v, revoked_delta_build(&a, &b, collect, &got), ERR_OK);
    assert_int_equal(got.len, delta.len);
    assert_memory_equal(got.data, delta.data, delta.len);
    buf_release(&from);
    buf_release(&to);
    buf_release(&delta);
    buf_release(&got);
}

static void revocation_files(void **state)
{
    json_t *root = load("proto/vectors/valid/revoked.json"), *files = json_object_get(root, "files"), *v;
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(root, "tokens"), i, v) {
        uint8_t token[CARD_TOKEN];
        assert_int_equal(text_unbase32(str(v, "token"), CARD_TOKEN_LEN, token, sizeof token), ERR_OK);
        assert_true(revoked_value(token) == strtoull(str(v, "value"), NULL, 16));
    }
    json_array_foreach (files, i, v)
        check_file(v);
    json_array_foreach (json_object_get(root, "deltas"), i, v)
        check_delta(files, v);
    assert_true(i > 40);
    json_decref(root);
}

static void revocation_files_refused(void **state)
{
    json_t *root = load("proto/vectors/invalid/revoked.json"), *v;
    struct buf base, b, got;
    struct revoked r, from;
    struct revoked_delta d;
    size_t i;
    (void)state;
    json_array_foreach (json_object_get(root, "files"), i, v) {
        bytes(v, "file", &b);
        same_err(v, revoked_open(b.data, b.len, &r), ERR_BAD_VALUE);
        buf_release(&b);
    }
    bytes(root, "base", &base);
    buf_init(&got, 1 << 20);
    assert_int_equal(revoked_open(base.data, base.len, &from), ERR_OK);
    json_array_foreach (json_object_get(root, "deltas"), i, v) {
        bytes(v, "delta", &b);
        enum err e = revoked_delta_open(b.data, b.len, &d);
        same_err(v, e ? e : revoked_apply(&from, &d, collect, &got), ERR_BAD_VALUE);
        buf_release(&b);
    }
    assert_true(i > 12);
    buf_release(&base);
    buf_release(&got);
    json_decref(root);
}

#define ROUND(what, release)                                                                                           \
    static enum err round_##what(const char *text, struct buf *again)                                                  \
    {                                                                                                                  \
        static struct body_##what v;                                                                                   \
        enum err e = body_##what##_decode(text, strlen(text), &v);                                                     \
        if (e)                                                                                                         \
            return e;                                                                                                  \
        e = body_##what##_encode(&v, again);                                                                           \
        release(&v);                                                                                                   \
        return e;                                                                                                      \
    }
#define KEEP(v) (void)(v)
ROUND(sale, body_sale_release)
ROUND(void, KEEP)
ROUND(dispute, KEEP)
ROUND(clock_step, KEEP)
ROUND(started, KEEP)
ROUND(blob, KEEP)
ROUND(void_answer, KEEP)

static enum err taken(const json_t *v, struct buf *again)
{
    static const struct {
        const char *what;
        enum err (*round)(const char *text, struct buf *again);
    } all[] = {{"sale", round_sale}, {"void", round_void}, {"dispute", round_dispute}, {"clock_step", round_clock_step},
        {"started", round_started}, {"blob", round_blob}, {"void_answer", round_void_answer}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].what, str(v, "what")))
            return all[i].round(str(v, "text"), again);
    fail_msg("%s", str(v, "what"));
    return ERR_INTERNAL;
}

static void bodies(void **state)
{
    json_t *good = load("proto/vectors/valid/body.json"), *bad = load("proto/vectors/invalid/body.json"), *v;
    size_t i;
    (void)state;
    json_array_foreach (good, i, v) {
        struct buf again;
        buf_init(&again, BODY_MAX);
        same_err(v, taken(v, &again), ERR_OK);
        assert_string_equal(buf_str(&again), str(v, "text")); /* nothing was lost on the way */
        buf_release(&again);
    }
    assert_true(i > 12);
    json_array_foreach (bad, i, v)
        same_err(v, taken(v, NULL), err_from_code(str(v, "error")));
    assert_true(i > 30);
    json_decref(good);
    json_decref(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refs), cmocka_unit_test(slips),
        cmocka_unit_test(revocation_files), cmocka_unit_test(revocation_files_refused), cmocka_unit_test(bodies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

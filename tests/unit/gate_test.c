/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tm.h"
#include "service/http/gate.h"
#include "service/sign/ca.h"
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY TM_DAY_MS

struct authority {
    EVP_PKEY *key;
    X509 *cert;
    struct buf der;
};

struct world {
    struct authority terminal, admin, foreign;
    struct gate *gate;
};

static void make(struct authority *a)
{
    int64_t now = tm_wall_utc_ms();
    a->key = key_generate();
    assert_int_equal(ca_new(a->key, "test", now - DAY, now + 100 * DAY, &a->cert), ERR_OK);
    buf_init(&a->der, CA_CERT_MAX);
    assert_int_equal(ca_cert_der(a->cert, &a->der), ERR_OK);
}

static int begin(void **state)
{
    static struct world w;
    make(&w.terminal);
    make(&w.admin);
    make(&w.foreign);
    w.gate = gate_new(&w.terminal.der, &w.admin.der);
    *state = &w;
    return !w.gate;
}

static void drop(struct authority *a)
{
    X509_free(a->cert);
    key_free(&a->key);
    buf_release(&a->der);
}

static int end(void **state)
{
    struct world *w = *state;
    gate_free(&w->gate);
    drop(&w->terminal);
    drop(&w->admin);
    drop(&w->foreign);
    return 0;
}

static struct gate_peer judged(struct world *w, struct authority *by, enum ca_role role, int64_t from, int64_t to)
{
    struct gate_peer p = {0};
    EVP_PKEY *key = key_generate();
    X509 *cert = NULL;
    struct buf der;
    const struct ca_client c = {role, {7}, from, to};
    buf_init(&der, CA_CERT_MAX);
    assert_int_equal(ca_client(by->cert, by->key, key, &c, &cert), ERR_OK);
    assert_int_equal(ca_cert_der(cert, &der), ERR_OK);
    const gnutls_datum_t chain = {der.data, (unsigned)der.len};
    gate_judge(w->gate, &chain, 1, &p);
    assert_true(p.judged);
    buf_release(&der);
    X509_free(cert);
    key_free(&key);
    return p;
}

static void role_is_the_authoritys_and_the_names(void **state)
{
    struct world *w = *state;
    int64_t now = tm_wall_utc_ms();
    struct gate_peer p = judged(w, &w->terminal, CA_TERMINAL, now, now + DAY);
    assert_int_equal(p.verdict, ERR_OK);
    assert_int_equal(p.role, STORE_ROLE_TERMINAL);
    assert_int_equal(p.id[0], 7);
    assert_in_range(p.not_after_utc_ms, now + DAY - 1000, now + DAY);
    p = judged(w, &w->admin, CA_ADMIN, now, now + DAY);
    assert_int_equal(p.verdict, ERR_OK);
    assert_int_equal(p.role, STORE_ROLE_ADMIN);
    assert_int_equal(judged(w, &w->terminal, CA_ADMIN, now, now + DAY).verdict, ERR_UNAUTHORIZED);
    assert_int_equal(judged(w, &w->admin, CA_TERMINAL, now, now + DAY).verdict, ERR_UNAUTHORIZED);
    assert_int_equal(judged(w, &w->foreign, CA_TERMINAL, now, now + DAY).verdict, ERR_UNAUTHORIZED);
}

static void dates_are_judged(void **state)
{
    struct world *w = *state;
    int64_t now = tm_wall_utc_ms();
    assert_int_equal(judged(w, &w->terminal, CA_TERMINAL, now - DAY, now - 1000).verdict, ERR_CERT_EXPIRED);
    assert_int_equal(judged(w, &w->terminal, CA_TERMINAL, now + DAY, now + 2 * DAY).verdict, ERR_CERT_NOT_YET);
}

static void what_is_no_client_certificate_is_refused(void **state)
{
    struct world *w = *state;
    struct gate_peer p = {0};
    const gnutls_datum_t ca = {w->terminal.der.data, (unsigned)w->terminal.der.len};
    gate_judge(w->gate, &ca, 1, &p); /* the authority itself */
    assert_int_equal(p.verdict, ERR_UNAUTHORIZED);
    const gnutls_datum_t none = {(unsigned char *)"0", 1};
    gate_judge(w->gate, &none, 1, &p);
    assert_int_equal(p.verdict, ERR_UNAUTHORIZED);
    gnutls_datum_t many[8];
    for (int i = 0; i < 8; i++)
        many[i] = ca;
    gate_judge(w->gate, many, 8, &p);
    assert_int_equal(p.verdict, ERR_UNAUTHORIZED);
    gate_judge(w->gate, NULL, 0, &p);
    assert_int_equal(p.verdict, ERR_UNAUTHORIZED);
}

static void names_are_exact(void **state)
{
    static const char good[] = "urn:huika:terminal:01KJVX8N00CHECK0VTAAAAAAAA";
    static const char *const bad[] = {"", "urn:huika:terminal:", "urn:huika:terminal:01KJVX8N00CHECK0VTAAAAAAA",
        "urn:huika:terminal:01KJVX8N00CHECK0VTAAAAAAAAA", "urn:huika:terminal:01kjvx8n00check0vtaaaaaaaa",
        "URN:HUIKA:TERMINAL:01KJVX8N00CHECK0VTAAAAAAAA", "urn:huika:admin:terminal:01KJVX8N00CHECK0VTAAAAAAAA",
        "urn:huika:operator:01KJVX8N00CHECK0VTAAAAAAAA", " urn:huika:terminal:01KJVX8N00CHECK0VTAAAAAAAA",
        "urn:huika:terminal:81KJVX8N00CHECK0VTAAAAAAAA"};
    enum store_role role = STORE_ROLE_NONE;
    uint8_t id[STORE_ID] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(gate_uri(bad[i], strlen(bad[i]), &role, id), ERR_BAD_VALUE);
    assert_int_equal(gate_uri(good, sizeof good, &role, id), ERR_BAD_VALUE); /* a NUL behind it */
    assert_int_equal(role, STORE_ROLE_NONE);
    assert_int_equal(gate_uri(good, sizeof good - 1, &role, id), ERR_OK);
    assert_int_equal(role, STORE_ROLE_TERMINAL);
    assert_int_equal(gate_uri("urn:huika:admin:01KJVX8N00CHECK0VTAAAAAAAA", 42, &role, id), ERR_OK);
    assert_int_equal(role, STORE_ROLE_ADMIN);
}

static void nothing_shown_is_nobody(void **state)
{
    struct world *w = *state;
    struct gate_peer p = {0};
    assert_int_equal(gate_admit(w->gate, NULL, NULL, &p, STORE_ROLE_TERMINAL, 0), ERR_UNAUTHORIZED);
    assert_int_equal(gate_admit(w->gate, NULL, NULL, &p, STORE_ROLE_ADMIN, 0), ERR_UNAUTHORIZED);
    assert_int_equal(gate_admit(w->gate, NULL, NULL, &p, STORE_ROLE_NONE, 0), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(role_is_the_authoritys_and_the_names),
        cmocka_unit_test(dates_are_judged),
        cmocka_unit_test(what_is_no_client_certificate_is_refused),
        cmocka_unit_test(names_are_exact),
        cmocka_unit_test(nothing_shown_is_nobody),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, certification requests and PKCS#7 of service/sign/ca, judged by OpenSSL's own verification. */
#include "base/tm.h"
#include "service/sign/ca.h"
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after those above */
#include <cmocka.h>

#define NOW INT64_C(1800000000000)

struct authority {
    EVP_PKEY *key;
    X509 *cert;
};

static int authority_up(void **state)
{
    static struct authority a;
    a.key = key_generate();
    assert_int_equal(ca_new(a.key, "Test CA", NOW, NOW + 2 * CA_YEAR_MS, &a.cert), ERR_OK);
    *state = &a;
    return 0;
}

static int authority_down(void **state)
{
    struct authority *a = *state;
    key_free(&a->key);
    X509_free(a->cert);
    return 0;
}

/* X509_V_OK, or why not; at `at_ms`, for that purpose. */
static int judge(X509 *ca, X509 *cert, int purpose, int64_t at_ms)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, cert, NULL);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_purpose(ctx, purpose);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)(at_ms / 1000));
    int rc = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return rc;
}

static X509 *client_of(const struct authority *a, enum ca_role role, int64_t to_ms)
{
    X509 *cert = NULL;
    EVP_PKEY *key = key_generate();
    struct ca_client c = {.role = role, .id = {1, 2, 3}, .from_utc_ms = NOW, .to_utc_ms = to_ms};
    assert_int_equal(ca_client(a->cert, a->key, key, &c, &cert), ERR_OK);
    key_free(&key);
    return cert;
}

static void test_a_client_certificate_says_who_and_what_for(void **state)
{
    const struct authority *a = *state;
    X509 *cert = client_of(a, CA_TERMINAL, NOW + CA_YEAR_MS);
    assert_int_equal(judge(a->cert, cert, X509_PURPOSE_SSL_CLIENT, NOW), X509_V_OK);
    assert_int_equal(judge(a->cert, cert, X509_PURPOSE_SSL_SERVER, NOW), X509_V_ERR_INVALID_PURPOSE);
    assert_int_equal(
        judge(a->cert, cert, X509_PURPOSE_SSL_CLIENT, NOW + CA_YEAR_MS + 2000), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(ca_not_after_utc_ms(cert), NOW + CA_YEAR_MS);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 1);
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, 0);
    assert_int_equal(name->type, GEN_URI);
    char id[ULID_LEN + 1], uri[64];
    ulid_encode((const uint8_t[ULID_SIZE]){1, 2, 3}, id);
    snprintf(uri, sizeof uri, "urn:huika:terminal:%s", id);
    assert_string_equal((const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier), uri);
    GENERAL_NAMES_free(names);
    X509_free(cert);
}

static void test_no_certificate_outlives_its_authority(void **state)
{
    const struct authority *a = *state;
    X509 *cert = client_of(a, CA_ADMIN, NOW + 10 * CA_YEAR_MS);
    assert_int_equal(ca_not_after_utc_ms(cert), NOW + 2 * CA_YEAR_MS);
    X509_free(cert);
    assert_int_equal(X509_get_pathlen(a->cert), 0);
    struct ca_client none = {.role = CA_NONE};
    assert_int_equal(ca_client(a->cert, a->key, a->key, &none, &cert), ERR_BAD_VALUE);
}

static void test_serials_are_long_and_differ(void **state)
{
    const struct authority *a = *state;
    X509 *x = client_of(a, CA_ADMIN, NOW + CA_YEAR_MS), *y = client_of(a, CA_ADMIN, NOW + CA_YEAR_MS);
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(x), X509_get0_serialNumber(y)), 0);
    assert_true(ASN1_STRING_length(X509_get0_serialNumber(x)) >= 12);
    X509_free(x);
    X509_free(y);
}

static void test_a_client_certificate_signs_no_other(void **state)
{
    const struct authority *a = *state;
    struct authority sub = {.key = key_generate(), .cert = NULL};
    struct ca_client c = {.role = CA_ADMIN, .from_utc_ms = NOW, .to_utc_ms = NOW + CA_YEAR_MS};
    assert_int_equal(ca_client(a->cert, a->key, sub.key, &c, &sub.cert), ERR_OK);
    X509 *cert = client_of(&sub, CA_ADMIN, NOW + CA_YEAR_MS);
    assert_int_not_equal(judge(a->cert, cert, X509_PURPOSE_SSL_CLIENT, NOW), X509_V_OK);
    X509_free(cert);
    X509_free(sub.cert);
    key_free(&sub.key);
}

static void test_a_server_certificate_is_for_its_names(void **state)
{
    const struct authority *a = *state;
    X509 *cert = NULL;
    EVP_PKEY *key = key_generate();
    const char *const hosts[] = {"localhost", "service.example", "10.1.2.3", "2001:db8::5", NULL};
    assert_int_equal(ca_server(a->cert, a->key, key, hosts, NOW, NOW + CA_YEAR_MS, &cert), ERR_OK);
    assert_int_equal(judge(a->cert, cert, X509_PURPOSE_SSL_SERVER, NOW), X509_V_OK);
    assert_int_equal(judge(a->cert, cert, X509_PURPOSE_SSL_CLIENT, NOW), X509_V_ERR_INVALID_PURPOSE);
    assert_int_equal(X509_check_host(cert, "service.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "other.example", 0, 0, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            X509_check_ip_asc(cert, (const char *const[]){"127.0.0.1", "::1", "10.1.2.3", "2001:db8::5"}[i], 0), 1);
    X509_free(cert);
    static const char *const bad[] = {"a,DNS:b", "", "-x", "a b", "*.example", "a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            ca_server(a->cert, a->key, key, (const char *const[]){bad[i], NULL}, NOW, NOW, &cert), ERR_BAD_VALUE);
    assert_int_equal(ca_server(a->cert, a->key, key, (const char *const[]){NULL}, NOW, NOW, &cert), ERR_BAD_VALUE);
    key_free(&key);
}

/* A request in DER signed with `signer`. */
static size_t request(EVP_PKEY *key, EVP_PKEY *signer, uint8_t *out, size_t max)
{
    unsigned char *der = NULL;
    X509_REQ *req = X509_REQ_new();
    assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
    assert_true(X509_REQ_sign(req, signer, EVP_sha256()) > 0);
    int n = i2d_X509_REQ(req, &der);
    assert_true(n > 0 && (size_t)n <= max);
    memcpy(out, der, (size_t)n);
    OPENSSL_free(der);
    X509_REQ_free(req);
    return (size_t)n;
}

static void test_a_request_must_be_signed_by_its_own_key(void **state)
{
    (void)state;
    uint8_t der[4096];
    EVP_PKEY *key = key_generate(), *other = key_generate(), *got = NULL;
    size_t n = request(key, key, der, sizeof der);
    assert_int_equal(ca_csr_key(der, n, &got), ERR_OK);
    assert_int_equal(EVP_PKEY_eq(got, key), 1);
    key_free(&got);
    assert_int_equal(ca_csr_key(der, n - 1, &got), ERR_BAD_VALUE);
    der[n] = 0;
    assert_int_equal(ca_csr_key(der, n + 1, &got), ERR_BAD_VALUE);
    n = request(key, other, der, sizeof der);
    assert_int_equal(ca_csr_key(der, n, &got), ERR_BAD_SIGNATURE);
    assert_int_equal(ca_csr_key((const uint8_t *)"", 0, &got), ERR_BAD_VALUE);
    assert_null(got);
    key_free(&key);
    key_free(&other);
}

static void test_only_p256_is_certified(void **state)
{
    (void)state;
    uint8_t der[4096];
    EVP_PKEY *got = NULL;
    EVP_PKEY *foreign[] = {EVP_RSA_gen(2048), EVP_EC_gen("P-384"), EVP_EC_gen("secp256k1")};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        size_t n = request(foreign[i], foreign[i], der, sizeof der);
        assert_int_equal(ca_csr_key(der, n, &got), ERR_BAD_VALUE);
        assert_null(got);
        EVP_PKEY_free(foreign[i]);
    }
}

static void test_certs_only_pkcs7_holds_certificates_and_nothing_else(void **state)
{
    const struct authority *a = *state;
    X509 *leaf = client_of(a, CA_TERMINAL, NOW + CA_YEAR_MS);
    X509 *const certs[] = {leaf, a->cert};
    struct buf b;
    buf_init(&b, 8192);
    assert_int_equal(ca_pkcs7(certs, 2, &b), ERR_OK);
    const unsigned char *p = b.data;
    PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)b.len);
    assert_non_null(p7);
    assert_ptr_equal(p, b.data + b.len);
    assert_true(PKCS7_type_is_signed(p7));
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0), leaf), 0);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info), 0);
    assert_int_equal(ca_pkcs7(certs, 0, &b), ERR_INTERNAL);
    PKCS7_free(p7);
    X509_free(leaf);
    buf_release(&b);
}

static void test_der_there_and_back(void **state)
{
    const struct authority *a = *state;
    struct buf b;
    X509 *x = NULL;
    buf_init(&b, CA_CERT_MAX);
    assert_int_equal(ca_cert_der(a->cert, &b), ERR_OK);
    assert_int_equal(ca_cert_from_der(b.data, b.len, &x), ERR_OK);
    assert_int_equal(X509_cmp(x, a->cert), 0);
    X509_free(x);
    x = NULL;
    assert_int_equal(ca_cert_from_der(b.data, b.len - 1, &x), ERR_BAD_VALUE);
    assert_int_equal(buf_add_u8(&b, 0), ERR_OK);
    assert_int_equal(ca_cert_from_der(b.data, b.len, &x), ERR_BAD_VALUE);
    assert_null(x);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_certificate_says_who_and_what_for),
        cmocka_unit_test(test_no_certificate_outlives_its_authority),
        cmocka_unit_test(test_serials_are_long_and_differ),
        cmocka_unit_test(test_a_client_certificate_signs_no_other),
        cmocka_unit_test(test_a_server_certificate_is_for_its_names),
        cmocka_unit_test(test_a_request_must_be_signed_by_its_own_key),
        cmocka_unit_test(test_only_p256_is_certified),
        cmocka_unit_test(test_certs_only_pkcs7_holds_certificates_and_nothing_else),
        cmocka_unit_test(test_der_there_and_back),
    };
    return cmocka_run_group_tests(tests, authority_up, authority_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Making certificates. Reading requests and wrapping answers is ca_wire.c. */
#include "service/sign/ca.h"
#include "base/text.h"
#include "proto/invite.h"
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { SERIAL = 16, URI_MAX = 64 };

const char *ca_role_name(enum ca_role role)
{
    return role == CA_TERMINAL ? "terminal" : role == CA_ADMIN ? "admin" : NULL;
}

/* 128 random bits, positive, never zero (RFC 5280 section 4.1.2.2). */
static bool set_serial(X509 *x)
{
    uint8_t raw[SERIAL];
    if (RAND_bytes(raw, sizeof raw) != 1)
        return false;
    raw[0] |= 1;
    BIGNUM *n = BN_bin2bn(raw, sizeof raw, NULL);
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return good;
}

static bool set_name(X509_NAME *name, const char *common_name, const char *unit)
{
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Huika", -1, -1, 0) == 1 &&
           (!unit ||
               X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8, (const unsigned char *)unit, -1, -1, 0) == 1) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool set_times(X509 *x, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(from_utc_ms / 1000)) &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(to_utc_ms / 1000));
}

/* Only fixed texts of ours come here; names and addresses are added as values, not as text to be parsed. */
static bool add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = ext && X509_add_ext(x, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return good;
}

static X509 *begin(EVP_PKEY *key, const char *common_name, const char *unit, int64_t from_utc_ms, int64_t to_utc_ms)
{
    X509 *x = X509_new();
    if (x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_times(x, from_utc_ms, to_utc_ms) &&
        set_name(X509_get_subject_name(x), common_name, unit) && X509_set_pubkey(x, key) == 1)
        return x;
    X509_free(x);
    return NULL;
}

static enum err finish(X509 *x, X509 *issuer, EVP_PKEY *issuer_key, bool good, X509 **out)
{
    good = good && X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
           add_ext(x, issuer, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(x, issuer_key, EVP_sha256()) > 0;
    if (!good) {
        X509_free(x);
        return ERR_INTERNAL;
    }
    *out = x;
    return ERR_OK;
}

enum err ca_new(EVP_PKEY *key, const char *common_name, int64_t from_utc_ms, int64_t to_utc_ms, X509 **out)
{
    X509 *x = begin(key, common_name, NULL, from_utc_ms, to_utc_ms);
    if (!x)
        return ERR_NOMEM;
    bool good = add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                add_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                add_ext(x, x, NID_subject_key_identifier, "hash");
    return finish(x, x, key, good, out);
}

enum err ca_sealing(EVP_PKEY *key, int64_t from_utc_ms, int64_t to_utc_ms, X509 **out)
{
    X509 *x = begin(key, "Huika sealing", NULL, from_utc_ms, to_utc_ms);
    if (!x)
        return ERR_NOMEM;
    bool good = add_ext(x, x, NID_basic_constraints, "critical,CA:FALSE") &&
                add_ext(x, x, NID_key_usage, "critical,keyAgreement") &&
                add_ext(x, x, NID_subject_key_identifier, "hash");
    return finish(x, x, key, good, out);
}

static bool add_name(GENERAL_NAMES *names, int type, const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = type == GEN_IPADD ? a2i_IPADDRESS(text) : ASN1_IA5STRING_new();
    if (!name || !value || (type != GEN_IPADD && ASN1_STRING_set(value, text, (int)strlen(text)) != 1)) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name))
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool is_address(const char *host)
{
    ASN1_OCTET_STRING *ip = a2i_IPADDRESS(host);
    ASN1_OCTET_STRING_free(ip);
    return ip != NULL;
}

static bool add_hosts(X509 *x, const char *const *hosts)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool good = names != NULL;
    for (; good && *hosts; hosts++) {
        good = add_name(names, is_address(*hosts) ? GEN_IPADD : GEN_DNS, *hosts);
        if (good && !strcmp(*hosts, "localhost"))
            good = add_name(names, GEN_IPADD, "127.0.0.1") && add_name(names, GEN_IPADD, "::1");
    }
    good = good && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return good;
}

static bool hosts_ok(const char *const *hosts)
{
    size_t n = 0;
    while (hosts[n])
        if (n == CA_HOSTS || !invite_host_ok(hosts[n++]))
            return false;
    return n > 0;
}

enum err ca_server(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const char *const *hosts, int64_t from_utc_ms,
    int64_t to_utc_ms, X509 **out)
{
    if (!hosts_ok(hosts))
        return ERR_BAD_VALUE;
    X509 *x = begin(key, "Huika service", NULL, from_utc_ms, to_utc_ms);
    if (!x)
        return ERR_NOMEM;
    bool good = add_ext(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
                add_ext(x, ca, NID_key_usage, "critical,digitalSignature") &&
                add_ext(x, ca, NID_ext_key_usage, "serverAuth") && add_hosts(x, hosts) &&
                add_ext(x, ca, NID_subject_key_identifier, "hash");
    return finish(x, ca, ca_key, good, out);
}

static bool add_uri(X509 *x, const char *role, const char *id)
{
    char uri[URI_MAX];
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    snprintf(uri, sizeof uri, "urn:huika:%s:%s", role, id);
    bool good = names && add_name(names, GEN_URI, uri) && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return good;
}

enum err ca_client(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const struct ca_client *c, X509 **out)
{
    char id[ULID_LEN + 1];
    const char *role = ca_role_name(c->role);
    int64_t end = ca_not_after_utc_ms(ca);
    if (!role)
        return ERR_BAD_VALUE;
    ulid_encode(c->id, id);
    X509 *x = begin(key, id, role, c->from_utc_ms - 300000, c->to_utc_ms < end ? c->to_utc_ms : end);
    if (!x)
        return ERR_NOMEM;
    bool good = add_ext(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
                add_ext(x, ca, NID_key_usage, "critical,digitalSignature") &&
                add_ext(x, ca, NID_ext_key_usage, "clientAuth") && add_uri(x, role, id) &&
                add_ext(x, ca, NID_subject_key_identifier, "hash");
    return finish(x, ca, ca_key, good, out);
}

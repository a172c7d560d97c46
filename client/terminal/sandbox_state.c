/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox's state directory: what enrolment would have made, signed by keys that are thrown away. */
#include "base/file.h"
#include "base/text.h"
#include "base/tm.h"
#include "base/ulid.h"
#include "client/terminal/sandbox.h"
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERT_MAX = 1024, TERMINAL_NUMBER = 1 };
#define YEARS_MS (INT64_C(20) * 365 * TM_DAY_MS)

struct making {
    struct state state;
    struct state_info info;
    EVP_PKEY *root, *notice, *card, *device;
    int64_t now_utc_ms, until_utc_ms;
};

static json_t *base64(const uint8_t *p, size_t n)
{
    char text[TEXT_BASE64_LEN(CERT_MAX) + 1];
    text_base64(p, n, text);
    return json_string(text);
}

static json_t *spki(const EVP_PKEY *k)
{
    struct buf b;
    buf_init(&b, KEY_SPKI_MAX);
    json_t *v = key_spki(k, &b) ? NULL : base64(b.data, b.len);
    buf_release(&b);
    return v;
}

/* A certificate of the device key with its own signature: numbers are sealed to it, and nobody can open them but this directory. */
static json_t *sealing_cert(EVP_PKEY *k)
{
    uint8_t der[CERT_MAX], *p = der;
    X509 *x = X509_new();
    json_t *v = NULL;
    if (x && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
        X509_gmtime_adj(X509_getm_notBefore(x), 0) && X509_gmtime_adj(X509_getm_notAfter(x), 86400L * 365 * 20) &&
        X509_set_pubkey(x, k) &&
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"huika sandbox", -1, -1, 0) &&
        X509_set_issuer_name(x, X509_get_subject_name(x)) && X509_sign(x, k, EVP_sha256())) {
        int n = i2d_X509(x, NULL);
        if (n > 0 && n <= CERT_MAX && i2d_X509(x, &p) == n)
            v = base64(der, (size_t)n);
    }
    X509_free(x);
    return v;
}

static json_t *trust_json(const struct making *m)
{
    char id[KEY_ID_LEN + 1];
    if (key_id(m->notice, id))
        return NULL;
    return json_pack(
        "{s:i, s:I, s:I, s:{s:o}, s:[{s:s, s:s, s:o, s:[s]}], s:[{s:i, s:o}], s:o, s:[s], s:[s], s:s, s:{s:b, s:b}}",
        "version", 1, "issued_ms", (json_int_t)m->now_utc_ms, "not_after_ms", (json_int_t)m->until_utc_ms, "root",
        "spki", spki(m->root), "keys", "id", id, "alg", "ecdsa-p256-sha256", "spki", spki(m->notice), "kinds", "shop",
        "card_keys", "number", 1, "spki", spki(m->card), "sealing_cert", sealing_cert(m->device), "card_hosts",
        SANDBOX_HOST, "legacy_prefixes", "https://" SANDBOX_HOST "/card", "public_url", "https://" SANDBOX_HOST,
        "offline", "qr", 1, "keyed", 0);
}

/* Every offer counts its uses, so that reserving is part of each sale. */
static json_t *offers_json(int64_t now_utc_ms)
{
    char a[ULID_LEN + 1], b[ULID_LEN + 1];
    if (ulid_new_text(now_utc_ms, a) || ulid_new_text(now_utc_ms, b))
        return NULL;
    return json_pack("[{s:s, s:s, s:s, s:i, s:i, s:[s], s:i}, {s:s, s:s, s:s, s:i, s:i, s:[s], s:i}]", "id", a, "title",
        "测试八八折", "kind", "percent", "rate_bp", 1200, "cap_fen", 5000, "exclude", "tobacco", "per_card_day", 100,
        "id", b, "title", "测试满300减60", "kind", "off_over", "over_fen", 30000, "off_fen", 6000, "exclude", "tobacco",
        "per_card_day", 2);
}

static json_t *shop_json(const struct making *m)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "version", 1, "shop_id",
        m->info.shop_id, "name", "测试商户（沙箱）", "category", "dining", "region", "410102", "org_name", "测试工会",
        "standing", "listed", "reason", "", "since_ms", (json_int_t)m->now_utc_ms, "issued_ms",
        (json_int_t)m->now_utc_ms, "offers", offers_json(m->now_utc_ms));
}

static enum err write_notice(const struct making *m, enum notice_kind kind, EVP_PKEY *key, const char *name, json_t *v)
{
    struct buf payload, envelope;
    buf_init(&payload, NOTICE_MAX);
    buf_init(&envelope, NOTICE_MAX);
    enum err e = v ? jsonx_write(v, &payload) : ERR_NOMEM;
    if (!e)
        e = notice_seal(kind, payload.data, payload.len, key, &envelope);
    if (!e)
        e = state_write(&m->state, name, envelope.data, envelope.len);
    json_decref(v);
    buf_release(&payload);
    buf_release(&envelope);
    return e;
}

static enum err make_keys(struct making *m)
{
    char path[STATE_PATH_MAX];
    m->root = key_generate();
    m->notice = key_generate();
    m->card = sandbox_card_key();
    m->device = key_generate();
    state_path(&m->state, STATE_KEY, path);
    return m->root && m->notice && m->card && m->device ? key_save_pem(path, m->device) : ERR_NOMEM;
}

static enum err make_ids(struct making *m)
{
    enum err e = ulid_new_text(m->now_utc_ms, m->info.terminal_id);
    if (!e)
        e = ulid_new_text(m->now_utc_ms, m->info.shop_id);
    m->info.number = TERMINAL_NUMBER;
    m->info.epoch = 1;
    return e ? e : text_copy(m->info.url, sizeof m->info.url, SANDBOX_URL);
}

static enum err make(const char *dir)
{
    struct making m = {.now_utc_ms = clock_system.utc_ms(clock_system.ctx)};
    enum err e = state_begin(dir, &m.state);
    if (e)
        return e;
    m.until_utc_ms = m.now_utc_ms + YEARS_MS;
    e = make_ids(&m);
    if (!e)
        e = make_keys(&m);
    if (!e)
        e = write_notice(&m, NOTICE_TRUST, m.root, STATE_TRUST, trust_json(&m));
    if (!e)
        e = write_notice(&m, NOTICE_SHOP, m.notice, STATE_SHOP, shop_json(&m));
    if (!e)
        e = state_commit(&m.state, &m.info, NULL);
    key_free(&m.root);
    key_free(&m.notice);
    key_free(&m.card);
    key_free(&m.device);
    state_release(&m.state);
    return e;
}

bool sandbox_is(const struct state_info *info)
{
    return !strcmp(info->url, SANDBOX_URL);
}

enum err sandbox_prepare(const char *dir, char out[static STATE_DIR_MAX + 1])
{
    const char *tmp = getenv("TMPDIR");
    struct state s;
    if (dir) {
        enum err e = text_copy(out, STATE_DIR_MAX + 1, dir);
        if (!e)
            e = state_peek(dir, &s);
        if (e != ERR_STATE_MISSING)
            return e ? e : sandbox_is(&s.info) ? ERR_OK : ERR_SANDBOX;
        return make(dir);
    }
    tmp = tmp && *tmp ? tmp : "/tmp";
    int n = snprintf(out, STATE_DIR_MAX + 1, "%s/huika-sandbox-XXXXXX", tmp);
    if (n < 0 || n > STATE_DIR_MAX)
        return ERR_TOO_LARGE;
    return mkdtemp(out) ? make(out) : ERR_IO;
}

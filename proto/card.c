/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/card.h"
#include "base/text.h"
#include "base/tm.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME      "HTTPS://"
#define SCHEME_LEN  8
#define PATH        "/C/"
#define PATH_LEN    3
#define PAYLOAD_LEN TEXT_BASE32_LEN(CARD_QR_SIZE)
#define FORMAT_1    1
#define DAY_2020    18262 /* 2020-01-01, days since 1970 */
#define TRACK2_MAX  40    /* ISO/IEC 7813: sentinels and LRC included */
#define LAST4_MAX   9999
#define TAG         "huika-card-v1" /* signed with its closing 0 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && is_digit(s[n]))
        n++;
    return n;
}

/* ISO 7064 MOD 11-2 of GB 11643 */
static bool check_character_fits(const char *s)
{
    unsigned sum = 0, check = s[17] == 'X' || s[17] == 'x' ? 10 : (unsigned)(s[17] - '0');
    for (int i = 0; i < 17; i++)
        sum = (sum + (unsigned)(s[i] - '0')) * 2 % 11;
    return (sum + check) % 11 == 1;
}

/* GB 11643: region, date of birth, serial, check character. One with a digit mistyped is still somebody's, so region and date are
 * enough; but 62 is UnionPay's prefix as well as Gansu's: there the check character must fit. */
static bool is_identity_number(const char *s)
{
    static const char regions[] =
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 "
        "71 81 82 83 91";
    char region[3] = {s[0], s[1], 0},
         date[TM_DAY_LEN + 1] = {s[6], s[7], s[8], s[9], '-', s[10], s[11], '-', s[12], s[13], 0};
    int32_t day;
    bool century = !strncmp(date, "19", 2) || !strncmp(date, "20", 2);
    return century && tm_day_parse(date, &day) && strstr(regions, region) &&
           (strcmp(region, "62") != 0 || check_character_fits(s));
}

enum err card_number_check(const char *s, size_t len)
{
    size_t n = digits_at(s, len);
    bool x = n + 1 == len && (s[n] == 'X' || s[n] == 'x');
    if (x && (n == 15 || n == 17))
        return ERR_ID_NUMBER;
    if (n != len || n < CARD_NUMBER_MIN || n > CARD_NUMBER_MAX)
        return ERR_BAD_NUMBER;
    return n == 18 && is_identity_number(s) ? ERR_ID_NUMBER : ERR_OK;
}

bool card_number_luhn(const char *digits, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(digits[len - 1 - i]))
            return false;
        unsigned d = (unsigned)(digits[len - 1 - i] - '0');
        sum += i % 2 ? d * 2 / 10 + d * 2 % 10 : d;
    }
    return len && sum % 10 == 0;
}

enum err card_number_strip(const char *s, size_t len, char out[static CARD_NUMBER_MAX + 1])
{
    char kept[CARD_NUMBER_MAX + 1] = {0};
    size_t n = 0;
    enum err e = ERR_OK;
    for (size_t i = 0; i < len && !e; i++) {
        if (s[i] == ' ' || s[i] == '-')
            continue;
        if (n == CARD_NUMBER_MAX)
            e = ERR_BAD_NUMBER;
        else
            kept[n++] = s[i];
    }
    if (!e && digits_at(kept, n) != n)
        e = card_number_check(kept, n) == ERR_ID_NUMBER ? ERR_ID_NUMBER : ERR_BAD_NUMBER;
    if (!e)
        memcpy(out, kept, sizeof kept);
    OPENSSL_cleanse(kept, sizeof kept);
    return e;
}

/* `want` digits, or one field separator in their place; what is left of the track, NULL if neither. */
static const char *field_or_separator(const char *p, const char *end, size_t want)
{
    if (p < end && *p == '=')
        return p + 1;
    return digits_at(p, (size_t)(end - p)) >= want ? p + want : NULL;
}

enum err card_track2(const char *track, size_t len, char out[static CARD_NUMBER_MAX + 1])
{
    const char *end = track + len, *pan = track + 1, *p;
    if (len < 2 || len > TRACK2_MAX || *track != ';')
        return ERR_SWIPE_AGAIN;
    size_t n = digits_at(pan, len - 1);
    p = pan + n;
    if (!n || n > CARD_NUMBER_MAX || p == end || *p != '=')
        return ERR_SWIPE_AGAIN;
    p = field_or_separator(p + 1, end, 4);
    p = p ? field_or_separator(p, end, 3) : NULL;
    while (p && p < end && *p >= '0' && *p <= '>')
        p++;
    if (!p || p == end || *p != '?' || end - p > 2)
        return ERR_SWIPE_AGAIN;
    if (n < CARD_NUMBER_MIN)
        return ERR_BAD_NUMBER;
    memcpy(out, pan, n);
    out[n] = 0;
    return ERR_OK;
}

uint16_t card_last4(const char *digits, size_t len)
{
    unsigned v = 0;
    for (size_t i = len - 4; i < len; i++)
        v = v * 10 + (unsigned)(digits[i] - '0');
    return (uint16_t)v;
}

void card_mask_name(const char *name, char out[static CARD_MASKED_MAX + 1])
{
    size_t o = 1;
    if (!*name) {
        *out = 0;
        return;
    }
    *out = '*';
    for (const char *p = name + text_char_len(name); *p;) {
        size_t n = text_char_len(p);
        if (o + n > CARD_MASKED_MAX)
            break;
        memcpy(out + o, p, n);
        o += n;
        p += n;
    }
    out[o] = 0;
}

static bool lower_host(const char *host, size_t len, char out[static CARD_HOST_MAX + 1])
{
    memset(out, 0, CARD_HOST_MAX + 1);
    if (!len || len > CARD_HOST_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
        if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '.' && c != '-')
            return false;
        out[i] = c;
    }
    return true;
}

static void signed_part(const struct card_qr *qr, uint8_t raw[static CARD_SIGNED])
{
    raw[0] = FORMAT_1;
    raw[1] = qr->key_number;
    memcpy(raw + 2, qr->token, CARD_TOKEN);
    raw[12] = (uint8_t)(qr->last4 >> 8);
    raw[13] = (uint8_t)qr->last4;
    raw[14] = (uint8_t)(qr->expiry_day >> 8);
    raw[15] = (uint8_t)qr->expiry_day;
}

static void message(const struct card_qr *qr, uint8_t msg[static sizeof TAG + CARD_SIGNED])
{
    memcpy(msg, TAG, sizeof TAG);
    signed_part(qr, msg + sizeof TAG);
}

enum err card_encode(struct card_qr *qr, const char *host, EVP_PKEY *key, char out[static CARD_QR_TEXT_MAX + 1])
{
    uint8_t msg[sizeof TAG + CARD_SIGNED], raw[CARD_QR_SIZE];
    char lower[CARD_HOST_MAX + 1];
    if (!lower_host(host, strlen(host), lower) || qr->last4 > LAST4_MAX)
        return ERR_BAD_VALUE;
    message(qr, msg);
    enum err e = key_sign(key, msg, sizeof msg, qr->sig);
    if (e)
        return e;
    memcpy(qr->host, lower, sizeof lower);
    signed_part(qr, raw);
    memcpy(raw + CARD_SIGNED, qr->sig, KEY_SIG);
    char *p = stpcpy(out, SCHEME);
    for (const char *h = lower; *h; h++)
        *p++ = *h >= 'a' && *h <= 'z' ? (char)(*h - 32) : *h;
    p = stpcpy(p, PATH);
    text_base32(raw, sizeof raw, p);
    return ERR_OK;
}

enum err card_decode(const char *text, size_t len, struct card_qr *out)
{
    struct card_qr qr = {0};
    uint8_t raw[CARD_QR_SIZE];
    if (len < SCHEME_LEN || strncasecmp(text, SCHEME, SCHEME_LEN))
        return ERR_CARD_UNKNOWN_SCAN;
    const char *host = text + SCHEME_LEN, *end = text + len, *path = memchr(host, '/', (size_t)(end - host));
    if (!path || !lower_host(host, (size_t)(path - host), qr.host))
        return ERR_CARD_UNKNOWN_SCAN;
    if (end - path < PATH_LEN || strncasecmp(path, PATH, PATH_LEN))
        return ERR_CARD_UNKNOWN_SCAN;
    path += PATH_LEN;
    if (end - path != (ptrdiff_t)PAYLOAD_LEN || text_unbase32(path, PAYLOAD_LEN, raw, sizeof raw) || raw[0] != FORMAT_1)
        return ERR_CARD_MALFORMED;
    qr.key_number = raw[1];
    memcpy(qr.token, raw + 2, CARD_TOKEN);
    qr.last4 = (uint16_t)(raw[12] << 8 | raw[13]);
    qr.expiry_day = (uint16_t)(raw[14] << 8 | raw[15]);
    memcpy(qr.sig, raw + CARD_SIGNED, KEY_SIG);
    if (qr.last4 > LAST4_MAX)
        return ERR_CARD_MALFORMED;
    *out = qr;
    return ERR_OK;
}

static const struct card_key *key_of(const struct card_qr *qr, const struct card_key *keys, size_t key_cnt)
{
    for (size_t i = 0; i < key_cnt; i++)
        if (keys[i].number == qr->key_number && keys[i].key)
            return &keys[i];
    return NULL;
}

enum err card_check_claims(
    const struct card_qr *qr, const char *const *hosts, const struct card_key *keys, size_t key_cnt, int32_t day)
{
    while (*hosts && strcmp(*hosts, qr->host))
        hosts++;
    if (!*hosts)
        return ERR_CARD_FOREIGN_HOST;
    if (!key_of(qr, keys, key_cnt))
        return ERR_CARD_FORGED;
    return day <= card_expiry_to_day(qr->expiry_day) ? ERR_OK : ERR_CARD_EXPIRED;
}

enum err card_check_signature(const struct card_qr *qr, const struct card_key *keys, size_t key_cnt)
{
    uint8_t msg[sizeof TAG + CARD_SIGNED];
    const struct card_key *k = key_of(qr, keys, key_cnt);
    if (!k)
        return ERR_CARD_FORGED;
    message(qr, msg);
    enum err e = k->verifier ? key_verifier_check(k->verifier, msg, sizeof msg, qr->sig)
                             : key_verify(k->key, msg, sizeof msg, qr->sig);
    return e ? ERR_CARD_FORGED : ERR_OK;
}

enum err card_check(
    const struct card_qr *qr, const char *const *hosts, const struct card_key *keys, size_t key_cnt, int32_t day)
{
    enum err e = card_check_claims(qr, hosts, keys, key_cnt, day);
    if ((!e || e == ERR_CARD_EXPIRED) && card_check_signature(qr, keys, key_cnt))
        e = ERR_CARD_FORGED; /* a forger's date says nothing */
    return e;
}

int32_t card_expiry_to_day(uint16_t expiry_day)
{
    return DAY_2020 + expiry_day;
}

enum err card_expiry_from_day(int32_t day, uint16_t *out)
{
    if (day < DAY_2020 || day > DAY_2020 + UINT16_MAX)
        return ERR_BAD_VALUE;
    *out = (uint16_t)(day - DAY_2020);
    return ERR_OK;
}

struct card_hmac {
    EVP_MAC_CTX *ctx;
};

struct card_hmac *card_hmac_new(const uint8_t key[static 32])
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0), OSSL_PARAM_construct_end()};
    struct card_hmac *h = calloc(1, sizeof *h);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (h)
        h->ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (!h || !h->ctx || EVP_MAC_init(h->ctx, key, 32, params) != 1)
        card_hmac_free(&h);
    return h;
}

void card_hmac_free(struct card_hmac **h)
{
    if (!h || !*h)
        return;
    EVP_MAC_CTX_free((*h)->ctx);
    free(*h);
    *h = NULL;
}

enum err card_hmac(struct card_hmac *h, const char *digits, size_t len, uint8_t out[static 32])
{
    uint8_t mac[32];
    size_t n = 0;
    /* Without a key the keyed state is only rewound: five times faster. */
    if (EVP_MAC_init(h->ctx, NULL, 0, NULL) != 1 || EVP_MAC_update(h->ctx, (const unsigned char *)digits, len) != 1 ||
        EVP_MAC_final(h->ctx, mac, &n, sizeof mac) != 1 || n != sizeof mac)
        return ERR_INTERNAL;
    memcpy(out, mac, sizeof mac);
    return ERR_OK;
}

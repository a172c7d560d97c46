/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/invite.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    RAW = INVITE_FINGERPRINT + INVITE_SECRET,
    CODE_LEN = TEXT_BASE32_LEN(RAW), /* 52 */
    DEFAULT_PORT = 8443,
    LABEL_MAX = 63
};
#define HEAD     "HUIKA1/"
#define HEAD_LEN 7

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* RFC 1123 section 2.1: labels of letters, digits and inner hyphens. An IPv4 address has the same form. */
static bool is_name(const char *host)
{
    size_t label = 0;
    for (const char *p = host; *p; p++) {
        if (*p == '.' ? !label || p[-1] == '-' : !is_alnum(*p) && (*p != '-' || !label))
            return false;
        label = *p == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
    }
    return label && host[strlen(host) - 1] != '-';
}

static bool is_ipv6(const char *host)
{
    struct in6_addr a;
    return strspn(host, "0123456789abcdef:.") == strlen(host) && inet_pton(AF_INET6, host, &a) == 1;
}

bool invite_host_ok(const char *host)
{
    return strlen(host) <= INVITE_HOST_MAX && (is_name(host) || is_ipv6(host));
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

enum err invite_encode(const struct invite *v, char out[static INVITE_TEXT_MAX + 1])
{
    uint8_t raw[RAW];
    char code[CODE_LEN + 1];
    if (!invite_host_ok(v->host) || !v->port)
        return ERR_BAD_VALUE;
    memcpy(raw, v->fingerprint, INVITE_FINGERPRINT);
    memcpy(raw + INVITE_FINGERPRINT, v->secret, INVITE_SECRET);
    text_base32(raw, sizeof raw, code);
    bool v6 = is_ipv6(v->host);
    char *p = out + snprintf(out, INVITE_TEXT_MAX + 1, HEAD "%s%s%s:%u/", v6 ? "[" : "", v->host, v6 ? "]" : "",
                        (unsigned)v->port);
    for (char *c = out; c < p; c++)
        *c = upper(*c);
    for (size_t i = 0; i < CODE_LEN; i++) {
        if (i && i % 4 == 0)
            *p++ = '-';
        *p++ = code[i];
    }
    *p = 0;
    OPENSSL_cleanse(raw, sizeof raw);
    OPENSSL_cleanse(code, sizeof code);
    return ERR_OK;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool port_of(const char *s, size_t len, uint16_t *out)
{
    unsigned v = 0;
    if (!len || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        v = v * 10 + (unsigned)(s[i] - '0');
    }
    *out = (uint16_t)v;
    return v && v <= UINT16_MAX;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT. */
static bool address(const char *s, size_t len, struct invite *v)
{
    const char *close = len && *s == '[' ? memchr(s, ']', len) : NULL, *host = s, *colon = NULL;
    size_t host_len = len;
    if (close) {
        host++;
        host_len = (size_t)(close - host);
        if (close + 1 < s + len) {
            if (close[1] != ':')
                return false;
            colon = close + 1;
        }
    } else if ((colon = memchr(s, ':', len))) {
        host_len = (size_t)(colon - s);
    }
    if (!host_len || host_len > INVITE_HOST_MAX || memchr(host, 0, host_len))
        return false;
    for (size_t i = 0; i < host_len; i++)
        v->host[i] = lower(host[i]);
    v->host[host_len] = 0;
    v->port = DEFAULT_PORT;
    if (colon && !port_of(colon + 1, (size_t)(s + len - colon - 1), &v->port))
        return false;
    return invite_host_ok(v->host) && is_ipv6(v->host) == (close != NULL);
}

/* What people write for a letter of base32 (RFC 4648 section 6 has no 0, 1, 8). */
static char unmistake(char c)
{
    return c == '0' ? 'O' : c == '1' ? 'I' : c == '8' ? 'B' : c;
}

static bool code_of(const char *s, size_t len, uint8_t raw[static RAW])
{
    char code[CODE_LEN] = {0};
    size_t n = 0;
    bool good = true;
    for (size_t i = 0; i < len && good; i++) {
        if (s[i] == '-' || is_space(s[i]))
            continue;
        good = n < CODE_LEN;
        if (good)
            code[n++] = unmistake(s[i]);
    }
    good = good && n == CODE_LEN && !text_unbase32(code, CODE_LEN, raw, RAW);
    OPENSSL_cleanse(code, sizeof code);
    return good;
}

enum err invite_decode(const char *text, size_t len, struct invite *out)
{
    struct invite v = {0};
    uint8_t raw[RAW];
    enum err e = ERR_INVITE_UNKNOWN;
    while (len && is_space(*text))
        text++, len--;
    if (len > 4096 || len < HEAD_LEN || strncasecmp(text, HEAD, HEAD_LEN))
        return e;
    const char *host = text + HEAD_LEN, *end = text + len, *slash = memchr(host, '/', (size_t)(end - host));
    if (!slash || !address(host, (size_t)(slash - host), &v) || !code_of(slash + 1, (size_t)(end - slash - 1), raw))
        goto out;
    memcpy(v.fingerprint, raw, INVITE_FINGERPRINT);
    memcpy(v.secret, raw + INVITE_FINGERPRINT, INVITE_SECRET);
    *out = v;
    e = ERR_OK;
out:
    OPENSSL_cleanse(&v, sizeof v);
    OPENSSL_cleanse(raw, sizeof raw);
    return e;
}

enum err invite_fingerprint(EVP_PKEY *ca, EVP_PKEY *root, uint8_t out[static INVITE_FINGERPRINT])
{
    struct buf both;
    uint8_t hash[KEY_HASH];
    buf_init(&both, 2 * 1024); /* the CA's key need not be P-256 */
    enum err e = key_spki(ca, &both);
    if (!e)
        e = key_spki(root, &both);
    if (!e) {
        key_sha256(both.data, both.len, hash);
        memcpy(out, hash, INVITE_FINGERPRINT);
    }
    buf_release(&both);
    return e;
}

void invite_password(const uint8_t secret[static INVITE_SECRET], char out[static INVITE_SECRET_LEN + 1])
{
    text_base32(secret, INVITE_SECRET, out);
}

enum err invite_password_decode(const char *s, size_t len, uint8_t secret[static INVITE_SECRET])
{
    uint8_t raw[INVITE_SECRET];
    enum err e = text_unbase32(s, len, raw, sizeof raw) ? ERR_INVITE_UNKNOWN : ERR_OK;
    if (!e)
        memcpy(secret, raw, sizeof raw);
    OPENSSL_cleanse(raw, sizeof raw);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, cards, and what the linker puts in the place of costly or random calls (sim.mk): a signature is a hash over the message
 * and the number of the key, a sealed number is the number, randomness is the shop's. Keys that a notice names are not decoded
 * again and again: they are found among those that exist. */
#include "base/text.h"
#include "proto/revoked.h"
#include "proto/seal.h"
#include "tests/sim/whole/whole.h"
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct whole_keys whole_keys;

static struct known {
    EVP_PKEY *key;
    char id[KEY_ID_LEN + 1];
    uint8_t spki[KEY_SPKI_MAX];
    size_t len;
} known[64];
static size_t known_cnt;

enum err __real_key_id(const EVP_PKEY *k, char out[static KEY_ID_LEN + 1]);
enum err __real_key_spki(const EVP_PKEY *k, struct buf *b);
enum err __wrap_key_id(const EVP_PKEY *k, char out[static KEY_ID_LEN + 1]);
enum err __wrap_key_spki(const EVP_PKEY *k, struct buf *b);
enum err __wrap_key_from_spki(const uint8_t *der, size_t len, EVP_PKEY **out);
enum err __wrap_key_sign(EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG]);
enum err __wrap_key_verify(EVP_PKEY *k, const void *msg, size_t len, const uint8_t sig[static KEY_SIG]);
struct key_verifier *__wrap_key_verifier_new(EVP_PKEY *k);
void __wrap_key_verifier_free(struct key_verifier **v);
enum err __wrap_key_verifier_check(
    struct key_verifier *v, const void *msg, size_t len, const uint8_t sig[static KEY_SIG]);
enum err __wrap_seal_number(const struct buf *cert, const uint8_t terminal[static ULID_SIZE],
    const uint8_t sale[static ULID_SIZE], const char *digits, struct buf *out);
int __wrap_RAND_bytes(unsigned char *out, int n);
int __wrap_RAND_priv_bytes(unsigned char *out, int n);
ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);

static size_t number_of(const EVP_PKEY *k)
{
    size_t i = 0;
    while (i < known_cnt && known[i].key != k)
        i++;
    if (i == known_cnt)
        abort(); /* a key that came from nowhere */
    return i;
}

static EVP_PKEY *make(void)
{
    struct known *n = &known[known_cnt++];
    struct buf b;
    buf_init(&b, KEY_SPKI_MAX);
    if (!(n->key = key_generate()) || __real_key_id(n->key, n->id) || __real_key_spki(n->key, &b))
        abort();
    memcpy(n->spki, b.data, n->len = b.len);
    buf_release(&b);
    return n->key;
}

enum err __wrap_key_id(const EVP_PKEY *k, char out[static KEY_ID_LEN + 1])
{
    memcpy(out, known[number_of(k)].id, KEY_ID_LEN + 1);
    return ERR_OK;
}

enum err __wrap_key_spki(const EVP_PKEY *k, struct buf *b)
{
    const struct known *n = &known[number_of(k)];
    return buf_add(b, n->spki, n->len);
}

enum err __wrap_key_from_spki(const uint8_t *der, size_t len, EVP_PKEY **out)
{
    for (size_t i = 0; i < known_cnt; i++)
        if (known[i].len == len && !memcmp(known[i].spki, der, len)) {
            EVP_PKEY_up_ref(known[i].key);
            *out = known[i].key;
            return ERR_OK;
        }
    return ERR_BAD_VALUE;
}

static void signature(const EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG])
{
    size_t n = number_of(k);
    key_sha256_pieces((struct key_piece[]){{&n, sizeof n}, {msg, len}}, 2, sig);
    memcpy(sig + KEY_HASH, sig, KEY_HASH);
}

enum err __wrap_key_sign(EVP_PKEY *k, const void *msg, size_t len, uint8_t sig[static KEY_SIG])
{
    signature(k, msg, len, sig);
    return ERR_OK;
}

enum err __wrap_key_verify(EVP_PKEY *k, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    uint8_t want[KEY_SIG];
    signature(k, msg, len, want);
    return memcmp(want, sig, KEY_SIG) ? ERR_BAD_SIGNATURE : ERR_OK;
}

struct key_verifier *__wrap_key_verifier_new(EVP_PKEY *k)
{
    return (struct key_verifier *)k;
}

void __wrap_key_verifier_free(struct key_verifier **v)
{
    if (v)
        *v = NULL;
}

enum err __wrap_key_verifier_check(
    struct key_verifier *v, const void *msg, size_t len, const uint8_t sig[static KEY_SIG])
{
    return __wrap_key_verify((EVP_PKEY *)v, msg, len, sig);
}

enum err __wrap_seal_number(const struct buf *cert, const uint8_t terminal[static ULID_SIZE],
    const uint8_t sale[static ULID_SIZE], const char *digits, struct buf *out)
{
    (void)cert, (void)terminal, (void)sale;
    return buf_adds(out, digits);
}

int __wrap_RAND_bytes(unsigned char *out, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (unsigned char)dice_next(&whole_now->chaos);
    return 1;
}

int __wrap_RAND_priv_bytes(unsigned char *out, int n)
{
    return __wrap_RAND_bytes(out, n);
}

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags)
{
    (void)flags;
    __wrap_RAND_bytes(out, (int)n);
    return (ssize_t)n;
}

void keys_spki64(EVP_PKEY *k, char out[static TEXT_MAX * 2])
{
    const struct known *n = &known[number_of(k)];
    text_base64(n->spki, n->len, out);
}

static void card(int i)
{
    struct whole_keys *w = &whole_keys;
    struct card_qr q = {.key_number = 1, .last4 = (uint16_t)i}, f;
    memset(q.token, 0x10 + i, sizeof q.token);
    memcpy(w->token[i], q.token, CARD_TOKEN);
    w->value[i] = revoked_value(q.token);
    card_expiry_from_day(tm_day(INT64_C(1780000000000)) + (i == CARDS - 1 ? 30 : 3650), &q.expiry_day);
    f = q;
    if (card_encode(&q, "localhost", w->card, w->qr[i]) || card_encode(&f, "localhost", w->foreign, w->forged[i]))
        abort();
    snprintf(w->number[i], sizeof w->number[i], "620000000000000%d", i);
}

static void sealing_cert(void)
{
    unsigned char *der = NULL;
    X509 *x = X509_new();
    X509_set_pubkey(x, whole_keys.card);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    if (X509_sign(x, whole_keys.card, EVP_sha256()) <= 0)
        abort();
    int n = i2d_X509(x, &der);
    whole_keys.sealing = malloc(TEXT_BASE64_LEN((size_t)n) + 1);
    if (n < 1 || !whole_keys.sealing)
        abort();
    text_base64(der, (size_t)n, whole_keys.sealing);
    OPENSSL_free(der);
    X509_free(x);
}

void keys_make(void)
{
    struct whole_keys *w = &whole_keys;
    EVP_PKEY **const generations[] = {w->root, w->notice, w->lease};
    for (size_t i = 0; i < 3; i++)
        for (int k = 0; k < KEYS; k++)
            generations[i][k] = make();
    w->card = make();
    w->foreign = make(); /* an honest-looking stranger's */
    for (int i = 0; i < BOXES; i++)
        w->device[i] = make();
    for (int i = 0; i < CARDS; i++)
        card(i);
    sealing_cert();
    snprintf(w->offers, sizeof w->offers,
        "[{\"id\":\"01JA0000000000000000000001\",\"title\":\"A\",\"kind\":\"percent\",\"rate_bp\":1200,\"per_card_"
        "day\":1},"
        "{\"id\":\"01JA0000000000000000000002\",\"title\":\"B\",\"kind\":\"percent\",\"rate_bp\":500}]");
}

int keys_card(const struct body_card *c)
{
    for (int i = 0; i < CARDS; i++)
        if (c->by == BODY_BY_QR ? !memcmp(c->token, whole_keys.token[i], CARD_TOKEN)
                                : !strcmp(c->number, whole_keys.number[i]))
            return i;
    return -1;
}

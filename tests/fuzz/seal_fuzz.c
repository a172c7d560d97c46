/* SPDX-License-Identifier: Apache-2.0 */
/* CMS from a terminal that may be stolen: nothing but the sealed numbers of proto/vectors opens, nothing crashes or leaks. */
#include "base/jsonx.h"
#include "base/text.h"
#include "proto/seal.h"
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf cert;
static EVP_PKEY *key;
static uint8_t terminal[ULID_SIZE], sale[ULID_SIZE];

static size_t bytes(const json_t *v, const char *name, uint8_t *out, size_t max)
{
    size_t n = 0;
    const char *s = json_string_value(json_object_get(v, name));
    assert(s && !text_unbase64(s, strlen(s), out, max, &n));
    return n;
}

static void load(void)
{
    uint8_t raw[2048];
    json_t *v = json_load_file("proto/vectors/valid/seal.json", 0, NULL);
    assert(v);
    buf_init(&cert, sizeof raw);
    assert(!buf_add(&cert, raw, bytes(v, "cert", raw, sizeof raw)));
    size_t n = bytes(v, "key", raw, sizeof raw);
    const unsigned char *p = raw;
    key = d2i_AutoPrivateKey(NULL, &p, (long)n);
    assert(key);
    assert(!ulid_decode(json_string_value(json_object_get(v, "terminal")), ULID_LEN, terminal));
    assert(!ulid_decode(json_string_value(json_object_get(v, "sale")), ULID_LEN, sale));
    json_decref(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char number[CARD_NUMBER_MAX + 1] = "";
    if (!key)
        load();
    if (!seal_open(data, size, &cert, key, terminal, sale, number))
        assert(!card_number_check(number, strlen(number)));
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a POST repeatable: its key, and what was asked under it. */
#include "client/counter/parts.h"
#include <openssl/crypto.h>
#include <stdlib.h>

enum err keyed_key(const struct request *r, const char **out)
{
    const char *key = route_header(r, "Idempotency-Key");
    if (!key || !*key)
        return ERR_IDEMPOTENCY_MISSING;
    size_t n = 0;
    for (; key[n]; n++)
        if (key[n] <= ' ' || key[n] > '~' || n == COUNTER_KEY_MAX)
            return ERR_BAD_VALUE;
    *out = key;
    return ERR_OK;
}

enum err keyed_fingerprint(const json_t *v, uint8_t out[static KEY_HASH])
{
    size_t len = json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_SORT_KEYS);
    char *text = len ? malloc(len) : NULL;
    if (!text)
        return ERR_NOMEM;
    json_dumpb(v, text, len, JSON_COMPACT | JSON_SORT_KEYS);
    key_sha256(text, len, out);
    OPENSSL_cleanse(text, len);
    free(text);
    return ERR_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading proto/vectors in tests; include it behind cmocka.h. */
#ifndef HUIKA_VECTORS_H
#define HUIKA_VECTORS_H
#include "base/jsonx.h"
#include "base/key.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static inline json_t *load(const char *path)
{
    json_error_t why;
    json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!v)
        fail_msg("%s: %s", path, why.text);
    return v;
}

static inline const char *str(const json_t *v, const char *key)
{
    const char *s = json_string_value(json_object_get(v, key));
    if (!s)
        fail_msg("no %s", key);
    return s;
}

static inline json_int_t num(const json_t *v, const char *key)
{
    return json_integer_value(json_object_get(v, key));
}

static inline void same_err(const json_t *v, enum err got, enum err want)
{
    if (got != want)
        fail_msg("%s: %s, not %s", str(v, json_object_get(v, "name") ? "name" : "text"), err_code(got), err_code(want));
}

static inline void bytes(const json_t *v, const char *key, struct buf *out)
{
    const char *s = str(v, key);
    uint8_t *raw = malloc(strlen(s) + 1);
    size_t n = 0;
    assert_int_equal(text_unbase64(s, strlen(s), raw, strlen(s), &n), ERR_OK);
    buf_init(out, 65536);
    assert_int_equal(buf_add(out, raw, n), ERR_OK);
    free(raw);
}

static inline EVP_PKEY *public_key(const json_t *v, const char *member)
{
    struct buf der;
    EVP_PKEY *k = NULL;
    bytes(v, member, &der);
    assert_int_equal(key_from_spki(der.data, der.len, &k), ERR_OK);
    buf_release(&der);
    return k;
}
#endif

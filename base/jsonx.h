/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON on top of jansson: UTF-8, duplicate members refused, depth bounded, integers beyond 2^53 refused. Getters check
 * type and range in one step; members that nobody asks for are ignored. Out parameters are untouched on error. */
#ifndef HUIKA_JSONX_H
#define HUIKA_JSONX_H
#include "base/buf.h"
#include <jansson.h>
#include <stdbool.h>

enum { JSONX_DEPTH = 16 };
#define JSONX_INT_MAX INT64_C(9007199254740992) /* 2^53 */

/* One object or array and nothing after it. ERR_BAD_JSON, ERR_NOMEM. *out is the caller's (json_decref). The caller bounds len. */
enum err jsonx_parse(const char *p, size_t len, json_t **out);
/* The same for a file that a person wrote; *line says where on ERR_BAD_JSON, 0 if that is nowhere in particular. */
enum err jsonx_parse_file(const char *p, size_t len, json_t **out, int *line);
/* Compact, members in insertion order, appended to b. ERR_TOO_LARGE, ERR_NOMEM. */
enum err jsonx_write(const json_t *v, struct buf *b);

/* Mandatory members; ERR_BAD_VALUE if absent, of another type or outside min..max. Strings: length in bytes, borrowed from obj. */
enum err jsonx_str(const json_t *obj, const char *key, size_t min, size_t max, const char **out);
/* The same, copied with its closing 0 into out: min to size - 1 bytes. */
enum err jsonx_copy(const json_t *obj, const char *key, size_t min, char *out, size_t size);
enum err jsonx_int(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *out);
enum err jsonx_bool(const json_t *obj, const char *key, bool *out);
enum err jsonx_arr(const json_t *obj, const char *key, size_t max, json_t **out);
enum err jsonx_obj(const json_t *obj, const char *key, json_t **out);
/* base32 or hex or base64 text that decodes to exactly n bytes. */
enum err jsonx_hex(const json_t *obj, const char *key, uint8_t *out, size_t n);
enum err jsonx_base32(const json_t *obj, const char *key, uint8_t *out, size_t n);
enum err jsonx_base64(const json_t *obj, const char *key, uint8_t *out, size_t n);
/* True if the member is there and not null: the getters above then judge it. */
bool jsonx_has(const json_t *obj, const char *key);
#endif

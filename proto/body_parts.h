/* SPDX-License-Identifier: Apache-2.0 */
/* What the body*.c share; nobody else includes it. Out parameters are untouched on error. */
#ifndef HUIKA_BODY_PARTS_H
#define HUIKA_BODY_PARTS_H
#include "base/jsonx.h"
#include "proto/body.h"

#define BODY_TIME_MAX INT64_C(253402300799999) /* the end of year 9999 */

/* The whole text as one object. ERR_TOO_LARGE over BODY_MAX, ERR_BAD_JSON, ERR_NOMEM. *out: json_decref. */
enum err body_object(const char *json, size_t len, json_t **out);
enum err body_ulid(const json_t *obj, const char *key, char out[static ULID_LEN + 1]);
bool body_ulid_ok(const char *s);
/* min to size - 1 bytes, cleaned for screens (text_clean). */
enum err body_text(const json_t *obj, const char *key, size_t min, size_t size, char *out);
enum err body_last4(const json_t *obj, const char *key, char out[static 5]);
/* A code of errors.tsv; `unknown` for one that is not there, or is "ok". */
enum err body_reason(const json_t *obj, const char *key, enum err unknown, enum err *out);
enum body_by body_by_from_name(const char *name);
/* Members "input" and "by" (which may be absent unless needed). */
enum err body_by_of(const json_t *obj, bool needed, enum body_by *by, enum body_input *input);
bool body_time_ok(int64_t utc_ms);
/* A blob of one member of free text, dispute_text_ok, at least `min` bytes; out has DISPUTE_TEXT_MAX + 1. */
enum err body_free_text_encode(const char *key, size_t min, const char *text, struct buf *out);
enum err body_free_text_decode(const char *json, size_t len, const char *key, size_t min, char *out);
#endif

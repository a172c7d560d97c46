/* SPDX-License-Identifier: Apache-2.0 */
/* Writes compact JSON into a buffer, without a tree.
 *
 *     struct jsonw w = jsonw_begin(&b);              {
 *     jsonw_str(&w, "name", name);                   "name":"..."
 *     jsonw_open(&w, "lines", '[');                  ,"lines":[
 *     jsonw_int(&w, NULL, 7);                        7
 *     jsonw_close(&w, ']');                          ]
 *     e = jsonw_end(&w);                             }
 *
 * The first error sticks: later calls do nothing and jsonw_end tells it, with the buffer as it was before jsonw_begin. Commas
 * are put by the writer; that objects get keys and arrays none (NULL) is the caller's care. */
#ifndef HUIKA_JSONW_H
#define HUIKA_JSONW_H
#include "base/buf.h"
#include <stdbool.h>

struct jsonw {
    struct buf *out;
    size_t start;
    enum err err;
    bool comma;
};

struct jsonw jsonw_begin(struct buf *out);
/* ERR_OK, ERR_TOO_LARGE, ERR_NOMEM; ERR_BAD_VALUE: a text was not UTF-8. */
enum err jsonw_end(struct jsonw *w);
/* `bracket`: '{' or '[', closed by '}' or ']'. */
void jsonw_open(struct jsonw *w, const char *key, char bracket);
void jsonw_close(struct jsonw *w, char bracket);

void jsonw_str(struct jsonw *w, const char *key, const char *s);
void jsonw_strn(struct jsonw *w, const char *key, const char *s, size_t len);
void jsonw_int(struct jsonw *w, const char *key, int64_t v);
void jsonw_bool(struct jsonw *w, const char *key, bool v);
void jsonw_null(struct jsonw *w, const char *key);
/* Bytes as hex, base32, base64 text (base/text.h); at most JSONW_BYTES_MAX of them. */
enum { JSONW_BYTES_MAX = 4096 };
void jsonw_hex(struct jsonw *w, const char *key, const void *p, size_t n);
void jsonw_base32(struct jsonw *w, const char *key, const void *p, size_t n);
void jsonw_base64(struct jsonw *w, const char *key, const void *p, size_t n);
/* Text that is JSON already. */
void jsonw_raw(struct jsonw *w, const char *key, const char *json, size_t len);
#endif

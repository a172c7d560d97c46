/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser sends with a form of the public pages: application/x-www-form-urlencoded (WHATWG URL, section 5.1), and the path
 * of a slip's page. Bytes as strangers choose them. Pure. */
#ifndef HUIKA_PUBLIC_FORM_H
#define HUIKA_PUBLIC_FORM_H
#include "proto/slip.h"
#include "service/store/store_dispute.h"

enum { FORM_TOKEN_LEN = 48 };

/* "" where a field was not sent. */
struct form {
    char token[FORM_TOKEN_LEN + 1];
    char kind[STORE_DISPUTE_KIND_MAX + 1];
    char say[8];                           /* "more" or "not" on the form of a receipt whose dispute is there already */
    char text[STORE_DISPUTE_TEXT_MAX + 1]; /* UTF-8; lines end in a line feed */
};

/* False: a field of ours is there twice, is too long, holds a NUL or is no UTF-8; *out is then not to be used. Fields that are not ours are
 * passed over. */
bool form_parse(const char *s, size_t len, struct form *out);

/* "/S/" or "/s/", one slip's base32 and `after`: the base32 goes to out in upper case, closed by 0. False: another path. */
bool form_slip_path(const char *path, const char *after, char out[static SLIP_TEXT_LEN + 1]);

/* Chinese unless something else is asked for: by the link (`lang`), or by a browser whose Accept-Language names English before any
 * Chinese. Either may be NULL. */
bool form_wants_chinese(const char *lang, const char *accept);
#endif

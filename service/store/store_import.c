/* SPDX-License-Identifier: Apache-2.0 */
/* Preparing a batch: everything that needs no transaction. Applying it is store_import_apply.c. */
#include "service/store/store_import.h"
#include "base/text.h"
#include "service/store/store_import_rows.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64 * 1024 * 1024, FIRST_ROWS = 4096 };

struct store_import *store_import_new(const uint8_t key[static 32], int64_t scope, int64_t at_utc_ms)
{
    struct store_import *im = calloc(1, sizeof *im);
    if (!im)
        return NULL;
    buf_init(&im->names, NAMES_MAX);
    im->scope = scope;
    im->at_utc_ms = at_utc_ms;
    im->expiry_day = store_member_expiry(at_utc_ms);
    im->hmac = card_hmac_new(key);
    if (!im->hmac)
        store_import_free(&im);
    return im;
}

void store_import_free(struct store_import **im)
{
    if (!im || !*im)
        return;
    card_hmac_free(&(*im)->hmac);
    buf_wipe(&(*im)->names);
    if ((*im)->row)
        OPENSSL_cleanse((*im)->row, (*im)->row_cap * sizeof *(*im)->row);
    free((*im)->row);
    free((*im)->reject);
    free((*im)->orgs);
    free(*im);
    *im = NULL;
}

/* Room for one more of `size` bytes; NULL leaves *array as it was. */
static void *grow(void **array, size_t *cap, size_t cnt, size_t size)
{
    if (cnt < *cap)
        return *array;
    size_t next = *cap ? *cap * 2 : FIRST_ROWS;
    void *p = reallocarray(*array, next, size);
    if (p) {
        *array = p;
        *cap = next;
    }
    return p;
}

enum err store_import_note(struct store_import *im, uint64_t line, enum err reason, int last4)
{
    if (!grow((void **)&im->reject, &im->reject_cap, im->reject_cnt, sizeof *im->reject))
        return ERR_NOMEM;
    im->reject[im->reject_cnt++] = (struct store_import_bad){line, reason, last4};
    im->sorted = false;
    return ERR_OK;
}

enum err store_import_refuse(struct store_import *im, uint64_t line, enum err reason)
{
    return store_import_note(im, line, reason, -1);
}

static struct store_import_field trim(struct store_import_field f)
{
    while (f.len && (f.p[0] == ' ' || f.p[0] == '\t'))
        f.p++, f.len--;
    while (f.len && (f.p[f.len - 1] == ' ' || f.p[f.len - 1] == '\t'))
        f.len--;
    return f;
}

static enum err take_number(struct store_import *im, struct store_import_field f, struct store_import_row *r)
{
    char digits[CARD_NUMBER_MAX + 1];
    uint8_t mac[32];
    enum err e = card_number_strip(f.p, f.len, digits);
    if (e) {
        /* An identity number with its X is no number to strip, and shall be called what it is. */
        return card_number_check(f.p, f.len) == ERR_ID_NUMBER ? ERR_ID_NUMBER : ERR_BAD_NUMBER;
    }
    size_t len = strlen(digits);
    r->last4 = len >= 4 ? (int16_t)card_last4(digits, len) : -1;
    e = card_number_check(digits, len);
    if (!e)
        e = card_hmac(im->hmac, digits, len, mac);
    if (!e)
        memcpy(r->member, mac, sizeof r->member);
    OPENSSL_cleanse(digits, sizeof digits);
    return e;
}

static enum err take_name(struct store_import *im, struct store_import_field f, struct store_import_row *r)
{
    char name[STORE_IMPORT_NAME_MAX + 1], masked[CARD_MASKED_MAX + 1];
    if (!f.len)
        return ERR_NAME_MISSING;
    if (f.len > STORE_IMPORT_NAME_MAX)
        return ERR_BAD_VALUE;
    if (!text_is_utf8(f.p, f.len))
        return ERR_BAD_ENCODING;
    if (!text_is_plain(f.p, f.len, ""))
        return ERR_BAD_TEXT;
    memcpy(name, f.p, f.len);
    name[f.len] = 0;
    text_clean(name);
    card_mask_name(name, masked);
    OPENSSL_cleanse(name, sizeof name);
    r->name_at = (uint32_t)im->names.len;
    r->name_len = (uint16_t)strlen(masked);
    return r->name_len ? buf_add(&im->names, masked, r->name_len) : ERR_NAME_MISSING;
}

/* Under the numbers' key, but never equal to the HMAC of a number: numbers have no 'L'. */
static enum err take_legacy(struct store_import *im, struct store_import_field f, struct store_import_row *r)
{
    char text[1 + STORE_IMPORT_LEGACY_MAX];
    uint8_t mac[32];
    if (!f.len)
        return ERR_OK;
    if (f.len > STORE_IMPORT_LEGACY_MAX || !text_is_utf8(f.p, f.len))
        return ERR_BAD_VALUE;
    text[0] = 'L';
    memcpy(text + 1, f.p, f.len);
    enum err e = card_hmac(im->hmac, text, 1 + f.len, mac);
    if (!e) {
        memcpy(r->legacy, mac, sizeof r->legacy);
        r->has_legacy = true;
    }
    return e;
}

enum err store_import_line(struct store_import *im, uint64_t line, const struct store_import_fields *f)
{
    struct store_import_row r = {.line = line, .last4 = -1};
    struct store_import_field org = trim(f->org), status = trim(f->status);
    if (im->row_cnt + im->reject_cnt >= STORE_IMPORT_ROWS)
        return ERR_TOO_LARGE;
    enum err e = take_number(im, trim(f->number), &r);
    if (!e && (r.status = store_member_status_from_name(status.p, status.len)) == MEMBER_UNKNOWN)
        e = ERR_BAD_VALUE;
    if (!e && (!org.len || org.len > STORE_ORG_CODE_MAX))
        e = ERR_ORG_UNKNOWN;
    if (!e)
        e = take_name(im, trim(f->name), &r);
    if (!e)
        e = take_legacy(im, trim(f->legacy_id), &r);
    if (e == ERR_NOMEM || e == ERR_TOO_LARGE || e == ERR_INTERNAL)
        return e;
    if (e)
        return store_import_note(im, line, e, r.last4);
    memcpy(r.org_code, org.p, org.len);
    if (!grow((void **)&im->row, &im->row_cap, im->row_cnt, sizeof *im->row))
        return ERR_NOMEM;
    im->row[im->row_cnt++] = r;
    return ERR_OK;
}

struct store_import_counts store_import_counts(const struct store_import *im)
{
    struct store_import_counts c = im->counts;
    c.rejected = im->reject_cnt;
    return c;
}

static int by_line(const void *a, const void *b)
{
    const struct store_import_bad *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

void store_import_reject(struct store_import *im, size_t i, struct store_import_reject *out)
{
    if (!im->sorted)
        qsort(im->reject, im->reject_cnt, sizeof *im->reject, by_line);
    im->sorted = true;
    *out = (struct store_import_reject){.line = im->reject[i].line, .reason = im->reject[i].reason};
    int n = im->reject[i].last4;
    for (int d = 3; n >= 0 && d >= 0; d--, n /= 10)
        out->last4[d] = (char)('0' + n % 10);
}

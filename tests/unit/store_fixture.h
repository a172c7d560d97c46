/* SPDX-License-Identifier: Apache-2.0 */
/* A store of its own in a temporary directory, with a province, two cities, a district, two shops and a terminal each. */
#ifndef HUIKA_STORE_FIXTURE_H
#define HUIKA_STORE_FIXTURE_H
#include "base/key.h"
#include "service/store/store_import.h"
#include "service/store/store_limit.h"
#include "service/store/store_org.h"
#include "service/store/store_record.h"
#include "service/store/store_shop.h"
#include "service/store/store_terminal.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after those above */
#include <cmocka.h>

#define FIXTURE_NOW INT64_C(1800000000000) /* 2027-01-15 in Shanghai */

struct fixture {
    char dir[64], path[96];
    struct store *s;
    int64_t province, city_a, city_b, district; /* the district is below city_a */
    uint8_t shop_a[STORE_ID], shop_b[STORE_ID], terminal_a[STORE_ID], terminal_b[STORE_ID];
};

static const uint8_t fixture_key[32] = {7};

static inline enum err fixture_fill(struct store_tx *tx, void *ctx)
{
    struct fixture *f = ctx;
    assert_int_equal(store_org_add(tx, "410000", "河南省总工会", 0, &f->province), ERR_OK);
    assert_int_equal(store_org_add(tx, "410100", "郑州市总工会", f->province, &f->city_a), ERR_OK);
    assert_int_equal(store_org_add(tx, "410200", "开封市总工会", f->province, &f->city_b), ERR_OK);
    assert_int_equal(store_org_add(tx, "410102", "中原区总工会", f->city_a, &f->district), ERR_OK);
    struct store_shop a = {.org = f->city_a, .name = "示例饭店", .category = "dining", .region = "410102"};
    struct store_shop b = {.org = f->city_b, .name = "演示超市", .category = "supermarket", .region = "410202"};
    memcpy(a.shop, f->shop_a, STORE_ID);
    memcpy(b.shop, f->shop_b, STORE_ID);
    assert_int_equal(store_shop_add(tx, &a, FIXTURE_NOW), ERR_OK);
    assert_int_equal(store_shop_add(tx, &b, FIXTURE_NOW), ERR_OK);
    return ERR_OK;
}

struct fixture_enrol {
    const uint8_t *shop, *terminal;
    uint8_t secret;
};

static inline enum err fixture_enrol(struct store_tx *tx, void *ctx)
{
    const struct fixture_enrol *in = ctx;
    uint8_t secret[16] = {in->secret};
    struct store_enrol n = {.spki = secret,
        .spki_len = 1,
        .cert = in->terminal,
        .cert_len = STORE_ID,
        .not_after_utc_ms = FIXTURE_NOW + 1000000000,
        .at_utc_ms = FIXTURE_NOW};
    store_invite_hash(secret, n.hash);
    memcpy(n.terminal, in->terminal, STORE_ID);
    assert_int_equal(store_invite_add(tx, n.hash, in->shop, NULL, FIXTURE_NOW, FIXTURE_NOW + 1), ERR_OK);
    assert_int_equal(store_terminal_enrol(tx, &n), ERR_OK);
    assert_int_equal(n.outcome, STORE_ENROL_NEW);
    return ERR_OK;
}

static inline void fixture_dir(struct fixture *f)
{
    const char *tmp = getenv("TMPDIR");
    memset(f, 0, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "%.40s/huika-store-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/service.db", f->dir);
}

static inline int fixture_up(void **state)
{
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_dir(f);
    ulid_new(FIXTURE_NOW, f->shop_a);
    ulid_new(FIXTURE_NOW + 1, f->shop_b);
    ulid_new(FIXTURE_NOW, f->terminal_a);
    ulid_new(FIXTURE_NOW, f->terminal_b);
    assert_int_equal(store_create(f->path), ERR_OK);
    assert_int_equal(store_open(f->path, &f->s), ERR_OK);
    assert_int_equal(store_write(f->s, fixture_fill, f), ERR_OK);
    struct fixture_enrol a = {f->shop_a, f->terminal_a, 1}, b = {f->shop_b, f->terminal_b, 2};
    assert_int_equal(store_write(f->s, fixture_enrol, &a), ERR_OK);
    assert_int_equal(store_write(f->s, fixture_enrol, &b), ERR_OK);
    *state = f;
    return 0;
}

static inline void fixture_remove(const struct fixture *f)
{
    char path[400];
    DIR *d = opendir(f->dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", f->dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(f->dir);
}

static inline int fixture_down(void **state)
{
    struct fixture *f = *state;
    store_close(&f->s);
    fixture_remove(f);
    free(f);
    return 0;
}

/* "6200000000000001,张建涛,410100,active" -> one line of a batch. */
static inline void fixture_line(struct store_import *im, uint64_t line, const char *csv)
{
    struct store_import_field part[5] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
    for (size_t i = 0; i < 5 && csv; i++) {
        const char *end = strchr(csv, ',');
        part[i] = (struct store_import_field){csv, end ? (size_t)(end - csv) : strlen(csv)};
        csv = end ? end + 1 : NULL;
    }
    struct store_import_fields f = {part[0], part[1], part[2], part[3], part[4]};
    assert_int_equal(store_import_line(im, line, &f), ERR_OK);
}

/* Imports lines as the province and returns the counts. */
static inline struct store_import_counts fixture_import(struct fixture *f, int64_t scope, const char *const *lines)
{
    struct store_import *im = store_import_new(fixture_key, scope, FIXTURE_NOW);
    assert_non_null(im);
    for (uint64_t n = 0; lines[n]; n++)
        fixture_line(im, n + 1, lines[n]);
    assert_int_equal(store_write(f->s, store_import_apply, im), ERR_OK);
    struct store_import_counts c = store_import_counts(im);
    store_import_free(&im);
    return c;
}

static inline enum err fixture_by_number(struct store *s, const char *number, struct store_member *m)
{
    uint8_t mac[32];
    struct card_hmac *h = card_hmac_new(fixture_key);
    struct store_tx *tx;
    assert_int_equal(card_hmac(h, number, strlen(number), mac), ERR_OK);
    card_hmac_free(&h);
    assert_int_equal(store_read_begin(s, &tx), ERR_OK);
    enum err e = store_member_by_number(tx, mac, m);
    store_read_end(&tx);
    return e;
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal's tests share: a temp directory, and sales that look like sales. */
#ifndef HUIKA_JOURNAL_FIXTURE_H
#define HUIKA_JOURNAL_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include "base/key.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tm.h"
#include "client/ports/journal.h"
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOON INT64_C(1782878400000) /* 2026-07-01 12:00 in Shanghai */

static const uint8_t terminal[ULID_SIZE] = {1, 2, 3};
static char dir[64], path[96];

static int make_dir(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR);
    /* In memory where possible: these tests sync ten thousand times, and none of them asks the disk for speed. */
    strcpy(dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/huika-journal-XXXXXX" : "/tmp/huika-journal-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/journal.db", dir);
    return 0;
}

static int remove_one(const char *p, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(p);
}

static int remove_dir(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Sale number n, with ids that follow from n. Points into itself: do not copy. */
struct sale {
    struct journal_entry entry;
    char body[512], blob[64], sale_id[ULID_LEN + 1], checkout_id[ULID_LEN + 1], key[32];
    uint8_t salt[RECORD_SALT], request[KEY_HASH];
};

static void sale_ids(struct sale *s, uint32_t n)
{
    uint8_t id[ULID_SIZE] = {0};
    memcpy(id + 8, &n, sizeof n);
    id[0] = 1;
    ulid_encode(id, s->sale_id);
    id[0] = 2;
    ulid_encode(id, s->checkout_id);
    snprintf(s->key, sizeof s->key, "till-7-%u", n);
}

static const struct journal_entry *make_sale(struct sale *s, uint32_t n, int64_t at_ms)
{
    uint8_t hash[KEY_HASH];
    char hex[TEXT_HEX_LEN(KEY_HASH) + 1];
    memset(s, 0, sizeof *s);
    sale_ids(s, n);
    snprintf(s->blob, sizeof s->blob, "{\"token\":\"AAAABBBBCCCCDD%02u\"}", n % 100);
    memset(s->salt, (int)(n & 0xff), sizeof s->salt);
    memset(s->request, (int)(n & 0x7f), sizeof s->request);
    record_blob_hash(s->salt, s->blob, strlen(s->blob), hash);
    text_hex(hash, sizeof hash, hex);
    snprintf(s->body, sizeof s->body,
        "{\"at_ms\":%lld,\"sale_id\":\"%s\",\"checkout_id\":\"%s\",\"total_fen\":12800,\"discount_fen\":800,\"pay_"
        "fen\":12000,"
        "\"blob\":\"%s\"}",
        (long long)at_ms, s->sale_id, s->checkout_id, hex);
    s->entry = (struct journal_entry){.kind = RECORD_SALE,
        .at_utc_ms = at_ms,
        .body = s->body,
        .body_len = strlen(s->body),
        .blob = s->blob,
        .blob_len = strlen(s->blob),
        .salt = s->salt,
        .sale_id = s->sale_id,
        .checkout_id = s->checkout_id,
        .key = s->key,
        .request = s->request};
    return &s->entry;
}

static struct journal *open_journal(void)
{
    struct journal *j = NULL;
    assert_int_equal(journal_open(path, terminal, 1, &j), ERR_OK);
    return j;
}

static void add_sales(struct journal *j, uint32_t first, uint32_t cnt)
{
    struct sale s;
    for (uint32_t i = 0; i < cnt; i++)
        assert_int_equal(journal_append(j, make_sale(&s, first + i, NOON + (int64_t)i), 1, NULL), ERR_OK);
}

/* The service's answer about everything up to seq, or what could be one. */
static inline struct body_results countersigned(struct journal *j, uint64_t seq, EVP_PKEY *key)
{
    struct body_results r = {.epoch = 1, .head_seq = seq, .at_utc_ms = NOON};
    struct record_head h = {.epoch = 1, .seq = seq};
    memcpy(h.terminal, terminal, ULID_SIZE);
    if (seq == journal_head(j)->seq)
        memcpy(h.hash, journal_head(j)->hash, KEY_HASH);
    memcpy(r.head_hash, h.hash, KEY_HASH);
    if (key) {
        assert_int_equal(record_countersign(&h, NOON, key, r.head_sig), ERR_OK);
        assert_int_equal(key_id(key, r.keyid), ERR_OK);
    } else {
        strcpy(r.keyid, "0123456789abcdef");
    }
    return r;
}

static inline enum err count(void *ctx, const struct journal_record *r)
{
    (void)r;
    ++*(int *)ctx;
    return ERR_OK;
}

/* Everything is as it should be, and there are n records. */
static inline void assert_whole(int64_t n)
{
    struct journal_report report;
    assert_int_equal(journal_verify(path, NULL, NULL, NULL, &report), ERR_OK);
    assert_int_equal(report.record_cnt, n);
    assert_int_equal((int64_t)report.head_seq, n);
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record.h"
#include <string.h>

#define TAG_RECORD      "huika-record-v1"
#define TAG_BLOB        "huika-blob-v1"
#define TAG_HEAD        "huika-head-v1"
#define TAG_COUNTERSIGN "huika-countersign-v1"

static const char *const names[] = {
    NULL, "started", "sale", "refusal", "notice_applied", "void", "dispute", "clock_step"};
enum { NAME_CNT = sizeof names / sizeof *names };

const char *record_kind_name(enum record_kind kind)
{
    return (int)kind > 0 && (int)kind < NAME_CNT ? names[kind] : NULL;
}

enum record_kind record_kind_from_name(const char *name)
{
    for (int i = 1; name && i < NAME_CNT; i++)
        if (!strcmp(names[i], name))
            return (enum record_kind)i;
    return (enum record_kind)0;
}

/* Structures of fixed sizes, written one after the other; the room is counted by the caller. */
static uint8_t *put(uint8_t *at, const void *p, size_t n)
{
    if (n)
        memcpy(at, p, n);
    return at + n;
}

static uint8_t *put_be(uint8_t *at, uint64_t v, int n)
{
    for (int i = 0; i < n; i++)
        at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    return at + n;
}

enum err record_extend(
    const struct record_head *head, enum record_kind kind, const void *body, size_t len, struct record_head *next)
{
    enum { FIXED = sizeof TAG_RECORD + ULID_SIZE + 4 + 8 + KEY_HASH + 1 + 4 };
    uint8_t fixed[FIXED], *at = fixed;
    struct record_head h = *head;
    if (len > RECORD_BODY_MAX)
        return ERR_TOO_LARGE;
    h.seq++;
    at = put(at, TAG_RECORD, sizeof TAG_RECORD);
    at = put(at, h.terminal, ULID_SIZE);
    at = put_be(at, h.epoch, 4);
    at = put_be(at, h.seq, 8);
    at = put(at, h.hash, KEY_HASH);
    at = put_be(at, (uint64_t)kind, 1);
    put_be(at, len, 4);
    key_sha256_pieces((struct key_piece[]){{fixed, FIXED}, {body, len}}, 2, h.hash);
    *next = h;
    return ERR_OK;
}

void record_blob_hash(
    const uint8_t salt[static RECORD_SALT], const void *blob, size_t len, uint8_t out[static KEY_HASH])
{
    key_sha256_pieces((struct key_piece[]){{TAG_BLOB, sizeof TAG_BLOB}, {salt, RECORD_SALT}, {blob, len}}, 3, out);
}

enum {
    HEAD_SIZE = ULID_SIZE + 4 + 8 + KEY_HASH,
    HEAD_MSG = sizeof TAG_HEAD + HEAD_SIZE,
    COUNTER_MSG = sizeof TAG_COUNTERSIGN + HEAD_SIZE + 8
};

static uint8_t *put_head(uint8_t *at, const struct record_head *h)
{
    at = put(at, h->terminal, ULID_SIZE);
    at = put_be(at, h->epoch, 4);
    at = put_be(at, h->seq, 8);
    return put(at, h->hash, KEY_HASH);
}

static void head_message(const struct record_head *h, uint8_t msg[static HEAD_MSG])
{
    put_head(put(msg, TAG_HEAD, sizeof TAG_HEAD), h);
}

static void counter_message(const struct record_head *h, int64_t at_utc_ms, uint8_t msg[static COUNTER_MSG])
{
    put_be(put_head(put(msg, TAG_COUNTERSIGN, sizeof TAG_COUNTERSIGN), h), (uint64_t)at_utc_ms, 8);
}

enum err record_head_sign(const struct record_head *h, EVP_PKEY *device, uint8_t sig[static KEY_SIG])
{
    uint8_t msg[HEAD_MSG];
    head_message(h, msg);
    return key_sign(device, msg, sizeof msg, sig);
}

enum err record_head_verify(const struct record_head *h, EVP_PKEY *device, const uint8_t sig[static KEY_SIG])
{
    uint8_t msg[HEAD_MSG];
    head_message(h, msg);
    return key_verify(device, msg, sizeof msg, sig);
}

enum err record_countersign(const struct record_head *h, int64_t at_utc_ms, EVP_PKEY *key, uint8_t sig[static KEY_SIG])
{
    uint8_t msg[COUNTER_MSG];
    counter_message(h, at_utc_ms, msg);
    return key_sign(key, msg, sizeof msg, sig);
}

enum err record_countersign_verify(
    const struct record_head *h, int64_t at_utc_ms, EVP_PKEY *key, const uint8_t sig[static KEY_SIG])
{
    uint8_t msg[COUNTER_MSG];
    counter_message(h, at_utc_ms, msg);
    return key_verify(key, msg, sizeof msg, sig);
}

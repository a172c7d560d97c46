/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/import_seen.h"
#include "proto/card.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1 << 12 };

/* A permutation (the finaliser of MurmurHash3), so that two numbers of one length never fall together. */
static uint64_t mix(uint64_t v)
{
    v = (v ^ v >> 33) * UINT64_C(0xff51afd7ed558ccd);
    v = (v ^ v >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return v ^ v >> 33;
}

static uint64_t mark(const struct import_seen *s, const char *digits, size_t len)
{
    uint64_t v = 0; /* 19 digits fit */
    for (size_t i = 0; i < len; i++)
        v = v * 10 + (uint64_t)(digits[i] - '0');
    v = mix(mix(v ^ s->key[0]) + s->key[1] * (uint64_t)len);
    return v ? v : 1;
}

/* Where it is, or would be: there is always a free slot. */
static size_t place(const uint64_t *slot, size_t slot_cnt, uint64_t v)
{
    size_t i = (size_t)v & (slot_cnt - 1);
    while (slot[i] && slot[i] != v)
        i = (i + 1) & (slot_cnt - 1);
    return i;
}

static enum err grow(struct import_seen *s)
{
    size_t next = s->slot_cnt ? s->slot_cnt * 2 : FIRST_SLOTS;
    uint64_t *slot = calloc(next, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->slot_cnt; i++)
        if (s->slot[i])
            slot[place(slot, next, s->slot[i])] = s->slot[i];
    if (s->slot)
        OPENSSL_cleanse(s->slot, s->slot_cnt * sizeof *s->slot);
    free(s->slot);
    s->slot = slot;
    s->slot_cnt = next;
    return ERR_OK;
}

enum err import_seen_note(struct import_seen *s, const char *number, size_t len, bool *again)
{
    char digits[CARD_NUMBER_MAX + 1];
    *again = false;
    if (card_number_strip(number, len, digits) || card_number_check(digits, strlen(digits)))
        return ERR_OK;
    if (!s->keyed && RAND_bytes((unsigned char *)s->key, sizeof s->key) != 1)
        return ERR_IO;
    s->keyed = true;
    uint64_t v = mark(s, digits, strlen(digits));
    OPENSSL_cleanse(digits, sizeof digits);
    enum err e = s->cnt * 2 >= s->slot_cnt && s->cnt < IMPORT_SEEN_MAX ? grow(s) : ERR_OK;
    if (e)
        return e;
    size_t i = place(s->slot, s->slot_cnt, v);
    *again = s->slot[i] != 0;
    if (!*again && s->cnt < IMPORT_SEEN_MAX) {
        s->slot[i] = v;
        s->cnt++;
    }
    return ERR_OK;
}

void import_seen_release(struct import_seen *s)
{
    if (s->slot)
        OPENSSL_cleanse(s->slot, s->slot_cnt * sizeof *s->slot);
    free(s->slot);
    OPENSSL_cleanse(s, sizeof *s);
}

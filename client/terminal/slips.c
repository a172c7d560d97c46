/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/slips.h"
#include "base/log.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

static enum err make(const struct state *state, uint8_t key[static SLIP_KEY])
{
    if (RAND_priv_bytes(key, SLIP_KEY) != 1)
        return ERR_INTERNAL;
    return state_write(state, SLIPS_KEY_FILE, key, SLIP_KEY);
}

enum err slips_open(struct slips *s, const struct state *state, EVP_PKEY *device)
{
    struct buf b;
    buf_init(&b, SLIP_KEY + 1);
    *s = (struct slips){.device = device};
    enum err e = state_read(state, SLIPS_KEY_FILE, &b);
    if (e == ERR_NOT_FOUND) {
        e = make(state, s->key);
    } else if (!e || e == ERR_TOO_LARGE) {
        e = b.len == SLIP_KEY ? ERR_OK : ERR_BAD_VALUE;
        if (!e)
            memcpy(s->key, b.data, SLIP_KEY);
    }
    buf_wipe(&b);
    s->ready = !e;
    return e;
}

void slips_release(struct slips *s)
{
    OPENSSL_cleanse(s, sizeof *s);
}

static enum err secret(const struct slips *s, const char *id, uint8_t out[static SLIP_SECRET])
{
    uint8_t bytes[ULID_SIZE];
    enum err e = ulid_decode(id, strlen(id), bytes);
    if (!e && !s->ready)
        e = ERR_FILE_MISSING;
    return e ? e : slip_secret(s->key, bytes, out);
}

enum err slips_hash(const struct slips *s, const char *id, uint8_t out[static KEY_HASH])
{
    uint8_t bytes[SLIP_SECRET];
    enum err e = secret(s, id, bytes);
    if (!e)
        slip_secret_hash(bytes, out);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return e;
}

enum err slips_url(const struct slips *s, const struct notice_trust *trust, const char *id,
    const struct record_head *at, char out[static SLIP_URL_MAX + 1])
{
    struct slip slip = {.epoch = at->epoch, .seq = at->seq};
    if (!trust || !trust->public_url[0])
        return ERR_NOT_FOUND;
    memcpy(slip.terminal, at->terminal, ULID_SIZE);
    memcpy(slip.hash, at->hash, SLIP_HASH);
    enum err e = secret(s, id, slip.secret);
    if (!e)
        e = slip_sign(&slip, s->device);
    if (!e)
        e = slip_url(&slip, trust->public_url, out);
    OPENSSL_cleanse(&slip, sizeof slip);
    return e;
}

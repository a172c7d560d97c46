/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/keep.h"
#include "base/config.h"
#include "base/text.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEEP_MAX = 4096, DAY_FILE = 4 + OFFLINE_KEY };

/* "VERSION SHA256" */
static enum err read_pin(const char *text, struct notice_pin *out)
{
    struct notice_pin p = {0};
    char *end;
    if (!text)
        return ERR_OK;
    p.version = strtoll(text, &end, 10);
    if (p.version < 1 || *end != ' ' || strlen(end + 1) != TEXT_HEX_LEN(KEY_HASH))
        return ERR_BAD_VALUE;
    enum err e = text_unhex(end + 1, TEXT_HEX_LEN(KEY_HASH), p.sha256, KEY_HASH);
    if (!e)
        *out = p;
    return e;
}

static enum err parse(const struct config *c, struct keep *k)
{
    int64_t lease_epoch = 0, since = 0, forked = 0;
    enum err e = config_int(c, "time", "floor", 0, JSONX_INT_MAX, 0, &k->floor_utc_ms);
    if (!e)
        e = config_int(c, "time", "reset", 0, JSONX_INT_MAX, 0, &k->reset_version);
    if (!e)
        e = config_int(c, "lease", "version", 0, JSONX_INT_MAX, 0, &k->lease_version);
    if (!e)
        e = config_int(c, "lease", "epoch", 0, INT32_MAX, 0, &lease_epoch);
    if (!e)
        e = config_int(c, "lease", "since", 0, JSONX_INT_MAX, 0, &since);
    if (!e)
        e = config_int(c, "journal", "forked", 0, INT32_MAX, 0, &forked);
    for (int i = 1; !e && i < NOTICE_KINDS; i++)
        e = read_pin(config_text(c, "newest", notice_kind_name((enum notice_kind)i), NULL), &k->newest[i]);
    k->lease_epoch = (uint32_t)lease_epoch;
    k->lease_since = (uint64_t)since;
    k->forked_epoch = (uint32_t)forked;
    return e;
}

enum err keep_load(const struct state *s, struct keep *out)
{
    struct config c;
    struct keep k = {0};
    char path[STATE_PATH_MAX];
    state_path(s, KEEP_INI, path);
    enum err e = config_load(&c, path);
    if (!e)
        e = parse(&c, &k);
    config_release(&c);
    if (e)
        k = (struct keep){0};
    *out = k;
    return e;
}

enum err keep_save(const struct state *s, const struct keep *k)
{
    struct buf b;
    char hex[TEXT_HEX_LEN(KEY_HASH) + 1];
    buf_init(&b, KEEP_MAX);
    enum err e = buf_printf(&b,
        "# Kept by huika-terminal. Without it this terminal sells nothing offline until the service has answered.\n"
        "[time]\nfloor = %lld\nreset = %lld\n[lease]\nversion = %lld\nepoch = %lu\nsince = %llu\n"
        "[journal]\nforked = %lu\n[newest]\n",
        (long long)k->floor_utc_ms, (long long)k->reset_version, (long long)k->lease_version,
        (unsigned long)k->lease_epoch, (unsigned long long)k->lease_since, (unsigned long)k->forked_epoch);
    for (int i = 1; !e && i < NOTICE_KINDS; i++) {
        text_hex(k->newest[i].sha256, KEY_HASH, hex);
        if (k->newest[i].version)
            e = buf_printf(
                &b, "%s = %lld %s\n", notice_kind_name((enum notice_kind)i), (long long)k->newest[i].version, hex);
    }
    if (!e)
        e = state_write(s, KEEP_INI, b.data, b.len);
    buf_release(&b);
    return e;
}

static bool read_day_key(const struct state *s, int32_t *day, uint8_t key[static OFFLINE_KEY])
{
    struct buf b;
    buf_init(&b, DAY_FILE + 1);
    bool good = state_read(s, KEEP_DAY_KEY, &b) == ERR_OK && b.len == DAY_FILE;
    if (good) {
        *day = (int32_t)((uint32_t)b.data[0] << 24 | (uint32_t)b.data[1] << 16 | (uint32_t)b.data[2] << 8 | b.data[3]);
        memcpy(key, b.data + 4, OFFLINE_KEY);
    }
    buf_wipe(&b);
    return good;
}

enum err keep_day_key(const struct state *s, int32_t day, int32_t *key_day, uint8_t key[static OFFLINE_KEY])
{
    struct buf b;
    if (read_day_key(s, key_day, key) && *key_day >= day)
        return ERR_OK;
    if (RAND_bytes(key, OFFLINE_KEY) != 1)
        return ERR_INTERNAL;
    *key_day = day;
    buf_init(&b, DAY_FILE);
    enum err e = buf_add_u32(&b, (uint32_t)day);
    if (!e)
        e = buf_add(&b, key, OFFLINE_KEY);
    if (!e)
        e = state_write(s, KEEP_DAY_KEY, b.data, b.len);
    buf_wipe(&b);
    if (e)
        OPENSSL_cleanse(key, OFFLINE_KEY);
    return e;
}

void keep_day_back(const struct state *s, int32_t day)
{
    uint8_t key[OFFLINE_KEY];
    char path[STATE_PATH_MAX];
    int32_t key_day = 0;
    state_path(s, KEEP_DAY_KEY, path);
    if (read_day_key(s, &key_day, key) && key_day > day)
        unlink(path);
    OPENSSL_cleanse(key, sizeof key);
}

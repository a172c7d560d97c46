/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/state.h"
#include "base/config.h"
#include "base/file.h"
#include "base/text.h"
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MACHINE_TAG "huika-machine-v1"

static enum err set_dir(struct state *s, const char *dir)
{
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n == 0 || n > STATE_DIR_MAX)
        return n ? ERR_TOO_LARGE : ERR_BAD_VALUE;
    memcpy(s->dir, dir, n);
    s->dir[n] = 0;
    return ERR_OK;
}

void state_path(const struct state *s, const char *name, char out[static STATE_PATH_MAX])
{
    snprintf(out, STATE_PATH_MAX, "%s/%s", s->dir, name);
}

enum err state_read(const struct state *s, const char *name, struct buf *b)
{
    char path[STATE_PATH_MAX];
    state_path(s, name, path);
    return file_read(path, b);
}

enum err state_write(const struct state *s, const char *name, const void *p, size_t n)
{
    char path[STATE_PATH_MAX];
    state_path(s, name, path);
    return file_write(path, p, n, 0600);
}

/* An empty or absent machine id (a container, an early boot) would bind to every other such machine. */
static enum err machine_hash(const char *path, uint8_t out[static KEY_HASH])
{
    struct buf b, id;
    buf_init(&b, 256);
    buf_init(&id, 256 + sizeof MACHINE_TAG);
    enum err e = file_read(path ? path : STATE_MACHINE, &b);
    while (!e && b.len && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == ' '))
        b.len--;
    if (e == ERR_NOT_FOUND || (!e && b.len == 0))
        e = ERR_MACHINE_ID;
    if (!e)
        e = buf_add(&id, MACHINE_TAG, sizeof MACHINE_TAG);
    if (!e)
        e = buf_add(&id, b.data, b.len);
    if (!e)
        key_sha256(id.data, id.len, out);
    buf_release(&b);
    buf_release(&id);
    return e;
}

static enum err copy(const char *from, char *to, size_t size)
{
    if (!from || !*from || strlen(from) >= size)
        return ERR_BAD_VALUE;
    memcpy(to, from, strlen(from) + 1);
    return ERR_OK;
}

static enum err parse_info(const struct config *c, struct state_info *i)
{
    uint8_t shop[ULID_SIZE];
    int64_t epoch = 0;
    const char *machine = config_text(c, "terminal", "machine", "");
    enum err e = copy(config_text(c, "service", "url", NULL), i->url, sizeof i->url);
    if (!e)
        e = copy(config_text(c, "terminal", "id", NULL), i->terminal_id, sizeof i->terminal_id);
    if (!e)
        e = copy(config_text(c, "terminal", "shop", NULL), i->shop_id, sizeof i->shop_id);
    if (!e)
        e = ulid_decode(i->terminal_id, strlen(i->terminal_id), i->terminal);
    if (!e)
        e = ulid_decode(i->shop_id, strlen(i->shop_id), shop);
    if (!e)
        e = config_int(c, "terminal", "number", 1, INT32_MAX, 0, &i->number);
    if (!e)
        e = config_int(c, "terminal", "epoch", 1, INT32_MAX, 0, &epoch);
    if (!e && (i->number == 0 || epoch == 0 || strlen(machine) != TEXT_HEX_LEN(KEY_HASH)))
        e = ERR_BAD_VALUE;
    if (!e)
        e = text_unhex(machine, strlen(machine), i->machine, KEY_HASH);
    i->epoch = (uint32_t)epoch;
    return e;
}

static enum err load(struct state *s)
{
    struct config c;
    char path[STATE_PATH_MAX];
    state_path(s, STATE_INI, path);
    enum err e = config_load(&c, path);
    if (e == ERR_NOT_FOUND)
        e = ERR_STATE_MISSING;
    if (!e)
        e = parse_info(&c, &s->info);
    config_release(&c);
    return e;
}

enum err state_peek(const char *dir, struct state *out)
{
    struct state s = {.lock_fd = -1};
    enum err e = set_dir(&s, dir);
    if (!e)
        e = load(&s);
    if (!e)
        *out = s;
    return e;
}

static enum err lock(struct state *s)
{
    char path[STATE_PATH_MAX];
    state_path(s, STATE_LOCK, path);
    enum err e = file_lock(path, &s->lock_fd);
    if (e == ERR_BUSY)
        return ERR_STATE_LOCKED;
    if (!e)
        file_sweep(s->dir);
    return e == ERR_NOT_FOUND ? ERR_STATE_MISSING : e;
}

enum err state_open(const char *dir, const char *machine_path, struct state *out)
{
    struct state s = {.lock_fd = -1};
    uint8_t machine[KEY_HASH];
    enum err e = set_dir(&s, dir);
    if (!e)
        e = load(&s); /* first, so that a directory without a terminal gets no lock file */
    if (!e)
        e = lock(&s);
    if (!e)
        e = load(&s);
    if (!e)
        e = machine_hash(machine_path, machine);
    if (!e && memcmp(machine, s.info.machine, KEY_HASH) != 0)
        e = ERR_STATE_MACHINE;
    if (e)
        state_release(&s);
    else
        *out = s;
    return e;
}

void state_release(struct state *s)
{
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    s->lock_fd = -1;
}

enum err state_begin(const char *dir, struct state *out)
{
    struct state s = {.lock_fd = -1};
    char path[STATE_PATH_MAX];
    enum err e = set_dir(&s, dir);
    if (!e)
        e = file_mkdir(s.dir, 0700);
    if (e == ERR_EXISTS)
        e = ERR_OK;
    if (!e)
        e = lock(&s);
    state_path(&s, STATE_INI, path);
    if (!e && access(path, F_OK) == 0)
        e = ERR_STATE_EXISTS;
    if (e)
        state_release(&s);
    else
        *out = s;
    return e;
}

enum err state_commit(struct state *s, const struct state_info *info, const char *machine_path)
{
    struct state_info i = *info;
    struct buf b;
    char machine[TEXT_HEX_LEN(KEY_HASH) + 1];
    buf_init(&b, 4096);
    enum err e = machine_hash(machine_path, i.machine);
    if (!e) {
        text_hex(i.machine, KEY_HASH, machine);
        e = buf_printf(&b,
            "# Made by huika-terminal enroll. Delete nothing here: the journal is the only copy until it is sent.\n"
            "[service]\nurl = %s\n[terminal]\nid = %s\nnumber = %lld\nshop = %s\nepoch = %lu\nmachine = %s\n",
            i.url, i.terminal_id, (long long)i.number, i.shop_id, (unsigned long)i.epoch, machine);
    }
    if (!e)
        e = state_write(s, STATE_INI, b.data, b.len);
    if (!e)
        e = load(s);
    buf_release(&b);
    return e;
}

/* base64url (RFC 4648 section 5) without padding, so that it goes into a header or a file name as it is. */
static enum err make_token(char out[static STATE_TOKEN_LEN + 1])
{
    uint8_t raw[32];
    char text[TEXT_BASE64_LEN(sizeof raw) + 1];
    if (RAND_bytes(raw, sizeof raw) != 1)
        return ERR_IO;
    text_base64(raw, sizeof raw, text);
    for (size_t i = 0; i < STATE_TOKEN_LEN; i++)
        out[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    out[STATE_TOKEN_LEN] = 0;
    OPENSSL_cleanse(raw, sizeof raw);
    OPENSSL_cleanse(text, sizeof text);
    return ERR_OK;
}

enum err state_token_new(const struct state *s, char out[static STATE_TOKEN_LEN + 1])
{
    char token[STATE_TOKEN_LEN + 1];
    enum err e = make_token(token);
    if (!e)
        e = state_write(s, STATE_TOKEN, token, STATE_TOKEN_LEN);
    if (!e)
        memcpy(out, token, sizeof token);
    OPENSSL_cleanse(token, sizeof token);
    return e;
}

enum err state_token(const struct state *s, char out[static STATE_TOKEN_LEN + 1])
{
    struct buf b;
    char token[STATE_TOKEN_LEN + 1] = "";
    buf_init(&b, 128);
    enum err e = state_read(s, STATE_TOKEN, &b);
    if (e == ERR_NOT_FOUND) {
        e = make_token(token);
        if (!e)
            e = state_write(s, STATE_TOKEN, token, STATE_TOKEN_LEN);
    } else if (!e && b.len >= STATE_TOKEN_LEN && strcspn((char *)b.data, "\r\n") == STATE_TOKEN_LEN) {
        memcpy(token, b.data, STATE_TOKEN_LEN);
        token[STATE_TOKEN_LEN] = 0;
    } else if (!e) {
        e = ERR_BAD_VALUE;
    }
    if (!e)
        memcpy(out, token, sizeof token);
    OPENSSL_cleanse(token, sizeof token);
    buf_wipe(&b);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "client/counter/session.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/text.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4096, ID_BYTES = 32, CODE_BYTES = 10 };
#define NOTED_MS INT64_C(86400000) /* so old may the last use in the file be */

struct session {
    uint8_t hash[KEY_HASH];
    int64_t begun_utc_ms, seen_utc_ms; /* 0: free */
    int64_t noted_utc_ms;              /* seen, as the file has it */
};

struct code {
    uint8_t hash[KEY_HASH];
    int64_t until_mono_ms; /* 0: free */
};

struct sessions {
    char *path;
    struct session session[SESSION_MAX];
    struct code code[SESSION_CODES];
};

static void load(struct sessions *s)
{
    struct buf b;
    json_t *list = NULL;
    buf_init(&b, FILE_MAX);
    if (!file_read(s->path, &b) && !jsonx_parse(buf_str(&b), b.len, &list) && json_is_array(list))
        for (size_t i = 0; i < json_array_size(list) && i < SESSION_MAX; i++) {
            const json_t *v = json_array_get(list, i);
            struct session one = {0};
            if (jsonx_hex(v, "hash", one.hash, KEY_HASH) ||
                jsonx_int(v, "begun_ms", 1, JSONX_INT_MAX, &one.begun_utc_ms) ||
                jsonx_int(v, "seen_ms", 1, JSONX_INT_MAX, &one.seen_utc_ms))
                continue;
            one.noted_utc_ms = one.seen_utc_ms;
            s->session[i] = one;
        }
    json_decref(list);
    buf_release(&b);
}

/* What cannot be written ends with the terminal: a nuisance, no danger. */
static void save(struct sessions *s)
{
    struct buf b;
    json_t *list = json_array();
    if (!s->path) {
        json_decref(list);
        return;
    }
    for (size_t i = 0; i < SESSION_MAX; i++) {
        struct session *one = &s->session[i];
        char hex[TEXT_HEX_LEN(KEY_HASH) + 1];
        if (!one->begun_utc_ms)
            continue;
        text_hex(one->hash, KEY_HASH, hex);
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "hash", hex, "begun_ms", (json_int_t)one->begun_utc_ms,
                                        "seen_ms", (json_int_t)one->seen_utc_ms));
        one->noted_utc_ms = one->seen_utc_ms;
    }
    buf_init(&b, FILE_MAX);
    enum err e = jsonx_write(list, &b);
    if (!e)
        e = file_write(s->path, b.data, b.len, 0600);
    if (e)
        log_warn("%s: not written: %s", s->path, err_code(e));
    json_decref(list);
    buf_release(&b);
}

struct sessions *sessions_new(const char *path)
{
    struct sessions *s = calloc(1, sizeof *s);
    if (s && path)
        s->path = strdup(path);
    if (s && path && !s->path)
        sessions_free(&s);
    if (s && path)
        load(s);
    return s;
}

void sessions_free(struct sessions **sp)
{
    struct sessions *s = *sp;
    if (!s)
        return;
    *sp = NULL;
    free(s->path);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

enum err session_code(struct sessions *s, int64_t now_mono_ms, char out[static SESSION_CODE_LEN + 1])
{
    uint8_t bytes[CODE_BYTES];
    struct code *to = &s->code[0];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return ERR_INTERNAL;
    for (size_t i = 0; i < SESSION_CODES; i++)
        if (s->code[i].until_mono_ms < to->until_mono_ms)
            to = &s->code[i];
    text_base32(bytes, sizeof bytes, out);
    key_sha256(out, SESSION_CODE_LEN, to->hash);
    to->until_mono_ms = now_mono_ms + SESSION_CODE_MS;
    OPENSSL_cleanse(bytes, sizeof bytes);
    return ERR_OK;
}

/* As it may be typed off a screen. */
static bool plain_code(const char *code, char out[static SESSION_CODE_LEN + 1])
{
    size_t n = 0;
    for (; *code; code++) {
        if (*code == '-' || *code == ' ')
            continue;
        if (n == SESSION_CODE_LEN)
            return false;
        out[n++] = (char)(*code >= 'a' && *code <= 'z' ? *code - 'a' + 'A' : *code);
    }
    out[n] = 0;
    return n == SESSION_CODE_LEN;
}

static enum err use_code(struct sessions *s, const char *code, int64_t now_mono_ms)
{
    char plain[SESSION_CODE_LEN + 1];
    uint8_t hash[KEY_HASH];
    if (!plain_code(code, plain))
        return ERR_PAGE_CODE;
    key_sha256(plain, SESSION_CODE_LEN, hash);
    OPENSSL_cleanse(plain, sizeof plain);
    for (size_t i = 0; i < SESSION_CODES; i++) {
        struct code *c = &s->code[i];
        if (c->until_mono_ms <= now_mono_ms || CRYPTO_memcmp(c->hash, hash, KEY_HASH))
            continue;
        *c = (struct code){0};
        return ERR_OK;
    }
    return ERR_PAGE_CODE;
}

static bool over(const struct session *one, int64_t now_utc_ms)
{
    return now_utc_ms - one->seen_utc_ms > SESSION_UNUSED_MS || now_utc_ms - one->begun_utc_ms > SESSION_LONGEST_MS;
}

enum err session_begin(
    struct sessions *s, const char *code, int64_t now_mono_ms, int64_t now_utc_ms, char out[static SESSION_ID_LEN + 1])
{
    uint8_t bytes[ID_BYTES];
    struct session *to = &s->session[0];
    enum err e = use_code(s, code, now_mono_ms);
    if (e)
        return e;
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return ERR_INTERNAL;
    for (size_t i = 0; i < SESSION_MAX; i++)
        if (s->session[i].seen_utc_ms < to->seen_utc_ms)
            to = &s->session[i];
    text_base32(bytes, sizeof bytes, out);
    OPENSSL_cleanse(bytes, sizeof bytes);
    *to = (struct session){.begun_utc_ms = now_utc_ms, .seen_utc_ms = now_utc_ms};
    key_sha256(out, SESSION_ID_LEN, to->hash);
    save(s);
    return ERR_OK;
}

static struct session *find(struct sessions *s, const char *id)
{
    uint8_t hash[KEY_HASH];
    key_sha256(id, strlen(id), hash);
    for (size_t i = 0; i < SESSION_MAX; i++)
        if (s->session[i].begun_utc_ms && !CRYPTO_memcmp(s->session[i].hash, hash, KEY_HASH))
            return &s->session[i];
    return NULL;
}

bool session_valid(struct sessions *s, const char *id, int64_t now_utc_ms)
{
    struct session *one = find(s, id);
    if (!one)
        return false;
    if (over(one, now_utc_ms)) {
        *one = (struct session){0};
        save(s);
        return false;
    }
    one->seen_utc_ms = now_utc_ms;
    if (now_utc_ms - one->noted_utc_ms > NOTED_MS)
        save(s);
    return true;
}

int64_t session_left_ms(const struct sessions *s, const uint8_t hash[static KEY_HASH], int64_t now_utc_ms)
{
    for (size_t i = 0; i < SESSION_MAX; i++) {
        const struct session *one = &s->session[i];
        if (!one->begun_utc_ms || CRYPTO_memcmp(one->hash, hash, KEY_HASH))
            continue;
        int64_t unused = one->seen_utc_ms + SESSION_UNUSED_MS, longest = one->begun_utc_ms + SESSION_LONGEST_MS;
        int64_t left = (unused < longest ? unused : longest) - now_utc_ms + 1;
        return left > 0 ? left : 0;
    }
    return 0;
}

void session_end(struct sessions *s, const char *id)
{
    struct session *one = find(s, id);
    if (!one)
        return;
    *one = (struct session){0};
    save(s);
}

size_t session_end_all(struct sessions *s)
{
    size_t n = 0;
    for (size_t i = 0; i < SESSION_MAX; i++)
        n += s->session[i].begun_utc_ms != 0;
    memset(s->session, 0, sizeof s->session);
    memset(s->code, 0, sizeof s->code);
    save(s);
    return n;
}

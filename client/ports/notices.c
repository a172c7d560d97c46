/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/notices.h"
#include "base/file.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWERS "answers"
enum { ANSWER_PATH = sizeof ANSWERS + ULID_LEN + 8 };

static const char *const files[NOTICE_KINDS] = {[NOTICE_TRUST] = STATE_TRUST,
    [NOTICE_SHOP] = STATE_SHOP,
    [NOTICE_LEASE] = STATE_LEASE,
    [NOTICE_REVOKED] = STATE_REVOKED};

void notices_init(struct notices *n, const struct state_info *info)
{
    memset(n, 0, sizeof *n);
    memcpy(n->terminal_id, info->terminal_id, sizeof n->terminal_id);
    memcpy(n->shop_id, info->shop_id, sizeof n->shop_id);
    n->epoch = info->epoch;
}

void notices_release(struct notices *n)
{
    if (notices_has(n, NOTICE_TRUST))
        notice_trust_release(&n->trust);
    if (notices_has(n, NOTICE_SHOP))
        notice_shop_release(&n->shop);
    revfile_close(&n->list);
    memset(n->held, 0, sizeof n->held);
}

void notices_known(struct notices *n, enum notice_kind kind, const struct notice_pin *pin)
{
    if (pin->version > n->newest[kind].version)
        n->newest[kind] = *pin;
}

void notices_forget(struct notices *n, const struct state *s, unsigned kinds)
{
    char path[STATE_PATH_MAX];
    for (int i = NOTICE_TRUST + 1; i < NOTICE_KINDS; i++) {
        if (!(kinds & 1u << i))
            continue;
        n->newest[i] = n->held[i] = (struct notice_pin){0};
        if (files[i]) {
            state_path(s, files[i], path);
            unlink(path);
        }
    }
    if (kinds & 1u << NOTICE_SHOP)
        notice_shop_release(&n->shop);
    if (kinds & 1u << NOTICE_REVOKED)
        revfile_close(&n->list);
}

static enum err use_trust(struct notices *n, const struct notice *in)
{
    struct notice_trust t = {0};
    enum err e = notice_trust_parse(in, &t);
    if (e)
        return e;
    if (notices_has(n, NOTICE_TRUST))
        notice_trust_release(&n->trust);
    n->trust = t;
    return ERR_OK;
}

static enum err parse_shop(const struct notices *n, const struct notice *in, struct notice_shop *out)
{
    enum err e = notice_shop_parse(in, out);
    if (!e && strcmp(out->shop_id, n->shop_id) != 0) {
        notice_shop_release(out);
        e = ERR_BAD_NOTICE;
    }
    return e;
}

static enum err use_shop(struct notices *n, const struct notice *in)
{
    struct notice_shop s = {0};
    enum err e = parse_shop(n, in, &s);
    if (e)
        return e;
    if (notices_has(n, NOTICE_SHOP))
        notice_shop_release(&n->shop);
    n->shop = s;
    return ERR_OK;
}

/* For this terminal, and not dated beyond the trust notice's validity: its date raises the floor. */
static enum err parse_lease(const struct notices *n, const struct notice *in, struct notice_lease *out)
{
    struct notice_lease l;
    enum err e = notice_lease_parse(in, &l);
    if (e)
        return e;
    if (strcmp(l.terminal_id, n->terminal_id) != 0 || strcmp(l.shop_id, n->shop_id) != 0 || l.epoch != n->epoch)
        return ERR_BAD_NOTICE;
    if (l.issued_utc_ms > n->trust.not_after_utc_ms)
        return ERR_NOTICE_EXPIRED;
    *out = l;
    return ERR_OK;
}

static enum err parse_answer(const struct notices *n, const struct notice *in, struct notice_answer *out)
{
    enum err e = notice_answer_parse(in, out);
    return !e && strcmp(out->terminal_id, n->terminal_id) != 0 ? ERR_BAD_NOTICE : e;
}

/* In force from here on. Only lack of memory can keep what notices_judge allowed from it. */
static enum err use(struct notices *n, const struct notice *in)
{
    enum err e = ERR_OK;
    switch (in->kind) {
    case NOTICE_TRUST:
        e = use_trust(n, in);
        break;
    case NOTICE_SHOP:
        e = use_shop(n, in);
        break;
    case NOTICE_LEASE:
        e = parse_lease(n, in, &n->lease);
        break;
    case NOTICE_REVOKED:
        e = jsonx_int(in->body, "issued_ms", 0, JSONX_INT_MAX, &n->list_utc_ms);
        break;
    default:
        break;
    }
    if (e)
        return e;
    n->held[in->kind].version = in->version;
    memcpy(n->held[in->kind].sha256, in->hash, KEY_HASH);
    notices_known(n, in->kind, &n->held[in->kind]);
    return ERR_OK;
}

/* Signed by the root that it names itself: enough for what was checked before it came onto this disk. */
static enum err self_signed(const struct notice *n)
{
    EVP_PKEY *root = NULL;
    enum err e = n->kind == NOTICE_TRUST ? notice_root(n, &root) : ERR_BAD_NOTICE;
    if (!e)
        e = notice_verify_root(n, root);
    key_free(&root);
    return e;
}

static enum err load_file(const struct state *s, const char *name, enum notice_kind kind, struct notice *out)
{
    struct buf b;
    buf_init(&b, NOTICE_MAX + 1);
    enum err e = state_read(s, name, &b);
    if (!e)
        e = notice_open(buf_str(&b), b.len, out);
    buf_release(&b);
    if (!e && out->kind != kind) {
        notice_release(out);
        e = ERR_BAD_NOTICE;
    }
    return e;
}

static enum err load_list(struct notices *n, const struct state *s, const struct notice *in)
{
    struct notice_revoked *r = calloc(1, sizeof *r);
    enum err e = r ? notice_revoked_parse(in, r) : ERR_NOMEM;
    if (!e)
        e = revfile_open(&n->list, s, r);
    free(r);
    return e;
}

/* A notice that is damaged is as good as none: nobody may sell by it, and the service will send another. */
static enum err load_one(struct notices *n, const struct state *s, enum notice_kind kind)
{
    struct notice in = {0};
    enum err e = load_file(s, files[kind], kind, &in);
    if (!e)
        e = notice_verify(&in, &n->trust);
    if (!e)
        e = notice_newer(&in, n->newest[kind].version, n->newest[kind].sha256);
    if (e == ERR_EXISTS)
        e = ERR_OK;
    if (!e && kind == NOTICE_REVOKED)
        e = load_list(n, s, &in);
    if (!e)
        e = use(n, &in);
    notice_release(&in);
    if (e == ERR_NOMEM || e == ERR_IO || e == ERR_NO_PERMISSION)
        return e;
    if (e && e != ERR_NOT_FOUND)
        log_warn("the %s notice on disk is not obeyed: %s", notice_kind_name(kind), err_code(e));
    return ERR_OK;
}

enum err notices_load(struct notices *n, const struct state *s)
{
    struct notice in = {0};
    char answers[STATE_PATH_MAX];
    state_path(s, ANSWERS, answers);
    file_sweep(answers);
    enum err e = load_file(s, STATE_TRUST, NOTICE_TRUST, &in);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STATE_MISSING : e;
    e = self_signed(&in);
    if (!e && in.version < n->newest[NOTICE_TRUST].version)
        log_warn("the trust notice on disk is older than one that was in force");
    if (!e)
        e = use(n, &in);
    notice_release(&in);
    for (int kind = NOTICE_TRUST + 1; !e && kind < NOTICE_KINDS; kind++)
        if (files[kind])
            e = load_one(n, s, (enum notice_kind)kind);
    return e;
}

enum err notices_pin(struct notices *n, const struct state *s, const char *text, size_t len)
{
    struct notice in = {0};
    enum err e = notice_open(text, len, &in);
    if (e)
        return e;
    e = self_signed(&in);
    if (!e)
        e = state_write(s, STATE_TRUST, text, len);
    if (!e)
        e = use(n, &in);
    notice_release(&in);
    return e;
}

/* Everything that could still refuse it comes before the file is written. */
static enum err parses(const struct notices *n, const struct notice *in)
{
    union {
        struct notice_trust trust;
        struct notice_shop shop;
        struct notice_lease lease;
        struct notice_revoked revoked;
        struct notice_answer answer;
    } *u = calloc(1, sizeof *u);
    enum err e = u ? ERR_BAD_NOTICE : ERR_NOMEM;
    if (u && in->kind == NOTICE_TRUST && !(e = notice_trust_parse(in, &u->trust)))
        notice_trust_release(&u->trust);
    else if (u && in->kind == NOTICE_SHOP && !(e = parse_shop(n, in, &u->shop)))
        notice_shop_release(&u->shop);
    else if (u && in->kind == NOTICE_LEASE)
        e = parse_lease(n, in, &u->lease);
    else if (u && in->kind == NOTICE_REVOKED)
        e = notice_revoked_parse(in, &u->revoked);
    else if (u && in->kind == NOTICE_ANSWER)
        e = parse_answer(n, in, &u->answer);
    free(u);
    return e;
}

/* A key's validity is judged by the notice's own date, too: on a machine whose clock stood still the lease that says what time it is may
 * be signed by a key that is newer than that clock. */
static int64_t judged_at(const struct notice *in, int64_t now_utc_ms)
{
    int64_t issued = 0;
    if (jsonx_int(in->body, "issued_ms", 0, JSONX_INT_MAX, &issued))
        return now_utc_ms;
    return issued > now_utc_ms ? issued : now_utc_ms;
}

enum err notices_judge(const struct notices *n, const struct notice *in, int64_t now_utc_ms)
{
    const struct notice_pin *newest = &n->newest[in->kind];
    enum err e = notice_verify_at(in, notices_has(n, NOTICE_TRUST) ? &n->trust : NULL, judged_at(in, now_utc_ms));
    if (!e)
        e = notice_newer(in, newest->version, newest->sha256);
    if (e == ERR_EXISTS && in->kind != NOTICE_ANSWER && n->held[in->kind].version < in->version)
        e = ERR_OK; /* known, but its file was lost */
    return e ? e : parses(n, in);
}

static enum err put_answer(
    const struct notices *n, const struct state *s, const struct notice *in, const struct buf *text)
{
    struct notice_answer *a = calloc(1, sizeof *a);
    char dir[STATE_PATH_MAX], name[ANSWER_PATH];
    enum err e = a ? parse_answer(n, in, a) : ERR_NOMEM;
    if (!e) {
        state_path(s, ANSWERS, dir);
        e = file_mkdir(dir, 0700);
    }
    if (e == ERR_EXISTS)
        e = ERR_OK;
    if (!e) {
        snprintf(name, sizeof name, ANSWERS "/%s", a->record_id);
        e = state_write(s, name, text->data, text->len);
    }
    free(a);
    return e;
}

enum err notices_put(struct notices *n, const struct state *s, const struct notice *in, const struct buf *text)
{
    bool list = in->kind == NOTICE_REVOKED;
    enum err e = ERR_OK;
    if (list && n->list.next.version != in->version)
        return ERR_NOT_FOUND;
    if (in->kind == NOTICE_ANSWER)
        e = put_answer(n, s, in, text);
    else
        e = state_write(s, files[in->kind], text->data, text->len);
    if (!e)
        e = use(n, in);
    if (list && e)
        revfile_drop(&n->list, s);
    else if (list)
        revfile_commit(&n->list, s);
    return e;
}

enum err notices_open(const json_t *envelope, struct notice *out, struct buf *text)
{
    buf_init(text, NOTICE_MAX);
    enum err e = jsonx_write(envelope, text);
    if (!e)
        e = notice_open(buf_str(text), text->len, out);
    if (e)
        buf_release(text);
    return e;
}

enum err notices_answer(
    const struct notices *n, const struct state *s, const char *record_id, struct notice_answer *out)
{
    struct notice in = {0};
    uint8_t id[ULID_SIZE];
    char name[ANSWER_PATH];
    if (ulid_decode(record_id, strlen(record_id), id))
        return ERR_NOT_FOUND;
    snprintf(name, sizeof name, ANSWERS "/%.26s", record_id);
    enum err e = load_file(s, name, NOTICE_ANSWER, &in);
    if (!e)
        e = notice_verify(&in, &n->trust);
    if (!e)
        e = parse_answer(n, &in, out);
    notice_release(&in);
    return e;
}

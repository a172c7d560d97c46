/* SPDX-License-Identifier: Apache-2.0 */
/* shop evidence: one signed archive about a shop, which a third party checks with openssl and sha256sum: a tar (POSIX.1-1988 ustar) of the
 * document and its signature, of the records and heads in it byte for byte as they were hashed and signed, of keys and certificates, and of a
 * page of instructions. All but the instructions follows from what the service answered. */
#include "base/file.h"
#include "base/text.h"
#include "base/ulid.h"
#include "client/admin/admin.h"
#include "proto/record.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_SIZE = 640,
    BLOCK = 512,
    ARCHIVE_MAX = 192 * 1024 * 1024,
    PART_MAX = 32 * 1024 * 1024,
    SIG_MAX = 128,
    NAME = 96,
    ROWS_MAX = 100000
};

static const char instructions[] =
#include "evidence_README.txt.inc"
    ;
static const char check[] =
#include "evidence_check.sh.inc"
    ;

/* One file of the archive: header and contents in blocks of 512. */
static enum err add(struct buf *tar, const char *name, const void *p, size_t n)
{
    char h[BLOCK] = {0}, pad[BLOCK] = {0};
    unsigned sum = 0;
    snprintf(h, 100, "%s", name);
    snprintf(h + 100, 8, "0000644");
    snprintf(h + 108, 8, "0000000");
    snprintf(h + 116, 8, "0000000");
    snprintf(h + 124, 12, "%011zo", n);
    snprintf(h + 136, 12, "00000000000");
    memset(h + 148, ' ', 8);
    h[156] = '0';
    snprintf(h + 257, 6, "ustar");
    h[263] = h[264] = '0';
    for (size_t i = 0; i < sizeof h; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum & 0777777);
    h[155] = ' ';
    enum err e = buf_add(tar, h, sizeof h);
    if (!e && n)
        e = buf_add(tar, p, n);
    return e || n % BLOCK == 0 ? e : buf_add(tar, pad, BLOCK - n % BLOCK);
}

static enum err add_base64(struct buf *tar, const char *name, const json_t *v, const char *member)
{
    const char *text;
    uint8_t bytes[SIG_MAX];
    size_t len = 0;
    enum err e = jsonx_str(v, member, 8, 2 * SIG_MAX, &text);
    if (!e)
        e = text_unbase64(text, strlen(text), bytes, sizeof bytes, &len);
    return e ? e : add(tar, name, bytes, len);
}

static enum err add_string(struct buf *tar, const char *name, const json_t *v, const char *member)
{
    const char *text;
    enum err e = jsonx_str(v, member, 2, PART_MAX, &text);
    return e ? e : add(tar, name, text, strlen(text));
}

/* A record's place and hashes. */
struct place {
    struct record_head head;
    int64_t number;
    uint8_t previous[KEY_HASH];
    char name[NAME / 2]; /* "7-1-0000000042" */
};

static enum err terminal_of(const json_t *terminals, int64_t number, uint8_t out[static ULID_SIZE])
{
    const json_t *t;
    const char *id;
    size_t i;
    json_array_foreach (terminals, i, t) {
        if (json_integer_value(json_object_get(t, "number")) != number)
            continue;
        enum err e = jsonx_str(t, "terminal_id", ULID_LEN, ULID_LEN, &id);
        return e ? e : ulid_decode(id, ULID_LEN, out);
    }
    return ERR_NOT_FOUND;
}

static enum err place_of(const json_t *r, const json_t *terminals, struct place *p)
{
    int64_t epoch = 0, seq = 0;
    enum err e = jsonx_int(r, "terminal", 1, JSONX_INT_MAX, &p->number);
    if (!e)
        e = jsonx_int(r, "epoch", 1, UINT32_MAX, &epoch);
    if (!e)
        e = jsonx_int(r, "seq", 1, JSONX_INT_MAX, &seq);
    if (!e)
        e = jsonx_hex(r, "hash", p->head.hash, KEY_HASH);
    if (!e)
        e = jsonx_hex(r, "previous", p->previous, KEY_HASH);
    if (!e)
        e = terminal_of(terminals, p->number, p->head.terminal);
    p->head.epoch = (uint32_t)epoch;
    p->head.seq = (uint64_t)seq;
    snprintf(p->name, sizeof p->name, "%" PRId64 "-%" PRId64 "-%010" PRId64, p->number, epoch, seq);
    return e;
}

static enum err add_int(struct buf *b, uint64_t v, int bytes)
{
    enum err e = ERR_OK;
    for (int i = bytes - 1; i >= 0 && !e; i--)
        e = buf_add_u8(b, (uint8_t)(v >> (8 * i)));
    return e;
}

/* tag 0x00 | terminal | epoch | seq */
static enum err begin(struct buf *b, const char *tag, const struct record_head *h)
{
    buf_reset(b);
    enum err e = buf_add(b, tag, strlen(tag) + 1);
    if (!e)
        e = buf_add(b, h->terminal, ULID_SIZE);
    if (!e)
        e = add_int(b, h->epoch, 4);
    return e ? e : add_int(b, h->seq, 8);
}

/* What proto/record hashes and signs, written out. */
static enum err add_record(struct buf *tar, struct buf *b, const json_t *r, const struct place *p)
{
    const char *body, *kind;
    char name[NAME];
    enum err e = jsonx_str(r, "body", 2, RECORD_BODY_MAX, &body);
    if (!e)
        e = jsonx_str(r, "kind", 1, 32, &kind);
    if (!e)
        e = begin(b, "huika-record-v1", &p->head);
    if (!e)
        e = buf_add(b, p->previous, KEY_HASH);
    if (!e)
        e = buf_add_u8(b, (uint8_t)record_kind_from_name(kind));
    if (!e)
        e = add_int(b, strlen(body), 4);
    if (!e)
        e = buf_adds(b, body);
    snprintf(name, sizeof name, "records/%s.rec", p->name);
    return e ? e : add(tar, name, b->data, b->len);
}

static enum err add_head(struct buf *tar, struct buf *b, const json_t *head, const struct place *p)
{
    char name[NAME];
    int64_t at = 0;
    enum err e = jsonx_int(head, "at_ms", 0, JSONX_INT_MAX, &at);
    if (!e)
        e = begin(b, "huika-head-v1", &p->head);
    if (!e)
        e = buf_add(b, p->head.hash, KEY_HASH);
    snprintf(name, sizeof name, "heads/%s.head", p->name);
    if (!e)
        e = add(tar, name, b->data, b->len);
    snprintf(name, sizeof name, "heads/%s.head.sig", p->name);
    if (!e)
        e = add_base64(tar, name, head, "sig");
    if (!e)
        e = begin(b, "huika-countersign-v1", &p->head);
    if (!e)
        e = buf_add(b, p->head.hash, KEY_HASH);
    if (!e)
        e = add_int(b, (uint64_t)at, 8);
    snprintf(name, sizeof name, "heads/%s.counter", p->name);
    if (!e)
        e = add(tar, name, b->data, b->len);
    snprintf(name, sizeof name, "heads/%s.counter.sig", p->name);
    return e ? e : add_base64(tar, name, head, "countersig");
}

static enum err add_records(struct buf *tar, const json_t *records, const json_t *terminals)
{
    const json_t *r;
    struct buf b;
    size_t i;
    enum err e = ERR_OK;
    buf_init(&b, RECORD_BODY_MAX + BLOCK);
    json_array_foreach (records, i, r) {
        struct place p = {.number = 0};
        const json_t *head = json_object_get(r, "head");
        e = place_of(r, terminals, &p);
        if (!e)
            e = add_record(tar, &b, r, &p);
        if (!e && head)
            e = add_head(tar, &b, head, &p);
        if (e)
            break;
    }
    buf_release(&b);
    return e;
}

static enum err add_terminals(struct buf *tar, const json_t *terminals)
{
    const json_t *t, *cert;
    char name[NAME];
    size_t i, k;
    enum err e = ERR_OK;
    json_array_foreach (terminals, i, t)
        json_array_foreach (json_object_get(t, "certificates"), k, cert) {
            const char *pem = json_string_value(cert);
            snprintf(name, sizeof name, "terminals/%" PRId64 "-%zu.crt",
                (int64_t)json_integer_value(json_object_get(t, "number")), k + 1);
            e = e ? e : pem ? add(tar, name, pem, strlen(pem)) : ERR_NET_PROTOCOL;
        }
    return e;
}

static enum err archive(const json_t *v, struct buf *tar)
{
    const char *document;
    char end[2 * BLOCK] = {0};
    json_t *d = NULL, *records, *terminals, *countersigners;
    enum err e = jsonx_str(v, "document", 2, PART_MAX, &document);
    if (!e)
        e = jsonx_parse(document, strlen(document), &d);
    if (!e)
        e = jsonx_arr(d, "records", ROWS_MAX, &records);
    if (!e)
        e = jsonx_arr(d, "terminals", ROWS_MAX, &terminals);
    if (!e)
        e = jsonx_arr(d, "countersigners", 1, &countersigners);
    if (!e)
        e = add(tar, "README.txt", instructions, sizeof instructions - 1);
    if (!e)
        e = add(tar, "check.sh", check, sizeof check - 1);
    if (!e)
        e = add(tar, "evidence.json", document, strlen(document));
    if (!e)
        e = add_base64(tar, "evidence.sig", v, "signature");
    if (!e)
        e = add_string(tar, "key.pem", v, "key");
    if (!e)
        e = add_string(tar, "countersign.pem", json_array_get(countersigners, 0), "key");
    if (!e)
        e = add_terminals(tar, terminals);
    if (!e)
        e = add_records(tar, records, terminals);
    json_decref(d);
    if (e)
        return e == ERR_NOMEM || e == ERR_TOO_LARGE ? e : ERR_NET_PROTOCOL;
    return buf_add(tar, end, sizeof end);
}

int evidence_run(struct cli *c)
{
    const char *what = _("gathering evidence"), *blob = cli_text(c, "text"), *out = cli_text(c, "out");
    char path[PATH_SIZE], after[PATH_SIZE - 64];
    json_t *v = NULL;
    struct buf tar;
    if (blob && (strlen(blob) > 480 || blob[strspn(blob, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-,")]))
        return cli_usage(c, "%s", _("--text names references like 7-1-42-K, separated by commas."));
    snprintf(after, sizeof after, "/evidence%s%s", blob ? "?blob=" : "", blob ? blob : "");
    if (admin_path(path, sizeof path, "/v1/shops/", c->arg[0], after))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "GET", path, NULL, &v);
    buf_init(&tar, ARCHIVE_MAX);
    enum err e = rc ? ERR_OK : archive(v, &tar);
    if (e)
        rc = cli_fail(c, e, "%s", what);
    if (!rc && (e = file_create(out, tar.data, tar.len, 0600)))
        rc = cli_fail(c, cli_path_err(e), _("writing %s"), out);
    if (!rc && c->json)
        printf("{\"file\":\"written\",\"bytes\":%zu}\n", tar.len);
    buf_release(&tar);
    json_decref(v);
    return rc;
}

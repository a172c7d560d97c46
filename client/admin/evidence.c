/* SPDX-License-Identifier: Apache-2.0 */
/* shop evidence: one signed archive about a shop, which a third party checks with openssl: a tar (POSIX.1-1988 ustar) of the document, its
 * signature, the key, and a page of instructions. */
#include "base/file.h"
#include "base/text.h"
#include "client/admin/admin.h"
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 640, BLOCK = 512, ARCHIVE_MAX = 64 * 1024 * 1024, SIG_MAX = 128 };

static const char instructions[] =
    "Evidence about one shop, signed by the union's service / 工会服务签名的商户证据\n\n"
    "evidence.json   the document / 证据正文\n"
    "evidence.sig    ECDSA P-256 with SHA-256 over its exact bytes, DER / 正文的签名\n"
    "key.pem         the public key that signed it / 签名公钥\n\n"
    "1. The signature / 验证签名:\n"
    "   openssl dgst -sha256 -verify key.pem -signature evidence.sig evidence.json      -> Verified OK\n"
    "2. Whose key it is / 公钥归属: its id is the first 16 hex digits of\n"
    "   openssl pkey -pubin -in key.pem -outform DER | sha256sum\n"
    "   and stands in the trust notice that the service gives to everybody (GET /v1/trust), signed by the root key "
    "that every\n"
    "   enrolment code pins, for the kind \"shop\".\n"
    "3. The records / 记录: each has its exact body and its hash. It was chained as\n"
    "   SHA-256(\"huika-record-v1\\0\" | terminal id 16 bytes | epoch u32 | seq u64 | hash before 32 | kind u8 | "
    "length u32 | body);\n"
    "   a terminal's owner can show the neighbours, whose hashes must fit, and the countersigned head.\n"
    "4. The notices / 通告: DSSE envelopes; the payload is base64, signed by the same kind of key.\n\n"
    "Cards stand under pseudonyms of this archive alone: the same card has the same one here and another in any other "
    "archive.\n"
    "会员卡以本档案专用的化名表示。Of what people wrote only the texts that were chosen are in it. "
    "文字内容仅含选定部分。\n";

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
    if (!e)
        e = buf_add(tar, p, n);
    return e || n % BLOCK == 0 ? e : buf_add(tar, pad, BLOCK - n % BLOCK);
}

static enum err archive(const json_t *v, struct buf *tar)
{
    const char *document, *signature, *key;
    uint8_t sig[SIG_MAX];
    char end[2 * BLOCK] = {0};
    size_t sig_len = 0;
    enum err e = jsonx_str(v, "document", 2, ARCHIVE_MAX, &document);
    if (!e)
        e = jsonx_str(v, "signature", 8, 2 * SIG_MAX, &signature);
    if (!e)
        e = jsonx_str(v, "key", 32, 4096, &key);
    if (!e)
        e = text_unbase64(signature, strlen(signature), sig, sizeof sig, &sig_len);
    if (e)
        return ERR_NET_PROTOCOL;
    e = add(tar, "README.txt", instructions, sizeof instructions - 1);
    if (!e)
        e = add(tar, "evidence.json", document, strlen(document));
    if (!e)
        e = add(tar, "evidence.sig", sig, sig_len);
    if (!e)
        e = add(tar, "key.pem", key, strlen(key));
    return e ? e : buf_add(tar, end, sizeof end);
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

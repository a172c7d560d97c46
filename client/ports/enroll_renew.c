/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "client/ports/enroll_parts.h"
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static enum err own_ca(const struct enroll *n, X509 **out)
{
    struct buf pem;
    buf_init(&pem, 65536);
    enum err e = state_read(&n->state, STATE_CA, &pem);
    BIO *bio = e ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    *out = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    buf_release(&pem);
    return e ? e : *out ? ERR_OK : ERR_BAD_VALUE;
}

/* The root may have been rotated since this terminal was last here, so it is asked for; the CA is the one we know. */
static enum err check_code(struct enroll *n)
{
    struct notice trust = {0};
    EVP_PKEY *root = NULL;
    X509 *ca = NULL;
    enum err e = notice_open(buf_str(&n->trust_text), n->trust_text.len, &trust);
    if (e)
        return e;
    e = trust.kind == NOTICE_TRUST ? notice_root(&trust, &root) : ERR_BAD_NOTICE;
    if (!e)
        e = notice_verify_root(&trust, root);
    if (!e)
        e = own_ca(n, &ca);
    if (!e && !enroll_fits(n, ca, root))
        e = ERR_INVITE_FINGERPRINT;
    X509_free(ca);
    key_free(&root);
    notice_release(&trust);
    return e;
}

static enum err find_own_service(struct enroll *n)
{
    struct link *l = NULL;
    struct link_request trust = {.method = "GET", .path = "/v1/trust"};
    enum err e = enroll_dial(n, true, false, &l);
    if (!e)
        e = enroll_get(n, l, &trust, &n->trust_text);
    link_free(&l);
    return e ? e : check_code(n);
}

static enum err renew(struct enroll *n)
{
    char path[STATE_PATH_MAX];
    enum err e = state_open(n->c->dir, n->c->machine_path, &n->state);
    if (!e)
        e = invite_decode(n->c->code, strlen(n->c->code), &n->invite);
    if (e)
        return e;
    n->info = n->state.info;
    state_path(&n->state, STATE_KEY, path);
    e = key_load_pem(path, &n->key);
    enroll_say(n, ENROLL_CONNECT);
    if (!e)
        e = find_own_service(n);
    if (e)
        return e;
    enroll_say(n, ENROLL_CERT);
    e = enroll_ask_cert(n);
    if (!e)
        enroll_say(n, ENROLL_DONE);
    return e;
}

enum err enroll_renew(const struct enroll_config *c, struct state_info *out)
{
    struct enroll n = {.c = c, .state.lock_fd = -1};
    buf_init(&n.trust_text, NOTICE_MAX);
    enum err e = renew(&n);
    if (!e)
        *out = n.info;
    state_release(&n.state);
    key_free(&n.key);
    buf_release(&n.trust_text);
    OPENSSL_cleanse(&n.invite, sizeof n.invite);
    return e;
}

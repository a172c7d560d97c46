/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/gate.h"
#include "service/store/store.h"
#include <gnutls/x509.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 4 };

struct gate {
    gnutls_x509_trust_list_t terminal, admin;
};

static gnutls_x509_trust_list_t trust_list(const struct buf *ca)
{
    gnutls_x509_trust_list_t list = NULL;
    gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t der = {.data = ca->data, .size = (unsigned)ca->len};
    if (gnutls_x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0 || gnutls_x509_trust_list_init(&list, 0) < 0) {
        gnutls_x509_crt_deinit(crt);
        return NULL;
    }
    if (gnutls_x509_trust_list_add_cas(list, &crt, 1, 0) != 1) { /* takes crt */
        gnutls_x509_crt_deinit(crt);
        gnutls_x509_trust_list_deinit(list, 1);
        return NULL;
    }
    return list;
}

struct gate *gate_new(const struct buf *terminal_ca, const struct buf *admin_ca)
{
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->terminal = trust_list(terminal_ca);
    g->admin = trust_list(admin_ca);
    if (!g->terminal || !g->admin)
        gate_free(&g);
    return g;
}

void gate_free(struct gate **pg)
{
    struct gate *g = pg ? *pg : NULL;
    if (!g)
        return;
    if (g->terminal)
        gnutls_x509_trust_list_deinit(g->terminal, 1);
    if (g->admin)
        gnutls_x509_trust_list_deinit(g->admin, 1);
    free(g);
    *pg = NULL;
}

enum err gate_uri(const char *uri, size_t len, enum store_role *role, uint8_t id[static STORE_ID])
{
    static const struct {
        const char *prefix;
        enum store_role role;
    } kind[] = {{"urn:huika:terminal:", STORE_ROLE_TERMINAL}, {"urn:huika:admin:", STORE_ROLE_ADMIN}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        size_t n = strlen(kind[i].prefix);
        uint8_t found[STORE_ID];
        if (len != n + ULID_LEN || memcmp(uri, kind[i].prefix, n) != 0)
            continue;
        if (ulid_decode(uri + n, ULID_LEN, found) != ERR_OK)
            return ERR_BAD_VALUE;
        *role = kind[i].role;
        memcpy(id, found, sizeof found);
        return ERR_OK;
    }
    return ERR_BAD_VALUE;
}

/* Exactly one alternative name, a URI of ours. */
static enum err name_of(gnutls_x509_crt_t leaf, enum store_role *role, uint8_t id[static STORE_ID])
{
    char uri[128], none[8];
    size_t len = sizeof uri, none_len = sizeof none;
    if (gnutls_x509_crt_get_subject_alt_name(leaf, 0, uri, &len, NULL) != GNUTLS_SAN_URI)
        return ERR_UNAUTHORIZED;
    if (gnutls_x509_crt_get_subject_alt_name(leaf, 1, none, &none_len, NULL) != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return ERR_UNAUTHORIZED;
    return gate_uri(uri, len, role, id) == ERR_OK ? ERR_OK : ERR_UNAUTHORIZED;
}

/* clientAuth must be named: a certificate without any purpose is not good for all here. */
static bool for_clients(gnutls_x509_crt_t leaf)
{
    char oid[64];
    for (unsigned i = 0;; i++) {
        size_t len = sizeof oid;
        if (gnutls_x509_crt_get_key_purpose_oid(leaf, i, oid, &len, NULL) < 0)
            return false;
        if (!strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT))
            return true;
    }
}

static enum err verify(gnutls_x509_trust_list_t list, gnutls_x509_crt_t *chain, unsigned cnt)
{
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned status = 0;
    if (gnutls_x509_trust_list_verify_crt2(list, chain, cnt, &purpose, 1, 0, &status, NULL) < 0)
        return ERR_UNAUTHORIZED;
    if ((status & ~(unsigned)GNUTLS_CERT_INVALID) == GNUTLS_CERT_EXPIRED)
        return ERR_CERT_EXPIRED;
    if ((status & ~(unsigned)GNUTLS_CERT_INVALID) == GNUTLS_CERT_NOT_ACTIVATED)
        return ERR_CERT_NOT_YET;
    return status ? ERR_UNAUTHORIZED : ERR_OK;
}

static enum err judge(struct gate *g, gnutls_x509_crt_t *chain, unsigned cnt, struct gate_peer *p)
{
    enum store_role named = STORE_ROLE_NONE;
    enum err e = verify(g->terminal, chain, cnt);
    p->role = STORE_ROLE_TERMINAL;
    if (e == ERR_UNAUTHORIZED) {
        e = verify(g->admin, chain, cnt);
        p->role = STORE_ROLE_ADMIN;
    }
    if (e != ERR_OK)
        return e;
    if (!for_clients(chain[0]) || gnutls_x509_crt_get_ca_status(chain[0], NULL) > 0)
        return ERR_UNAUTHORIZED;
    e = name_of(chain[0], &named, p->id);
    return e == ERR_OK && named != p->role ? ERR_UNAUTHORIZED : e;
}

void gate_judge(struct gate *g, const gnutls_datum_t *chain, unsigned cnt, struct gate_peer *p)
{
    gnutls_x509_crt_t crt[CHAIN_MAX];
    unsigned made = 0;
    bool whole = cnt >= 1 && cnt <= CHAIN_MAX;
    p->judged = true;
    p->verdict = ERR_UNAUTHORIZED;
    while (whole && made < cnt) {
        if (gnutls_x509_crt_init(&crt[made]) < 0)
            break;
        whole = gnutls_x509_crt_import(crt[made], &chain[made], GNUTLS_X509_FMT_DER) == 0;
        made++;
    }
    if (whole && made == cnt) {
        p->verdict = judge(g, crt, cnt, p);
        p->not_after_utc_ms = (int64_t)gnutls_x509_crt_get_expiration_time(crt[0]) * 1000;
        key_sha256(chain[0].data, chain[0].size, p->hash);
    }
    while (made)
        gnutls_x509_crt_deinit(crt[--made]);
}

/* Once per connection. */
static void look(struct gate *g, gnutls_session_t session, struct gate_peer *p)
{
    unsigned cnt = 0;
    const gnutls_datum_t *chain = session ? gnutls_certificate_get_peers(session, &cnt) : NULL;
    if (chain && cnt)
        gate_judge(g, chain, cnt, p);
    else
        *p = (struct gate_peer){.judged = true};
}

/* What the store says of the certificate now. */
static enum err ask(struct store *store, struct gate_peer *p)
{
    uint64_t commit =
        store_commit_number(store); /* before the snapshot: it may be newer than the number, never older */
    if (p->known && p->commit == commit)
        return p->state;
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(store, &tx);
    if (e != ERR_OK)
        return e;
    struct store_identity who;
    e = store_identity_get(tx, p->hash, &who);
    store_read_end(&tx);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    bool good =
        e == ERR_OK && who.state == STORE_STATE_ACTIVE && who.role == p->role && !memcmp(who.id, p->id, STORE_ID);
    p->who = good ? who : (struct store_identity){0};
    p->state = good ? ERR_OK : ERR_CERT_REVOKED;
    p->known = true;
    p->commit = commit;
    return p->state;
}

enum err gate_admit(struct gate *g, gnutls_session_t session, struct store *store, struct gate_peer *p,
    enum store_role role, int64_t now_utc_ms)
{
    if (!p->judged)
        look(g, session, p);
    if (role == STORE_ROLE_NONE)
        return ERR_OK;
    if (p->verdict != ERR_OK)
        return p->verdict;
    if (p->role == STORE_ROLE_NONE)
        return ERR_UNAUTHORIZED;
    if (now_utc_ms > p->not_after_utc_ms)
        return ERR_CERT_EXPIRED;
    enum err e = ask(store, p);
    if (e != ERR_OK)
        return e;
    return p->role == role ? ERR_OK : ERR_FORBIDDEN;
}

void gate_peer_release(struct gate_peer *p)
{
    EVP_PKEY_free(p->key);
    *p = (struct gate_peer){0};
}

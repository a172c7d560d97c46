/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "service/ep/est.h"
#include "service/http/service.h"
#include "service/sign/ca.h"
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { PKCS7_MAX = 16384 };

/* Certs-only PKCS#7 in base64, as 4.1.3 and 4.2.3 want it. */
enum err est_send(struct http_request *rq, X509 *const *certs, size_t cnt)
{
    struct buf der;
    char *text = NULL;
    buf_init(&der, PKCS7_MAX);
    enum err e = ca_pkcs7(certs, cnt, &der);
    if (e == ERR_OK && !(text = malloc(TEXT_BASE64_LEN(der.len) + 1)))
        e = ERR_NOMEM;
    if (e == ERR_OK) {
        text_base64(der.data, der.len, text);
        rq->answer.type = "application/pkcs7-mime; smime-type=certs-only";
        rq->answer.encoding = "base64";
        e = buf_adds(&rq->answer.body, text);
    }
    free(text);
    buf_release(&der);
    return e;
}

/* The request's key: base64, with line breaks or without (RFC 8951 section 3.1), of a PKCS#10. */
enum err est_key(const struct buf *body, EVP_PKEY **key)
{
    char *text = malloc(body->len + 1);
    uint8_t *der = malloc(CA_CSR_MAX);
    size_t n = 0, len = 0;
    enum err e = text && der ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < body->len; i++)
        if (!strchr(" \t\r\n", (char)body->data[i]) || !body->data[i])
            text[n++] = (char)body->data[i];
    if (e == ERR_OK && text_unbase64(text, n, der, CA_CSR_MAX, &len) != ERR_OK)
        e = ERR_BAD_VALUE;
    if (e == ERR_OK)
        e = ca_csr_key(der, len, key);
    free(der);
    free(text);
    return e;
}

enum err est_issue(struct http_request *rq, EVP_PKEY *key, const struct est_holder *h, struct est_cert *out)
{
    const struct service_keys *k = rq->service->keys;
    bool admin = h->role == STORE_ROLE_ADMIN;
    int64_t life = admin ? 3 * CA_YEAR_MS : rq->service->settings.policy.certificate_s * 1000;
    struct ca_client c = {
        .role = admin ? CA_ADMIN : CA_TERMINAL, .from_utc_ms = rq->at_utc_ms, .to_utc_ms = rq->at_utc_ms + life};
    X509 *cert = NULL;
    memcpy(c.id, h->id, STORE_ID);
    enum err e =
        ca_client(admin ? k->admin_ca : k->terminal_ca, admin ? k->admin_ca_key : k->terminal_ca_key, key, &c, &cert);
    if (e == ERR_OK)
        e = ca_cert_der(cert, &out->der);
    if (e == ERR_OK)
        out->not_after_utc_ms = ca_not_after_utc_ms(cert);
    X509_free(cert);
    return e;
}

enum err est_answer(struct http_request *rq, const uint8_t *der, size_t len)
{
    X509 *cert = NULL;
    enum err e = ca_cert_from_der(der, len, &cert);
    if (e == ERR_OK)
        e = est_send(rq, (X509 *const[]){cert}, 1);
    X509_free(cert);
    return e;
}

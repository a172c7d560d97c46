/* SPDX-License-Identifier: Apache-2.0 */
/* What the EST endpoints (RFC 7030) share. */
#ifndef HUIKA_SERVICE_EST_H
#define HUIKA_SERVICE_EST_H
#include "service/http/http.h"

/* Answers with certificates: certs-only PKCS#7 in base64 (4.1.3, 4.2.3). */
enum err est_send(struct http_request *rq, X509 *const *certs, size_t cnt);
enum err est_answer(struct http_request *rq, const uint8_t *der, size_t len); /* with one */
/* The key of a request: base64, with line breaks or without (RFC 8951 section 3.1), of a PKCS#10. ERR_BAD_VALUE,
 * ERR_BAD_SIGNATURE, ERR_NOMEM. *key is the caller's. */
enum err est_key(const struct buf *body, EVP_PKEY **key);

/* Makes a client certificate for that holder from now on; nothing is stored. */
struct est_holder {
    enum store_role role;
    uint8_t id[STORE_ID];
};
struct est_cert {
    struct buf der; /* buf_init before, with at most STORE_CERT_MAX */
    int64_t not_after_utc_ms;
};
enum err est_issue(struct http_request *rq, EVP_PKEY *key, const struct est_holder *h, struct est_cert *out);

/* ERR_OK if one of this terminal's certificates is for that key; else ERR_INVITE_OTHER, and it stands in the audit log. */
enum err est_bound_key(struct http_request *rq, const uint8_t terminal[static STORE_ID], EVP_PKEY *key);

/* Enrols an administrator with the invitation of that hash, and answers. ERR_INVITE_UNKNOWN: there is none such. */
enum err est_admin(struct http_request *rq, const uint8_t hash[static KEY_HASH]);
#endif

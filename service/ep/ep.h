/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of docs/protocol.md "Service API", one file each, and what they share. Contracts: proto/service-api.yaml. */
#ifndef HUIKA_SERVICE_EP_H
#define HUIKA_SERVICE_EP_H
#include "base/jsonx.h"
#include "service/http/http.h"

/* Whoever asks. */
http_handler ep_healthz, ep_trust, ep_est_cacerts, ep_est_enroll;
/* Terminals. */
http_handler ep_terminal, ep_est_reenroll, ep_verify, ep_reserve, ep_reserve_release, ep_records, ep_void, ep_notices,
    ep_revoked, ep_revoked_delta;
/* Administrators. */
http_handler ep_org_list, ep_org_add, ep_member_import, ep_member_status, ep_card_print, ep_card_reissue,
    ep_card_export, ep_shop_list, ep_shop_add, ep_shop_show, ep_shop_standing, ep_offer_list, ep_offer_set,
    ep_shop_invite, ep_terminal_list, ep_terminal_revoke, ep_terminal_resume, ep_terminal_renew, ep_terminal_branches,
    ep_terminal_records, ep_admin_list, ep_admin_invite, ep_admin_revoke, ep_audit_verify, ep_audit_list, ep_report,
    ep_dispute_list, ep_dispute_show, ep_dispute_answer, ep_dispute_close, ep_dispute_reopen, ep_dispute_note,
    ep_dispute_erase, ep_evidence;

/* The request's body as one JSON object; ERR_BAD_JSON, ERR_BAD_VALUE (not an object). *out is the caller's. */
enum err ep_object(struct http_request *rq, json_t **out);
/* Mandatory text member of min..max bytes without control characters; the problem names it if it is wrong. Borrowed. */
enum err ep_text(struct http_request *rq, const json_t *obj, const char *key, size_t min, size_t max, const char **out);
/* Answers with v and takes it; NULL is ERR_NOMEM. */
enum err ep_answer(struct http_request *rq, unsigned status, json_t *v);
/* The ULID at {…} number i of the path. ERR_NOT_FOUND: it is none, so there is no such thing. */
enum err ep_param_id(const struct http_request *rq, size_t i, uint8_t id[static STORE_ID]);
/* A ULID as JSON; NULL if out of memory. */
json_t *ep_id(const uint8_t id[static STORE_ID]);
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/disputes/{ref}/answer, close, reopen, note {"text"}: what a union says. All but notes go to the terminal and the slip's
 * page. */
#include "base/text.h"
#include "proto/dispute.h"
#include "service/ep/dispute_notice.h"
#include "service/ep/dispute_record.h"
#include "service/ep/disputes.h"
#include "service/ep/scope.h"
#include <string.h>

struct job {
    struct http_request *rq;
    enum store_word_act act;
    const char *text;
    struct store_dispute d;
};

static enum err say(struct store_tx *tx, void *ctx)
{
    struct job *j = ctx;
    struct http_request *rq = j->rq;
    struct store_org org;
    char admin[ULID_LEN + 1], act[32];
    ulid_encode(rq->who->id, admin);
    enum err e = disputes_find(rq, tx, &j->d);
    if (!e)
        e = store_org_get(tx, rq->who->org, &org);
    const struct store_word w = {
        .at_utc_ms = rq->at_utc_ms, .act = j->act, .org = rq->who->org, .admin = admin, .text = j->text};
    if (!e)
        e = store_dispute_say(tx, j->d.dispute, &w, dispute_due_ms(rq->service, rq->at_utc_ms), &j->d.state);
    if (!e && j->act != STORE_WORD_NOTE)
        e = dispute_notice(tx, rq->service->keys, &j->d, j->text, org.name, rq->at_utc_ms);
    snprintf(act, sizeof act, "dispute %s", store_word_act_name(j->act));
    return e ? e : scope_log(tx, rq, j->d.org, &(struct scope_act){act, rq->param[0], ""});
}

/* Answers may have lines; other controls have no business in them. */
static enum err read_text(struct http_request *rq, const json_t *in, bool must, const char **out)
{
    *out = "";
    if (!must && !jsonx_has(in, "text"))
        return ERR_OK;
    if (jsonx_str(in, "text", 1, DISPUTE_TEXT_MAX, out) || !dispute_text_ok(*out, strlen(*out)))
        return http_wrong(rq, ERR_BAD_VALUE, "text");
    return text_is_plain(*out, strlen(*out), "\n") ? ERR_OK : http_wrong(rq, ERR_BAD_TEXT, "text");
}

static enum err run(struct http_request *rq, enum store_word_act act)
{
    struct job j = {.rq = rq, .act = act};
    char shop[ULID_LEN + 1];
    json_t *in;
    enum err e = ep_object(rq, &in);
    if (e)
        return e;
    e = read_text(rq, in, act == STORE_WORD_ANSWER || act == STORE_WORD_NOTE, &j.text);
    if (!e)
        e = store_write(rq->service->store, say, &j);
    json_decref(in);
    if (e)
        return e;
    ulid_encode(j.d.shop, shop);
    poll_wake(rq->service->poll, shop);
    return ep_answer(rq, 200, json_pack("{ss ss}", "ref", rq->param[0], "state", store_dispute_state_name(j.d.state)));
}

enum err ep_dispute_answer(struct http_request *rq)
{
    return run(rq, STORE_WORD_ANSWER);
}

enum err ep_dispute_close(struct http_request *rq)
{
    return run(rq, STORE_WORD_CLOSE);
}

enum err ep_dispute_reopen(struct http_request *rq)
{
    return run(rq, STORE_WORD_REOPEN);
}

enum err ep_dispute_note(struct http_request *rq)
{
    return run(rq, STORE_WORD_NOTE);
}

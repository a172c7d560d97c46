/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/reply.h"
#include "base/log.h"
#include "base/tm.h"
#include "service/http/routes.h"

/* How many lines about failed requests a second may bring: a flood of them must not fill the disk. */
enum { LINES_A_SECOND = 20 };

/* True a bounded number of times a second. */
static bool may_log(int64_t now_mono_ms)
{
    static _Atomic int64_t second;
    static atomic_uint lines;
    int64_t s = now_mono_ms / 1000;
    if (atomic_exchange(&second, s) != s)
        atomic_store(&lines, 0);
    return atomic_fetch_add(&lines, 1) < LINES_A_SECOND;
}

/* Method, pattern, status, time; never the path as it was asked for. */
static void note(const struct conn *c, unsigned status, int64_t now_mono_ms)
{
    const struct route *r = c->rq.route;
    const char *method = r ? r->method : "request", *path = r ? r->path : "(no such path)";
    long long ms = now_mono_ms - c->begun_mono_ms;
    if (status < 400)
        log_debug("%s %s %u %lld ms", method, path, status, ms);
    else if (may_log(now_mono_ms))
        log_line(status >= 500 && status != 503 ? LOG_ERROR : LOG_INFO, "%s %s %u %s %lld ms", method, path, status,
            err_code(c->rq.problem.code), ms);
}

static void header(struct MHD_Response *m, const char *name, const char *value)
{
    if (value)
        MHD_add_response_header(m, name, value);
}

enum MHD_Result reply_send(struct conn *c, enum err result)
{
    struct http_request *rq = &c->rq;
    struct http_answer *a = &rq->answer;
    unsigned status = a->status ? a->status : MHD_HTTP_OK;
    const char *type = a->type ? a->type : "application/json";
    int64_t now = tm_mono_ms();
    if (result != ERR_OK) {
        rq->problem.code = result;
        status = problem_status(result);
        type = "application/problem+json";
        a->encoding = NULL;
        buf_reset(&a->body);
        if (problem_encode(&rq->problem, &a->body) != ERR_OK)
            return MHD_NO;
    }
    struct MHD_Response *m =
        MHD_create_response_from_buffer(a->body.len, a->body.len ? a->body.data : (void *)"", MHD_RESPMEM_PERSISTENT);
    if (!m)
        return MHD_NO;
    if (status != MHD_HTTP_NO_CONTENT)
        header(m, "Content-Type", type);
    header(m, "Cache-Control", "no-store");
    header(m, "Content-Transfer-Encoding", a->encoding);
    header(m, "WWW-Authenticate", result != ERR_OK && status == MHD_HTTP_UNAUTHORIZED ? a->challenge : NULL);
    header(m, "Allow", result == ERR_METHOD ? c->allow : NULL);
    if (atomic_load_explicit(&c->service->stopping, memory_order_relaxed))
        header(m, "Connection", "close");
    note(c, status, now);
    watch_state(&c->watched, WATCH_SENDING, now);
    enum MHD_Result sent = MHD_queue_response(c->mhd, status, m);
    MHD_destroy_response(m);
    return sent;
}

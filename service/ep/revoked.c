/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/revoked/{version}, GET /v1/revoked/{version}/from/{older}: the file of revoked cards, or the delta onto an older
 * one. What they hold says nothing about anybody without the token at hand. */
#include "service/ep/ep.h"
#include "service/http/service.h"
#include "service/sign/revoker.h"
#include <string.h>

enum { DIGITS = 15 };

static enum err version(const char *text, int64_t *out)
{
    size_t n = strlen(text);
    *out = 0;
    if (n < 1 || n > DIGITS || strspn(text, "0123456789") != n || *text == '0')
        return ERR_NOT_FOUND;
    for (; *text; text++)
        *out = *out * 10 + (*text - '0');
    return ERR_OK;
}

static enum err send(struct http_request *rq, int64_t wanted, int64_t from)
{
    rq->answer.type = "application/octet-stream";
    return revoker_file(rq->service->dir, wanted, from, &rq->answer.body);
}

enum err ep_revoked(struct http_request *rq)
{
    int64_t wanted;
    enum err e = version(rq->param[0], &wanted);
    return e == ERR_OK ? send(rq, wanted, 0) : e;
}

enum err ep_revoked_delta(struct http_request *rq)
{
    int64_t wanted, from;
    enum err e = version(rq->param[0], &wanted);
    if (e == ERR_OK)
        e = version(rq->param[1], &from);
    return e == ERR_OK ? send(rq, wanted, from) : e;
}

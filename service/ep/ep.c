/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/ep.h"
#include "base/text.h"
#include <string.h>

enum err ep_object(struct http_request *rq, json_t **out)
{
    json_t *v;
    enum err e = jsonx_parse(buf_str(&rq->body), rq->body.len, &v);
    if (e != ERR_OK)
        return e;
    if (!json_is_object(v)) {
        json_decref(v);
        return http_wrong(rq, ERR_BAD_VALUE, "not an object");
    }
    *out = v;
    return ERR_OK;
}

enum err ep_text(struct http_request *rq, const json_t *obj, const char *key, size_t min, size_t max, const char **out)
{
    const char *s;
    if (jsonx_str(obj, key, min, max, &s) != ERR_OK)
        return http_wrong(rq, ERR_BAD_VALUE, key);
    if (!text_is_plain(s, strlen(s), ""))
        return http_wrong(rq, ERR_BAD_TEXT, key);
    *out = s;
    return ERR_OK;
}

enum err ep_answer(struct http_request *rq, unsigned status, json_t *v)
{
    enum err e = v ? jsonx_write(v, &rq->answer.body) : ERR_NOMEM;
    json_decref(v);
    rq->answer.status = status;
    return e;
}

enum err ep_param_id(const struct http_request *rq, size_t i, uint8_t id[static STORE_ID])
{
    return ulid_decode(rq->param[i], strlen(rq->param[i]), id) == ERR_OK ? ERR_OK : ERR_NOT_FOUND;
}

json_t *ep_id(const uint8_t id[static STORE_ID])
{
    char text[ULID_LEN + 1];
    ulid_encode(id, text);
    return json_string(text);
}

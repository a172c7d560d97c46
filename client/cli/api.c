/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/api.h"
#include "client/cli/say.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STATE_DEFAULT "/var/lib/huika"

enum { REQUEST_MAX = 65536, GRACE_S = 10 };

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

bool api_interrupted(void)
{
    return interrupted != 0;
}

static int stop_if_interrupted(void *ctx, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t u)
{
    const struct api *api = ctx;
    (void)a, (void)b, (void)d, (void)u;
    return interrupted && !api->steady;
}

static int find_socket(const struct cli *c, char out[static API_SOCKET_MAX + 1])
{
    const char *path = cli_text(c, "socket"), *state = cli_text(c, "state");
    int n;
    if (!path && !state)
        path = getenv("HUIKA_SOCKET");
    if (path && *path)
        n = snprintf(out, API_SOCKET_MAX + 1, "%s", path);
    else
        n = snprintf(out, API_SOCKET_MAX + 1, "%s/huika.sock", state ? state : STATE_DEFAULT);
    return n > API_SOCKET_MAX ? cli_usage(c, _("The path of the socket is longer than %d bytes."), API_SOCKET_MAX)
                              : CLI_OK;
}

bool api_open(struct cli *c, struct api *out, int *code)
{
    struct sigaction sa = {.sa_handler = on_signal};
    *out = (struct api){.cli = c};
    *code = find_socket(c, out->socket);
    if (*code)
        return false;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(out->curl = curl_easy_init())) {
        *code = api_fail(c, ERR_NOMEM, _("starting"));
        return false;
    }
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    return true;
}

void api_close(struct api *a)
{
    curl_easy_cleanup(a->curl);
    a->curl = NULL;
    curl_global_cleanup();
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    struct api_answer *answer = ctx;
    answer->err = buf_add(&answer->body, p, size * n);
    return answer->err ? 0 : size * n;
}

/* Why curl got no answer. */
static enum err cause(struct api *a, CURLcode code)
{
    long os = 0;
    curl_easy_getinfo(a->curl, CURLINFO_OS_ERRNO, &os);
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return ERR_CANCELLED;
    case CURLE_COULDNT_CONNECT:
        return os == EACCES || os == EPERM ? ERR_SOCKET_DENIED : ERR_NOT_RUNNING;
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_NET_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return ERR_NOMEM;
    default:
        return ERR_NET_CUT;
    }
}

static enum err problem_code(const struct api_answer *answer)
{
    const char *code;
    if (!answer->json || jsonx_str(answer->json, "code", 1, 64, &code))
        return ERR_NET_PROTOCOL;
    return err_from_code(code);
}

static struct curl_slist *headers(const struct api_request *r)
{
    char key[sizeof "Idempotency-Key: " + API_KEY_MAX];
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *more = NULL;
    if (r->body)
        more = curl_slist_append(list, "Content-Type: application/json");
    list = more ? more : list;
    if (r->key && snprintf(key, sizeof key, "Idempotency-Key: %s", r->key) < (int)sizeof key)
        more = curl_slist_append(list, key);
    return more ? more : list;
}

static void set_up(struct api *a, const struct api_request *r, const char *url, const struct buf *body)
{
    CURL *h = a->curl;
    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, a->socket);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)GRACE_S);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, r->wait_s < 0 ? 0L : r->wait_s + GRACE_S);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, stop_if_interrupted);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, a);
    if (!r->body)
        return;
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, buf_str(body));
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)body->len);
}

static enum err perform(struct api *a, const struct api_request *r, struct api_answer *answer)
{
    struct curl_slist *list = headers(r);
    enum err e;
    curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, r->stream ? r->stream : take);
    curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, r->stream ? r->ctx : answer);
    CURLcode code = curl_easy_perform(a->curl);
    curl_slist_free_all(list);
    if (code)
        return answer->err ? answer->err : cause(a, code);
    curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    e = answer->body.len ? jsonx_parse(buf_str(&answer->body), answer->body.len, &answer->json) : ERR_OK;
    if (answer->json && !json_is_object(answer->json)) {
        json_decref(answer->json);
        answer->json = NULL;
    }
    if (answer->status < 200 || answer->status > 299)
        return problem_code(answer);
    /* A receipt is no JSON; whoever wants an object looks for one. */
    return e == ERR_NOMEM ? e : ERR_OK;
}

enum err api_call(struct api *a, const struct api_request *r, struct api_answer *answer)
{
    char url[1024];
    struct buf body;
    *answer = (struct api_answer){.err = ERR_OK};
    buf_init(&answer->body, API_ANSWER_MAX);
    buf_init(&body, REQUEST_MAX);
    if (snprintf(url, sizeof url, "http://localhost%s", r->path) >= (int)sizeof url)
        answer->err = ERR_TOO_LARGE;
    else if (r->body)
        answer->err = jsonx_write(r->body, &body);
    if (!answer->err) {
        set_up(a, r, url, &body);
        answer->err = perform(a, r, answer);
    }
    buf_wipe(&body);
    return answer->err;
}

void api_answer_release(struct api_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
    buf_wipe(&answer->body);
}

int api_fail(struct cli *c, enum err e, const char *what)
{
    if (c->json)
        say_json(json_pack("{s:s, s:{s:s, s:s}}", "error", err_code(e), "text", "zh", err_text(e, ERR_LANG_ZH), "en",
            err_text(e, ERR_LANG_EN)));
    return cli_fail(c, e, "%s", what);
}

int api_ask(struct cli *c, const struct api_request *r, const char *what, json_t **out)
{
    struct api a;
    struct api_answer answer;
    int code = CLI_OK;
    if (!api_open(c, &a, &code))
        return code;
    enum err e = api_call(&a, r, &answer);
    if (!e && !answer.json)
        e = ERR_NET_PROTOCOL;
    if (e)
        code = api_fail(c, e, what);
    else
        *out = json_incref(answer.json);
    api_answer_release(&answer);
    api_close(&a);
    return code;
}

int api_show(
    struct cli *c, const struct api_request *r, const char *what, void (*show)(const struct cli *c, const json_t *v))
{
    json_t *v = NULL;
    int code = api_ask(c, r, what, &v);
    if (!code && !c->json)
        show(c, v);
    if (!code && c->json)
        say_json(v);
    else
        json_decref(v);
    return code;
}

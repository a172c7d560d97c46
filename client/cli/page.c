/* SPDX-License-Identifier: Apache-2.0 */
/* huika page, huika token rotate: who may get in by the terminal's TCP address. */
#include "client/cli/commands.h"
#include "client/cli/say.h"

static int ask(struct cli *c, const struct api_request *q, const char *what, json_t **out)
{
    struct api a;
    struct api_answer answer;
    int code = CLI_OK;
    if (!api_open(c, &a, &code))
        return code;
    enum err e = api_call(&a, q, &answer);
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

/* The address goes to standard output alone, so that it can be handed to a browser. */
int page_run(struct cli *c)
{
    const struct api_request in = {.method = "POST", .path = "/v1/page"},
                             out = {.method = "DELETE", .path = "/v1/sessions"};
    bool close = cli_flag(c, "close");
    json_t *v = NULL;
    int code = ask(c, close ? &out : &in, close ? _("closing the pages") : _("asking for the page's address"), &v);
    if (code)
        return code;
    if (c->json)
        say_json(v);
    else if (close)
        printf(_("Signed out: %lld. A page gets in again by huika page.\n"), (long long)say_int(v, "ended", 0));
    else
        printf("%s\n", say_str(v, "url", ""));
    if (!c->json)
        json_decref(v);
    return CLI_OK;
}

int page_token_rotate_run(struct cli *c)
{
    json_t *v = NULL;
    int code = ask(c, &(struct api_request){.method = "POST", .path = "/v1/token"}, _("changing the token"), &v);
    if (code)
        return code;
    if (c->json) {
        say_json(v);
        return CLI_OK;
    }
    printf("%s\n", say_str(v, "token", ""));
    json_decref(v);
    return CLI_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* huika page, huika token rotate: who may get in by the terminal's TCP address. */
#include "client/cli/commands.h"
#include "client/cli/say.h"

/* The address goes to standard output alone, so that it can be handed to a browser. */
static void say_address(const struct cli *c, const json_t *v)
{
    (void)c;
    printf("%s\n", say_str(v, "url", ""));
}

static void say_closed(const struct cli *c, const json_t *v)
{
    (void)c;
    printf(_("Signed out: %lld. A page gets in again by huika page.\n"), (long long)say_int(v, "ended", 0));
}

int page_run(struct cli *c)
{
    const struct api_request in = {.method = "POST", .path = "/v1/page"},
                             out = {.method = "DELETE", .path = "/v1/sessions"};
    return cli_flag(c, "close") ? api_show(c, &out, _("closing the pages"), say_closed)
                                : api_show(c, &in, _("asking for the page's address"), say_address);
}

static void say_token(const struct cli *c, const json_t *v)
{
    (void)c;
    printf("%s\n", say_str(v, "token", ""));
}

int page_token_rotate_run(struct cli *c)
{
    return api_show(
        c, &(struct api_request){.method = "POST", .path = "/v1/token"}, _("changing the token"), say_token);
}
